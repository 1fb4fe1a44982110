/** What a camera answers about its pull point: where it is, and how long it lives. Throws ProtocolError. */
import { ProtocolError } from '../protocol-error.ts';
import { escapeXml, find, findAll, namespaceOf, textAt, type XmlElement } from '../xml.ts';
import { readDuration, readMoment } from './times.ts';

export interface PullPointReference {
  /** As it was given: it is the wsa:To of every request, wherever that is sent. */
  readonly address: string;
  /** Header blocks that go with every request (WS-Addressing 1.0, SOAP binding §4), as XML. */
  readonly parameters: string;
}

const longestAddress = 1_000;
const mostParameters = 8;
const longestParameters = 4_096;
const longestLife = 86_400_000;

export function readReference(answer: XmlElement): PullPointReference {
  const reference = find(answer, 'SubscriptionReference');
  const address = textAt(reference, 'Address');
  if (address === undefined || address.length > longestAddress)
    throw new ProtocolError('an address', address === undefined ? 'none' : 'a longer one', 'SubscriptionReference');
  const parameters = (find(reference, 'ReferenceParameters') ?? find(reference, 'ReferenceProperties'))?.children ?? [];
  const written = parameters
    .slice(0, mostParameters)
    .map((each) => headerBlock(each, true))
    .join('');
  if (written.length > longestParameters)
    throw new ProtocolError(`reference parameters of at most ${longestParameters} characters`, 'more', 'SubscriptionReference');
  return { address, parameters: written };
}

/**
 * How long the pull point lives from now, ms: the difference of two times by the camera's own clock, so that a wrong clock does not matter. Also a
 * duration is taken. Undefined: it does not say, or what it says cannot be.
 */
export function readLifetime(answer: XmlElement): number | undefined {
  const [current, termination] = [textAt(answer, 'CurrentTime'), textAt(answer, 'TerminationTime')];
  const end = readMoment(termination);
  const length = readDuration(termination) ?? (end ?? Number.NaN) - (readMoment(current) ?? Number.NaN);
  return length > 0 && length <= longestLife ? length : undefined;
}

/** The element as it was, each with its namespace declared anew. */
function headerBlock(element: XmlElement, outermost: boolean): string {
  const namespace = namespaceOf(element, element.prefix) ?? '';
  const attributes = [...element.attributes].filter(([name]) => /^[A-Za-z_][\w.-]{0,60}$/.test(name) && name !== 'IsReferenceParameter');
  const written = attributes.map(([name, value]) => ` ${name}="${escapeXml(value)}"`).join('');
  const mark = outermost ? ' wsa:IsReferenceParameter="true"' : '';
  const name = /^[A-Za-z_][\w.-]{0,100}$/.test(element.name) ? element.name : undefined;
  if (name === undefined) throw new ProtocolError('an element name', JSON.stringify(element.name.slice(0, 40)), 'ReferenceParameters');
  const inside = element.children.length > 0 ? element.children.map((child) => headerBlock(child, false)).join('') : escapeXml(element.text);
  return `<${name} xmlns="${escapeXml(namespace)}"${mark}${written}>${inside}</${name}>`;
}

export interface OfferedTopic {
  readonly topic: string;
  /** It has a state, which a synchronisation point makes it tell. */
  readonly property: boolean;
}

const mostTopics = 500;
const deepest = 16;

/** Paths of local names of every topic that the camera says it has (ONVIF Core §9.4.2). */
export function readOfferedTopics(answer: XmlElement): readonly OfferedTopic[] {
  const topics: OfferedTopic[] = [];
  const walk = (element: XmlElement, path: readonly string[]) => {
    const description = find(element, 'MessageDescription');
    if (/^(true|1)$/.test(element.attributes.get('topic') ?? '') && topics.length < mostTopics) {
      topics.push({ topic: path.join('/').slice(0, 300), property: /^(true|1)$/.test(description?.attributes.get('IsProperty') ?? '') });
    }
    if (path.length === deepest) return;
    for (const child of element.children) if (child !== description) walk(child, [...path, child.name]);
  };
  for (const set of findAll(answer, 'TopicSet')) for (const child of set.children) walk(child, [child.name]);
  return topics;
}

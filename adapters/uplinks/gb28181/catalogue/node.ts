/** One node of a platform's catalogue, and how each kind is written (GB/T 28181-2022 A.2.1.9, facts §4.3). Pure. */
import type { CatalogItem } from '../../../protocols/manscdp/catalog-item.ts';
import { encodeManscdp } from '../../../protocols/manscdp/charset.ts';
import { type Standing, statusOf } from './standing.ts';

export interface CatalogueNode {
  readonly item: CatalogItem;
  /** Of cameras and alarm inputs; regions and groups have none. */
  readonly standing?: Standing;
}

/** A camera or an alarm input. */
export interface Leaf {
  readonly code: string;
  readonly name: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly address: string;
  /** The gateway, and in a tree of groups the organisation besides. */
  readonly parents: readonly string[];
  readonly group?: string | undefined;
  readonly standing: Standing;
  readonly streams: boolean;
}

export type Edition = '2016' | '2022';

export function leafNode(leaf: Leaf, edition: Edition): CatalogueNode {
  const item: CatalogItem = {
    deviceId: leaf.code,
    name: clipped(leaf.name),
    manufacturer: clipped(leaf.manufacturer, mostOf.model),
    model: clipped(leaf.model, mostOf.model),
    ...(edition === '2016' ? { owner: '0' } : {}),
    civilCode: civilCodeOf(leaf.code),
    address: clipped(leaf.address, mostOf.address),
    parental: false,
    parentIds: leaf.parents,
    ...(edition === '2016' ? { safetyWay: 0 } : {}),
    registerWay: 1,
    secrecy: false,
    status: statusOf(leaf.standing),
    ...(leaf.group === undefined ? {} : { businessGroupId: leaf.group }),
    ...(leaf.streams && edition === '2022' ? { info: { streamNumberList: '0/1' } } : {}),
  };
  return { item, standing: leaf.standing };
}

/** The gateway itself, where it is registered as a lower platform. */
export function systemNode(system: {
  readonly code: string;
  readonly name: string;
  readonly address: string;
  readonly model: string;
}): CatalogueNode {
  const { code, name, address, model } = system;
  const fixed = { parental: true, registerWay: 1, secrecy: false, status: 'ON' as const };
  const item = {
    deviceId: code,
    name: clipped(name),
    manufacturer: 'CampusGateway',
    model,
    civilCode: civilCodeOf(code),
    address: clipped(address, mostOf.address),
  };
  return { item: { ...item, ...fixed } };
}

export function regionNode(code: string, name: string): CatalogueNode {
  return { item: { deviceId: code, name: clipped(name) } };
}

export function groupNode(group: { readonly code: string; readonly name: string; readonly system: string }): CatalogueNode {
  return { item: { deviceId: group.code, name: clipped(group.name), civilCode: civilCodeOf(group.code), parentIds: [group.system] } };
}

/** Directly in the group: a parent is named only where it is another organisation. */
export function organisationNode(place: { readonly code: string; readonly name: string; readonly group: string }): CatalogueNode {
  return { item: { deviceId: place.code, name: clipped(place.name), businessGroupId: place.group } };
}

/** The county, and the unit below it where the code has one: platforms drop what is longer, and build no tree from what is not real (facts §7 quirk 10). */
export function civilCodeOf(code: string): string {
  return code.slice(6, 8) === '00' ? code.slice(0, 6) : code.slice(0, 8);
}

/** Bytes. Platforms keep some 64, and cut in the middle of a character what is longer; and an item must fit into one datagram. */
const mostOf = { name: 64, model: 30, address: 44 };

function clipped(text: string, most = mostOf.name): string {
  if (encodeManscdp(text, 'GB18030').length <= most) return text;
  let length = 0;
  let kept = '';
  for (const character of text) {
    length += encodeManscdp(character, 'GB18030').length;
    if (length > most) return kept;
    kept += character;
  }
  return kept;
}

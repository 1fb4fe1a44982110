/**
 * XML from a device, made safe before a parser sees it: no DOCTYPE, no entities beyond the five, depth and element caps (reliability-security
 * §0.11). Names are local names; what a prefix stands for is asked with `namespaceOf`. Throws ProtocolError.
 */
import { XMLParser } from 'fast-xml-parser';
import { ProtocolError } from './protocol-error.ts';

export interface XmlElement {
  /** Local name. */
  readonly name: string;
  /** Of its name; empty where it has none. */
  readonly prefix: string;
  /** The prefixes that are declared here; undefined where it is the root and declares none. */
  readonly scope: XmlScope | undefined;
  /** By local name, without declarations of namespaces. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, trimmed. */
  readonly text: string;
}

/** Prefixes with their namespaces, `` for the default one: what an element declares, and then what those around it do. Linked, so that no element copies. */
export interface XmlScope {
  readonly own: ReadonlyMap<string, string>;
  readonly outer: XmlScope | undefined;
}

const maxDepth = 64;
const maxElements = 20_000;
const maxTag = 16_384;
const maxReferences = 20_000;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: maxDepth + 1,
});

/** The document's root. `charset`: from the Content-Type, where it named one. */
export function readXml(bytes: Uint8Array, charset?: string): XmlElement {
  return readXmlText(decode(bytes, charset));
}

/** The same for a text that the caller has decoded. */
export function readXmlText(text: string): XmlElement {
  inspect(text);
  let nodes: unknown;
  try {
    nodes = parser.parse(text);
  } catch (error) {
    throw new ProtocolError('well-formed XML', error instanceof Error ? error.message.slice(0, 120) : 'nonsense', 'document');
  }
  const [root] = elementsOf(nodes);
  if (!root) throw new ProtocolError('an element', 'none', 'document');
  return root;
}

/** The first element down this path of local names. */
export function find(from: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let at = from;
  for (const name of path) at = at?.children.find((child) => child.name === name);
  return at;
}

/** Every child of this local name. */
export function findAll(from: XmlElement | undefined, name: string): readonly XmlElement[] {
  return from?.children.filter((child) => child.name === name) ?? [];
}

/** What a prefix stands for at this element; `` is the default one. Undefined: nobody declared it. */
export function namespaceOf({ scope }: XmlElement, prefix: string): string | undefined {
  for (let at = scope; at; at = at.outer) {
    const uri = at.own.get(prefix);
    if (uri !== undefined) return uri;
  }
  return undefined;
}

/** Text of the element down this path; undefined where it is missing or empty. */
export function textAt(from: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  return find(from, ...path)?.text || undefined;
}

/** For text and attribute values. ASCII only, so that every charset carries it; characters that XML forbids become U+FFFD. */
export function escapeXml(value: string): string {
  let escaped = '';
  for (const character of value) {
    const code = character.codePointAt(0)!;
    const plain = code >= 0x20 && code < 0x7f && !'<>&"\''.includes(character);
    const allowed =
      code === 9 || code === 10 || code === 13 || (code >= 0x20 && code < 0xd800) || (code >= 0xe000 && code !== 0xfffe && code !== 0xffff);
    escaped += plain ? character : `&#${allowed ? code : 0xfffd};`;
  }
  return escaped;
}

/** What the XML declaration names. */
export function declaredCharset(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  return /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.-]{1,40})["']/i.exec(head)?.[1];
}

/** Chinese makers send GB text, with or without saying so in the declaration (GB 18030 contains GB 2312 and GBK). */
function decode(bytes: Uint8Array, charset: string | undefined): string {
  // UTF-16 and UTF-32 carry NUL bytes: they would hide a DOCTYPE from whoever looks at bytes, and no camera sends them.
  if (bytes.includes(0) || (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new ProtocolError('text without NUL bytes', 'NUL', 'document');
  }
  const declared = (declaredCharset(bytes) ?? charset ?? 'utf-8').toLowerCase();
  if (/^gb/.test(declared)) return new TextDecoder('gb18030').decode(bytes);
  if (/^(iso-8859-1|latin1|windows-1252)$/.test(declared)) return new TextDecoder('windows-1252').decode(bytes);
  return new TextDecoder('utf-8').decode(bytes);
}

/** Walks the markup once: everything that could make a parser work hard, or read another document than we, is refused here. */
function inspect(text: string): void {
  let references = 0;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) {
    references += 1;
    if (references > maxReferences) throw new ProtocolError(`at most ${maxReferences} references`, 'more', `character ${at}`);
  }
  const open: string[] = [];
  let elements = 0;
  let at = text.indexOf('<');
  for (; at >= 0; at = text.indexOf('<', at)) {
    if (text.startsWith('<!--', at)) at = past(text, '-->', at + 4);
    else if (text.startsWith('<![CDATA[', at) && open.length > 0) at = past(text, ']]>', at + 9);
    else if (text.startsWith('<?', at)) {
      // Without a name behind it the parser would end it elsewhere than we do, and read elements that were never counted.
      if (!/[A-Za-z_:]/.test(text[at + 2] ?? '')) throw new ProtocolError('a name', text.slice(at, at + 12), `character ${at}`);
      at = past(text, '?>', at + 2);
    } else if (text[at + 1] === '!') throw new ProtocolError('no DOCTYPE', text.slice(at, at + 12), `character ${at}`);
    else {
      const end = endOfTag(text, at);
      const closing = text[at + 1] === '/';
      const name = /^[^\s/>]*/.exec(text.slice(at + (closing ? 2 : 1), Math.min(end, at + 300)))?.[0] ?? '';
      if (name === '' || /[<"'=&]/.test(name)) throw new ProtocolError('a tag name', JSON.stringify(text.slice(at, at + 20)), `character ${at}`);
      if (closing) {
        const opened = open.pop();
        if (opened !== name) throw new ProtocolError(`</${opened ?? ''}>`, `</${name.slice(0, 60)}>`, `character ${at}`);
      } else {
        elements += 1;
        if (elements > maxElements) throw new ProtocolError(`at most ${maxElements} elements`, 'more', `character ${at}`);
        if (open.length === 0 && elements > 1) throw new ProtocolError('one root element', 'another', `character ${at}`);
        if (text[end - 1] !== '/') open.push(name);
        if (open.length > maxDepth) throw new ProtocolError(`at most ${maxDepth} levels`, 'more', `character ${at}`);
      }
      at = end + 1;
    }
  }
  if (elements === 0) throw new ProtocolError('XML', JSON.stringify(text.slice(0, 40)), 'document');
  if (open.length > 0) throw new ProtocolError(`</${open.at(-1)!.slice(0, 60)}>`, 'the end of the reply', 'document');
}

function past(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  if (found < 0) throw new ProtocolError(mark, 'the end of the reply', `character ${from}`);
  return found + mark.length;
}

/** Index of the `>` that ends the tag at `start`; one inside quotes does not. */
function endOfTag(text: string, start: number): number {
  let quote = '';
  const most = Math.min(text.length, start + maxTag);
  for (let at = start + 1; at < most; at += 1) {
    const character = text[at]!;
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at;
    else if (character === '<') break;
  }
  throw new ProtocolError('the end of a tag', most === text.length ? 'the end of the reply' : 'something else', `character ${start}`);
}

// ---- fast-xml-parser's ordered output, as our own tree

function elementsOf(nodes: unknown, outer?: XmlScope): XmlElement[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node) => {
    const element = elementOf(node, outer);
    return element ? [element] : [];
  });
}

function elementOf(node: unknown, outer: XmlScope | undefined): XmlElement | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const entry = Object.entries(node).find(([key]) => key !== ':@');
  if (!entry || entry[0] === '#text') return undefined;
  const [qualified, inside] = entry;
  const attributes = new Map<string, string>();
  const own = new Map<string, string>();
  if (':@' in node && typeof node[':@'] === 'object' && node[':@'] !== null) {
    for (const [key, value] of Object.entries(node[':@'])) {
      const [prefix, name] = nameParts(key);
      if (prefix === 'xmlns') own.set(name, plainText(String(value)));
      else if (key === 'xmlns') own.set('', plainText(String(value)));
      else attributes.set(name, plainText(String(value)));
    }
  }
  const scope = own.size > 0 ? { own, outer } : outer;
  const text = Array.isArray(inside)
    ? inside.map((child) => (typeof child === 'object' && child !== null && '#text' in child ? String(child['#text']) : '')).join('')
    : '';
  const [prefix, name] = nameParts(qualified);
  return { name, prefix, scope, attributes, children: elementsOf(inside, scope), text: plainText(text).trim() };
}

/** Prefix, or nothing, and local name. What has two colons is no qualified name, and stays whole. */
function nameParts(qualified: string): readonly [string, string] {
  const at = qualified.indexOf(':');
  return at < 0 || qualified.includes(':', at + 1) ? ['', qualified] : [qualified.slice(0, at), qualified.slice(at + 1)];
}

const five: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The five entities and character references; any other stays as it is written. */
function plainText(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot|apos));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return five[String(name).toLowerCase()] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000) ? String.fromCodePoint(code) : '\ufffd';
  });
}

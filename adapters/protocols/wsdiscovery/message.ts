/** WS-Discovery 1.0 (April 2005) as ONVIF uses it: Probe and ProbeMatches, both ways. Capped before parsing; readers throw ProtocolError. */
import { ProtocolError } from '../protocol-error.ts';
import { escapeXml, find, findAll, readXml, textAt, type XmlElement } from '../xml.ts';

export const discoveryGroup = '239.255.255.250';
export const discoveryPort = 3_702;
export const largestPacket = 65_535;

const addressing = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
const discovery = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';
const network = 'http://www.onvif.org/ver10/network/wsdl';
const device = 'http://www.onvif.org/ver10/device/wsdl';

export interface Probe {
  /** `urn:uuid:…` */
  readonly messageId: string;
  /** Local names: `NetworkVideoTransmitter`, `Device`; empty: every device. */
  readonly types: readonly string[];
}

export interface ProbeMatch {
  /** Endpoint reference, `urn:uuid:…`. */
  readonly endpoint: string;
  /** Local names. */
  readonly types: readonly string[];
  /** As they are on the wire, percent-encoded. */
  readonly scopes: readonly string[];
  readonly addresses: readonly string[];
  readonly metadataVersion: number;
}

export interface ProbeMatches {
  readonly messageId: string;
  readonly relatesTo: string;
  readonly matches: readonly ProbeMatch[];
}

const mostMatches = 64;
const mostWords = 64;
const longestWord = 1_000;

/** On one line: some cameras do not understand a Probe with line breaks (onvif-rtsp §4). */
export function encodeProbe({ messageId, types }: Probe): Buffer {
  const names = types.map((type) => (type === 'Device' ? 'tds:Device' : `dn:${escapeXml(type)}`)).join(' ');
  return envelope(
    `<a:MessageID>${escapeXml(messageId)}</a:MessageID><a:ReplyTo><a:Address>${addressing}/role/anonymous</a:Address></a:ReplyTo>` +
      `<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action s:mustUnderstand="1">${discovery}/Probe</a:Action>`,
    names === '' ? '<d:Probe/>' : `<d:Probe><d:Types>${names}</d:Types></d:Probe>`,
  );
}

export function encodeProbeMatches({ messageId, relatesTo, matches }: ProbeMatches): Buffer {
  const body = matches.map(({ endpoint, types, scopes, addresses, metadataVersion }) =>
    [
      `<d:ProbeMatch><a:EndpointReference><a:Address>${escapeXml(endpoint)}</a:Address></a:EndpointReference>`,
      `<d:Types>${types.map((type) => (type === 'Device' ? 'tds:Device' : `dn:${escapeXml(type)}`)).join(' ')}</d:Types>`,
      `<d:Scopes>${scopes.map(escapeXml).join(' ')}</d:Scopes><d:XAddrs>${addresses.map(escapeXml).join(' ')}</d:XAddrs>`,
      `<d:MetadataVersion>${metadataVersion}</d:MetadataVersion></d:ProbeMatch>`,
    ].join(''),
  );
  return envelope(
    `<a:MessageID>${escapeXml(messageId)}</a:MessageID><a:RelatesTo>${escapeXml(relatesTo)}</a:RelatesTo>` +
      `<a:To>${addressing}/role/anonymous</a:To><a:Action>${discovery}/ProbeMatches</a:Action>`,
    `<d:ProbeMatches>${body.join('')}</d:ProbeMatches>`,
  );
}

/** Undefined for a well-formed message that is something else (Hello, Bye, Resolve). */
export function decodeProbe(packet: Uint8Array): Probe | undefined {
  const { header, body } = read(packet);
  const probe = find(body, 'Probe');
  if (!probe) return undefined;
  return { messageId: textAt(header, 'MessageID') ?? '', types: words(textAt(probe, 'Types')).map(localName) };
}

/** Undefined for a well-formed message that is something else. */
export function decodeProbeMatches(packet: Uint8Array): ProbeMatches | undefined {
  const { header, body } = read(packet);
  const answer = find(body, 'ProbeMatches');
  if (!answer) return undefined;
  const matches = findAll(answer, 'ProbeMatch')
    .slice(0, mostMatches)
    .map((match) => ({
      endpoint: (textAt(match, 'EndpointReference', 'Address') ?? '').slice(0, longestWord),
      types: words(textAt(match, 'Types')).map(localName),
      scopes: words(textAt(match, 'Scopes')),
      addresses: words(textAt(match, 'XAddrs')),
      metadataVersion: Number.parseInt(textAt(match, 'MetadataVersion') ?? '', 10) || 0,
    }));
  return { messageId: textAt(header, 'MessageID') ?? '', relatesTo: textAt(header, 'RelatesTo') ?? '', matches };
}

function read(packet: Uint8Array): { readonly header: XmlElement | undefined; readonly body: XmlElement } {
  if (packet.length > largestPacket) throw new ProtocolError(`at most ${largestPacket} bytes`, String(packet.length), 'packet');
  const root = readXml(packet);
  const body = root.name === 'Envelope' ? find(root, 'Body') : undefined;
  if (!body) throw new ProtocolError('a SOAP envelope', root.name.slice(0, 60), 'packet');
  return { header: find(root, 'Header'), body };
}

function envelope(header: string, body: string): Buffer {
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="${addressing}" xmlns:d="${discovery}" xmlns:dn="${network}" xmlns:tds="${device}"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`,
  );
}

/** Lists are separated by any white space; some vendors pad them. */
function words(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(/\s+/)
    .filter((word) => word !== '' && word.length <= longestWord)
    .slice(0, mostWords);
}

const localName = (name: string) => name.slice(name.indexOf(':') + 1);

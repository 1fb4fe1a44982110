/**
 * Session descriptions (RFC 8866, RFC 4566), read with tolerance: a bad line costs that line, a bad medium costs that medium
 * (onvif-rtsp §3.2 quirks 16 and 17). Written strictly.
 */
import { ProtocolError } from '../protocol-error.ts';

export interface SdpAttribute {
  readonly name: string;
  /** Absent for a flag such as `recvonly`. */
  readonly value?: string;
}

export interface SdpRtpMap {
  readonly payloadType: number;
  /** As sent; compare without case. */
  readonly encoding: string;
  readonly clockRate: number;
  readonly channels?: number;
}

export interface SdpLine {
  readonly type: string;
  readonly value: string;
}

export interface SdpMedia {
  /** `video`, `audio`, `application` … */
  readonly kind: string;
  readonly port: number;
  /** For example `RTP/AVP`. */
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly connection?: string;
  /** In kbit/s, from `b=AS:`. */
  readonly bandwidth?: number;
  readonly attributes: readonly SdpAttribute[];
  /** Lines of types that RFC 8866 does not know: `y` and `f` of GB/T 28181. */
  readonly beyond?: readonly SdpLine[];
}

export interface Sdp {
  readonly origin?: string;
  readonly name?: string;
  readonly uri?: string;
  readonly connection?: string;
  /** Start and stop; `0 0` where it is left out to be written. */
  readonly time?: string;
  readonly attributes: readonly SdpAttribute[];
  readonly beyond?: readonly SdpLine[];
  readonly media: readonly SdpMedia[];
}

const maxLength = 256 * 1024;
const maxLines = 2_000;
const maxMedia = 64;

/** Throws ProtocolError only for what is no SDP at all or beyond all size. */
export function parseSdp(source: string | Uint8Array): Sdp {
  const text = typeof source === 'string' ? source : Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('utf8');
  if (text.length > maxLength) throw new ProtocolError(`at most ${maxLength} characters`, `${text.length}`, 'the SDP');
  const lines = unfold(text);
  if (lines.length > maxLines) throw new ProtocolError(`at most ${maxLines} lines`, `${lines.length}`, 'the SDP');
  if (!lines.some((line) => line.startsWith('v=') || line.startsWith('m='))) {
    throw new ProtocolError('a line v= or m=', JSON.stringify(text.slice(0, 80)), 'the SDP');
  }
  const sections: string[][] = [[]];
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push([]);
    sections.at(-1)!.push(line);
  }
  const [session = [], ...media] = sections;
  if (media.length > maxMedia) throw new ProtocolError(`at most ${maxMedia} media`, `${media.length}`, 'the SDP');
  return {
    // Of repeated s= and o= lines (quirk 16) the first is meant.
    ...optional('origin', first(session, 'o')),
    ...optional('name', first(session, 's')),
    ...optional('uri', first(session, 'u')),
    ...optional('connection', first(session, 'c')),
    ...optional('time', first(session, 't')),
    attributes: attributesOf(session),
    ...beyondIn(session),
    media: media.map(parseMedia).filter((medium) => medium !== undefined),
  };
}

/** Lines without their endings. A line that is not `x=…` goes on with the one before: some cameras fold a long fmtp. */
function unfold(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r\n|\n|\r|\0/)) {
    if (/^[a-z]=/.test(line)) lines.push(line.trimEnd());
    else if (line.trim() !== '' && lines.length > 0) lines[lines.length - 1] += ` ${line.trim()}`;
  }
  return lines;
}

function parseMedia(lines: readonly string[]): SdpMedia | undefined {
  const match = /^m=(\S+) +(\d{1,5})(?:\/\d+)? +(\S+) *(.*)$/.exec(lines[0] ?? '');
  if (!match || Number(match[2]) > 65_535) return undefined;
  const bandwidth = lines.map((line) => /^b=AS:(\d{1,9})$/.exec(line)?.[1]).find((value) => value !== undefined);
  return {
    kind: match[1]!.toLowerCase(),
    port: Number(match[2]),
    protocol: match[3]!,
    formats: match[4]!.split(/ +/).filter((format) => format !== ''),
    ...optional('connection', first(lines, 'c')),
    ...(bandwidth === undefined ? {} : { bandwidth: Number(bandwidth) }),
    attributes: attributesOf(lines),
    ...beyondIn(lines),
  };
}

function attributesOf(lines: readonly string[]): SdpAttribute[] {
  return lines.flatMap((line) => {
    const match = /^a=([^:]+)(?::(.*))?$/.exec(line);
    return match ? [match[2] === undefined ? { name: match[1]!.trim() } : { name: match[1]!.trim(), value: match[2].trim() }] : [];
  });
}

function beyondIn(lines: readonly string[]): { readonly beyond?: readonly SdpLine[] } {
  const beyond = lines.flatMap((line) => (/^[abceikmoprstuvz]=/.test(line) ? [] : [{ type: line[0]!, value: line.slice(2) }]));
  return beyond.length === 0 ? {} : { beyond };
}

function first(lines: readonly string[], type: string): string | undefined {
  return lines.find((line) => line.startsWith(`${type}=`))?.slice(2);
}

function optional<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  const part: Partial<Record<Name, string>> = {};
  if (value !== undefined) part[name] = value;
  return part;
}

/** The value of the first attribute of that name; '' for a flag. */
export function attributeOf(section: { readonly attributes: readonly SdpAttribute[] }, name: string): string | undefined {
  const attribute = section.attributes.find((one) => one.name.toLowerCase() === name.toLowerCase());
  return attribute === undefined ? undefined : (attribute.value ?? '');
}

export function rtpMapsOf(media: SdpMedia): SdpRtpMap[] {
  return media.attributes.flatMap((attribute) => {
    if (attribute.name !== 'rtpmap') return [];
    const match = /^(\d{1,3}) +([^\s/]+)\/(\d{1,9})(?:\/(\d{1,2}))?/.exec(attribute.value ?? '');
    if (!match || Number(match[1]) > 127 || Number(match[3]) === 0) return [];
    const map = { payloadType: Number(match[1]), encoding: match[2]!, clockRate: Number(match[3]) };
    return [match[4] === undefined ? map : { ...map, channels: Number(match[4]) }];
  });
}

/** Format parameters of one payload type, names in lower case. */
export function formatParametersOf(media: SdpMedia, payloadType: number): ReadonlyMap<string, string> {
  const lines = media.attributes.flatMap(({ name, value }) => {
    const match = name === 'fmtp' ? /^(\d{1,3})\s+(.*)$/.exec(value ?? '') : null;
    return match ? [{ payloadType: Number(match[1]), text: match[2]! }] : [];
  });
  const own = lines.filter((line) => line.payloadType === payloadType);
  // Some Hikvision recorders write another number; where there is only one format, it can mean no other (gortsplib 658).
  const meant = own.length === 0 && media.formats.length === 1 ? lines : own;
  const parameters = new Map<string, string>();
  for (const part of meant.flatMap(({ text }) => text.split(';'))) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
  }
  return parameters;
}

/** `origin`, `name` and `time` get harmless defaults. */
export function writeSdp(sdp: Sdp): string {
  const lines = ['v=0', `o=${sdp.origin ?? '- 0 0 IN IP4 0.0.0.0'}`, `s=${sdp.name ?? '-'}`];
  if (sdp.uri !== undefined) lines.push(`u=${sdp.uri}`);
  if (sdp.connection !== undefined) lines.push(`c=${sdp.connection}`);
  lines.push(`t=${sdp.time ?? '0 0'}`, ...tail(sdp));
  for (const media of sdp.media) {
    lines.push(`m=${media.kind} ${media.port} ${media.protocol} ${media.formats.join(' ')}`);
    if (media.connection !== undefined) lines.push(`c=${media.connection}`);
    if (media.bandwidth !== undefined) lines.push(`b=AS:${media.bandwidth}`);
    lines.push(...tail(media));
  }
  if (lines.some((line) => /[\r\n]/.test(line))) throw new ProtocolError('one line', 'a line break', 'an SDP to write');
  return `${lines.join('\r\n')}\r\n`;
}

function tail({ attributes, beyond = [] }: Pick<SdpMedia, 'attributes' | 'beyond'>): string[] {
  return [...attributes.map(attributeLine), ...beyond.map(({ type, value }) => `${type}=${value}`)];
}

function attributeLine(attribute: SdpAttribute): string {
  return attribute.value === undefined ? `a=${attribute.name}` : `a=${attribute.name}:${attribute.value}`;
}

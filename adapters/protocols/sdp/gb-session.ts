/**
 * Offers and answers of GB/T 28181 (annex G; gb28181 §5.1, §5.3): one medium, in a program stream as a rule, with an SSRC that is agreed beforehand.
 * Read with every tolerance that running platforms need, written as they all read it.
 */
import { isIP } from 'node:net';
import { ProtocolError } from '../protocol-error.ts';
import { type GbFormat, parseGbFormat, writeGbFormat } from './gb-format.ts';
import { parseGbSsrc, writeGbSsrc } from './gb-ssrc.ts';
import { attributeOf, parseSdp, rtpMapsOf, type Sdp, type SdpAttribute, type SdpMedia, type SdpRtpMap, writeSdp } from './sdp.ts';

export interface GbSession {
  /** `Play`, `Playback`, `Download`, of old `Talk`; as it is written. */
  readonly name: string;
  /** User of `o=`: a channel or a server. */
  readonly owner: string;
  /** Of `u=`: whose recordings, and of which type (0 all, 1 manual, 2 alarm, 3 time). */
  readonly recordings?: { readonly channel: string; readonly type: number };
  /** Seconds since 1970; both 0: live. */
  readonly start: number;
  readonly stop: number;
  readonly kind: 'video' | 'audio';
  /** Where whoever describes it sends from and receives at: an IP address. */
  readonly address: string;
  readonly port: number;
  /** What whoever describes it does: `tcp-passive` listens. */
  readonly transport: 'udp' | 'tcp-active' | 'tcp-passive';
  readonly direction: 'sendonly' | 'recvonly' | 'sendrecv' | undefined;
  /** In order of preference. Encodings in upper case: `PS`, `PCMA`; '' where nobody says. */
  readonly formats: readonly Pick<SdpRtpMap, 'payloadType' | 'encoding' | 'clockRate'>[];
  /** Of the RTP stream. Undefined in an offer: the answer chooses. */
  readonly ssrc: number | undefined;
  readonly format?: GbFormat;
  /** Of a download: times real time. */
  readonly downloadSpeed?: number;
  /** Bytes of a download. */
  readonly fileSize?: number;
  /** 0 main, 1 sub stream (2022). */
  readonly streamNumber?: number;
}

/** Seconds between 1900 and 1970: some peers count as NTP does. */
const ntpEpoch = 2_208_988_800;
/** Numbers that need no `rtpmap`: RFC 3551's, and 96, which is nothing else here. */
const usualMaps: ReadonlyMap<number, { readonly encoding: string; readonly clockRate: number }> = new Map([
  [0, { encoding: 'PCMU', clockRate: 8_000 }],
  [8, { encoding: 'PCMA', clockRate: 8_000 }],
  [96, { encoding: 'PS', clockRate: 90_000 }],
]);
const directions = ['sendonly', 'recvonly', 'sendrecv'] as const;
const mostFormats = 32;

/** Throws ProtocolError for what is no SDP, and for one without a medium that could be sent to. */
export function parseGbSession(source: string | Uint8Array): GbSession {
  const sdp = parseSdp(source);
  const media = sdp.media.find(({ kind }) => kind === 'video') ?? sdp.media.find(({ kind }) => kind === 'audio');
  if (!media) throw new ProtocolError('a line m=video or m=audio', `${sdp.media.length} media`, 'the SDP');
  const address = addressOf(media.connection) ?? addressOf(sdp.connection) ?? addressOf(sdp.origin);
  if (address === undefined) throw new ProtocolError('an IP address', JSON.stringify(media.connection ?? sdp.connection ?? ''), 'line c= of the SDP');
  const [start, stop] = timesOf(sdp.time);
  // Some put y= and f= behind the media, some before, some twice.
  const lines = [...(media.beyond ?? []), ...(sdp.beyond ?? []), ...sdp.media.flatMap(({ beyond = [] }) => beyond)];
  const said = <Value>(type: string, read: (text: string) => Value | undefined) =>
    lines.map((line) => (line.type === type ? read(line.value) : undefined)).find((value) => value !== undefined);
  const format = said('f', parseGbFormat);
  const recordings = /^\s*(\w{1,64})(?::(\d))?/.exec(sdp.uri ?? '');
  return {
    name: (sdp.name ?? '').trim(),
    owner: sdp.origin?.trim().split(/\s+/)[0] || '-',
    ...(recordings ? { recordings: { channel: recordings[1]!, type: Number(recordings[2] ?? 0) } } : {}),
    start,
    stop,
    kind: media.kind === 'audio' ? 'audio' : 'video',
    address,
    port: media.port,
    transport: transportOf(sdp, media),
    direction: directions.find((name) => attributeOf(media, name) !== undefined || attributeOf(sdp, name) !== undefined),
    formats: formatsOf(media),
    ssrc: said('y', parseGbSsrc),
    ...(format ? { format } : {}),
    ...count('downloadSpeed', media, 'downloadspeed'),
    ...count('fileSize', media, 'filesize'),
    ...count('streamNumber', media, 'streamnumber'),
  };
}

/** Lines in the order in which devices of the field want them: the first `rtpmap` right behind the direction (quirk 22). Ends with y= and f=. */
export function writeGbSession(session: GbSession): string {
  const { owner, address, kind, port, transport, formats, direction, ssrc, recordings } = session;
  const at = `IN IP${isIP(address) === 6 ? 6 : 4} ${address}`;
  const attributes: SdpAttribute[] = [];
  const say = (name: string, value?: string | number) => attributes.push(value === undefined ? { name } : { name, value: String(value) });
  if (direction) say(direction);
  for (const { payloadType, encoding, clockRate } of formats) if (encoding !== '') say('rtpmap', `${payloadType} ${encoding}/${clockRate}`);
  if (transport !== 'udp') {
    say('setup', transport === 'tcp-active' ? 'active' : 'passive');
    say('connection', 'new');
  }
  if (session.downloadSpeed !== undefined) say('downloadspeed', session.downloadSpeed);
  if (session.fileSize !== undefined) say('filesize', session.fileSize);
  if (session.streamNumber !== undefined) say('streamnumber', session.streamNumber);
  return writeSdp({
    origin: `${owner} 0 0 ${at}`,
    name: session.name,
    ...(recordings ? { uri: `${recordings.channel}:${recordings.type}` } : {}),
    connection: at,
    time: `${session.start} ${session.stop}`,
    attributes: [],
    media: [
      {
        kind,
        port,
        protocol: transport === 'udp' ? 'RTP/AVP' : 'TCP/RTP/AVP',
        formats: formats.map(({ payloadType }) => String(payloadType)),
        attributes,
        beyond: [
          ...(ssrc === undefined ? [] : [{ type: 'y', value: writeGbSsrc(ssrc) }]),
          ...(session.format ? [{ type: 'f', value: writeGbFormat(session.format) }] : []),
        ],
      },
    ],
  });
}

/** Of `IN IP4 192.0.2.10`, or the end of an `o=`. A name would have to be resolved: nobody here asks a stranger's name server. */
function addressOf(line: string | undefined): string | undefined {
  const address = /\bIN\s+IP[46]\s+([^\s/]+)/i.exec(line ?? '')?.[1];
  return address !== undefined && isIP(address) !== 0 ? address : undefined;
}

function timesOf(line: string | undefined): [number, number] {
  const match = /^\s*(\d{1,11})\s+(\d{1,11})\b/.exec(line ?? '');
  // What looks like NTP's time is: recordings are older than 2040.
  const since1970 = (text = '0') => Number(text) % ntpEpoch;
  return [since1970(match?.[1]), since1970(match?.[2])];
}

/** Without `a=setup` the describer listens (SRS). */
function transportOf(sdp: Sdp, media: SdpMedia): GbSession['transport'] {
  if (!/\bTCP\b/i.test(media.protocol)) return 'udp';
  const setup = attributeOf(media, 'setup') ?? attributeOf(sdp, 'setup');
  return setup?.toLowerCase() === 'active' ? 'tcp-active' : 'tcp-passive';
}

function formatsOf(media: SdpMedia): GbSession['formats'] {
  const maps = new Map(rtpMapsOf(media).map((map) => [map.payloadType, map]));
  return media.formats.slice(0, mostFormats).flatMap((text) => {
    const payloadType = /^\d{1,3}$/.test(text) ? Number(text) : 128;
    if (payloadType > 127) return [];
    const { encoding, clockRate } = maps.get(payloadType) ?? usualMaps.get(payloadType) ?? { encoding: '', clockRate: 0 };
    return [{ payloadType, encoding: encoding.toUpperCase(), clockRate }];
  });
}

function count<Name extends string>(name: Name, media: SdpMedia, attribute: string): Partial<Record<Name, number>> {
  const text = attributeOf(media, attribute) ?? '';
  const part: Partial<Record<Name, number>> = {};
  if (/^\d{1,15}$/.test(text)) part[name] = Number(text);
  return part;
}

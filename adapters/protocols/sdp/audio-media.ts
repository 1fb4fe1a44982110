/** G.711 (RFC 3551 §4.5.14) and AAC (RFC 3640 §4.1) in a medium of an SDP. */
import { parseAacConfig, plainAacConfig } from '../audio/aac-config.ts';
import { ProtocolError } from '../protocol-error.ts';
import { aacHighBitRate, aacLowBitRate } from '../rtp/aac-payload.ts';
import { attributeOf, formatParametersOf, type SdpMedia, type SdpRtpMap } from './sdp.ts';
import type { AudioTrack, Reading } from './tracks.ts';

/** Parameters that put more into the header of a frame than its size and index, or leave the size out. */
const beyondUs = [
  'constantsize',
  'ctsdeltalength',
  'dtsdeltalength',
  'randomaccessindication',
  'streamstateindication',
  'auxiliarydatasizelength',
] as const;
const longestField = 32;
const lowestRate = 8_000;
const highestRate = 48_000;

export function findAudio(media: SdpMedia, maps: readonly SdpRtpMap[]): Reading<AudioTrack> {
  for (const map of maps) {
    const name = map.encoding.toUpperCase();
    if (name === 'PCMA') return g711(media, map, 'pcma');
    if (name === 'PCMU') return g711(media, map, 'pcmu');
    if (name === 'MPEG4-GENERIC') return aac(media, map);
  }
  return { why: 'codec' };
}

function g711(media: SdpMedia, { payloadType, clockRate, channels = 1 }: SdpRtpMap, codec: 'pcma' | 'pcmu'): Reading<AudioTrack> {
  if (channels !== 1) return { why: 'parameters', detail: `${channels} channels` };
  if (clockRate < lowestRate || clockRate > highestRate) return { why: 'parameters', detail: `${clockRate} Hz` };
  return { kind: 'audio', codec, payloadType, clockRate, channels, control: attributeOf(media, 'control') };
}

function aac(media: SdpMedia, { payloadType, clockRate, channels }: SdpRtpMap): Reading<AudioTrack> {
  const parameters = formatParametersOf(media, payloadType);
  const mode = parameters.get('mode')?.toLowerCase() ?? '';
  if (!['', 'generic', 'aac-hbr', 'aac-lbr'].includes(mode)) return { why: 'parameters', detail: `mode=${mode.slice(0, 40)}` };
  const odd = beyondUs.find((name) => Number(parameters.get(name) ?? 0) !== 0);
  if (odd) return { why: 'parameters', detail: `${odd}=${parameters.get(odd)?.slice(0, 40)}` };
  const packing = packingOf(parameters, mode);
  if (!packing) return { why: 'parameters', detail: 'header lengths that cannot be read' };
  const text = parameters.get('config')?.replaceAll('"', '') ?? '';
  const config = text === '' ? plainAacConfig(clockRate, channels ?? 1) : new Uint8Array(Buffer.from(text, 'hex'));
  if (!config) return { why: 'parameters', detail: `no config, and ${clockRate} Hz with ${channels ?? 1} channels` };
  try {
    const known = parseAacConfig(config);
    const control = attributeOf(media, 'control');
    return { kind: 'audio', codec: 'aac', payloadType, clockRate, channels: known.channels, aac: { config, ...packing }, control };
  } catch (error) {
    if (error instanceof ProtocolError) return { why: 'parameters', detail: error.message };
    throw error;
  }
}

function packingOf(parameters: ReadonlyMap<string, string>, mode: string) {
  // Required with both modes; some cameras leave all of them out, others all but the first, which then stands alone.
  if (!parameters.has('sizelength') && mode === 'aac-hbr') return aacHighBitRate;
  if (!parameters.has('sizelength') && mode === 'aac-lbr') return aacLowBitRate;
  const [sizeLength, indexLength, indexDeltaLength] = ['sizelength', 'indexlength', 'indexdeltalength'].map((name) =>
    Number(parameters.get(name) ?? 0),
  );
  const valid = [sizeLength, indexLength, indexDeltaLength].every((bits) => Number.isInteger(bits) && bits! >= 0 && bits! <= longestField);
  return valid ? { sizeLength: sizeLength!, indexLength: indexLength!, indexDeltaLength: indexDeltaLength! } : undefined;
}

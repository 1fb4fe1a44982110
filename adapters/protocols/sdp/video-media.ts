/** H.264 (RFC 6184 §8.1) and H.265 (RFC 7798 §7.1) in a medium of an SDP. */
import { videoTools } from '../codecs.ts';
import { splitAnnexB, startsWithStartCode } from '../h26x/nal.ts';
import { attributeOf, formatParametersOf, type SdpMedia, type SdpRtpMap } from './sdp.ts';
import type { Reading, VideoTrack } from './tracks.ts';

const codecs = { H264: 'h264', H265: 'h265' } as const;
/** Where the parameter sets are. */
const setParameters = { h264: ['sprop-parameter-sets'], h265: ['sprop-vps', 'sprop-sps', 'sprop-pps'] } as const;

export function findVideo(media: SdpMedia, maps: readonly SdpRtpMap[]): Reading<VideoTrack> {
  for (const { encoding, payloadType, clockRate } of maps) {
    const name = encoding.toUpperCase();
    if (name !== 'H264' && name !== 'H265') continue;
    const codec = codecs[name];
    const parameters = formatParametersOf(media, payloadType);
    // Then every unit has a number in front of it, and may come out of order (RFC 7798 §4.4). No camera is known to do it.
    const disorder = Number(parameters.get('sprop-max-don-diff') ?? 0);
    if (codec === 'h265' && disorder > 0) return { why: 'parameters', detail: `sprop-max-don-diff=${disorder}` };
    const texts = setParameters[codec].map((parameter) => parameters.get(parameter) ?? '');
    const parameterSets = videoTools(codec).parameterSets(texts.flatMap(unitsIn)) ?? [];
    return { kind: 'video', codec, payloadType, clockRate, parameterSets, control: attributeOf(media, 'control') };
  }
  return { why: 'codec' };
}

/** A list has as many commas as its sender likes; each part is an object of its own. */
const mostParts = 64;

/** Some cameras leave the start codes of a byte stream in front (quirk 18). */
function unitsIn(text: string): Uint8Array[] {
  return text
    .split(',', mostParts)
    .map((part) => Buffer.from(part.trim(), 'base64'))
    .flatMap((bytes) => (startsWithStartCode(bytes) ? splitAnnexB(bytes) : [bytes]));
}

/** prft: what time it was at a moment of a fragmented file (ISO/IEC 14496-12 §8.16.5). */
import { fullBox, u32 } from './boxes.ts';
import { trackId } from './movie.ts';

/** The time is that of the capture, as ffmpeg marks it too. */
const ofCapture = 24;
/** Seconds from 1900, where NTP counts from, to 1970. */
const ntpOffset = 2_208_988_800;

/** To stand before a `moof`: its picture at media time 0 came at `at`, epoch ms. */
export function referenceTime(at: number): Uint8Array {
  const whole = Math.floor(at / 1_000);
  const fraction = Math.floor(((at - whole * 1_000) / 1_000) * 2 ** 32);
  return fullBox('prft', 1, ofCapture, u32(trackId, whole + ntpOffset, fraction, 0, 0));
}

/** Epoch ms at media time 0 of the track whose clock ticks so often a second; undefined for a box that is cut short. */
export function readReferenceTime(box: Buffer, timescale: number): number | undefined {
  const long = box[8] === 1;
  if (box.length < (long ? 32 : 28)) return undefined;
  const mediaTime = long ? Number(box.readBigUInt64BE(24)) : box.readUInt32BE(24);
  return (box.readUInt32BE(16) - ntpOffset) * 1_000 + (box.readUInt32BE(20) / 2 ** 32) * 1_000 - (mediaTime / timescale) * 1_000;
}

/**
 * The time of sending, in every keyframe: a SEI user_data_unregistered (ITU-T H.264 §D.1.7) with the UUID below, then the camera's clock as
 * decimal epoch milliseconds in ASCII. Text, because it has no zero bytes and so needs no emulation prevention (§7.4.1).
 */
import { h264Nal, h264NalType } from '../../adapters/protocols/h26x/nal.ts';

/** 6c9e2f4b-8d13-4a57-b1e6-5f3a7c2d9e84: chosen once, at random. */
export const timeSeiUuid = Uint8Array.of(0x6c, 0x9e, 0x2f, 0x4b, 0x8d, 0x13, 0x4a, 0x57, 0xb1, 0xe6, 0x5f, 0x3a, 0x7c, 0x2d, 0x9e, 0x84);
const userDataUnregistered = 5;
const head = 3;

export function timeSei(epochMillis: number): Uint8Array {
  const text = Buffer.from(String(Math.round(epochMillis)));
  const size = timeSeiUuid.length + text.length;
  return Buffer.concat([Uint8Array.of(h264Nal.sei, userDataUnregistered, size), timeSeiUuid, text, Uint8Array.of(0x80)]);
}

/** Epoch milliseconds; undefined for any other NAL unit. */
export function readTimeSei(nal: Uint8Array): number | undefined {
  if (h264NalType(nal) !== h264Nal.sei || nal[1] !== userDataUnregistered) return undefined;
  const text = head + timeSeiUuid.length;
  if (!timeSeiUuid.every((byte, index) => nal[head + index] === byte)) return undefined;
  const digits = Buffer.from(nal.subarray(text, head + (nal[2] ?? 0))).toString('latin1');
  return /^\d{1,16}$/.test(digits) ? Number(digits) : undefined;
}

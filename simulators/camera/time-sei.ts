/**
 * The time of sending, in every keyframe: a SEI user_data_unregistered (ITU-T H.264 §D.1.7) with the UUID below, then the camera's clock as
 * decimal epoch milliseconds in ASCII. Text, because it has no zero bytes and so needs no emulation prevention (§7.4.1).
 */
import { h264Nal, h264NalType, h265Nal, h265NalType, isH264Slice, isH265Slice } from '../../adapters/protocols/h26x/nal.ts';

/** 6c9e2f4b-8d13-4a57-b1e6-5f3a7c2d9e84: chosen once, at random. */
export const timeSeiUuid = Uint8Array.of(0x6c, 0x9e, 0x2f, 0x4b, 0x8d, 0x13, 0x4a, 0x57, 0xb1, 0xe6, 0x5f, 0x3a, 0x7c, 0x2d, 0x9e, 0x84);
const userDataUnregistered = 5;

type Codec = 'h264' | 'h265';

/** The access unit with the time of sending before its first slice. */
export function timed(codec: Codec, nals: readonly Uint8Array[], epochMillis: number): readonly Uint8Array[] {
  const first = nals.findIndex(codec === 'h264' ? isH264Slice : isH265Slice);
  return [...nals.slice(0, first), timeSei(codec, epochMillis), ...nals.slice(first)];
}

function timeSei(codec: Codec, epochMillis: number): Uint8Array {
  const text = Buffer.from(String(Math.round(epochMillis)));
  const header = codec === 'h264' ? [h264Nal.sei] : [h265Nal.prefixSei << 1, 1];
  return Buffer.concat([Uint8Array.of(...header, userDataUnregistered, timeSeiUuid.length + text.length), timeSeiUuid, text, Uint8Array.of(0x80)]);
}

/** Epoch milliseconds; undefined for any other NAL unit. */
export function readTimeSei(nal: Uint8Array, codec: Codec = 'h264'): number | undefined {
  const isSei = codec === 'h264' ? h264NalType(nal) === h264Nal.sei : h265NalType(nal) === h265Nal.prefixSei;
  const message = codec === 'h264' ? 1 : 2;
  if (!isSei || nal[message] !== userDataUnregistered) return undefined;
  const uuid = message + 2;
  if (!timeSeiUuid.every((byte, index) => nal[uuid + index] === byte)) return undefined;
  const digits = Buffer.from(nal.subarray(uuid + timeSeiUuid.length, uuid + (nal[message + 1] ?? 0))).toString('latin1');
  return /^\d{1,16}$/.test(digits) ? Number(digits) : undefined;
}

/** The headers of a program stream, written in place (ISO/IEC 13818-1 §2.5.3, §2.4.3.6). Each function returns where it ended. */
import { crc32Mpeg, type PsAudioCodec, type PsVideoCodec, startCodes, streamIds, streamTypes, wrapTicks } from './streams.ts';

export interface PsTracks {
  readonly video?: PsVideoCodec | undefined;
  readonly audio?: PsAudioCodec | undefined;
}

export const packHeaderLength = 14;
/** Without and with timestamps. */
export const pesHeaderLength = { none: 9, pts: 14, both: 19 } as const;
/** Units of 50 bytes a second. What everybody writes; nobody plans buffers by it. */
const muxRate = 6_106;
const rateBound = 26_234;

function writeStartCode(bytes: Buffer, at: number, code: number): number {
  return bytes.writeUInt32BE(0x100 + code, at);
}

/** `scr`: system clock reference, ticks of 90 kHz. */
export function writePackHeader(bytes: Buffer, at: number, scr: number): number {
  const ticks = wrapTicks(scr);
  const high = Math.floor(ticks / 2 ** 30);
  const low = ticks % 2 ** 30;
  let to = writeStartCode(bytes, at, startCodes.pack);
  bytes[to] = 0x44 | (high << 3) | (low >>> 28);
  bytes[to + 1] = low >>> 20;
  bytes[to + 2] = 0x04 | (((low >>> 15) & 0x1f) << 3) | ((low >>> 13) & 3);
  bytes[to + 3] = low >>> 5;
  bytes[to + 4] = 0x04 | ((low & 0x1f) << 3);
  bytes[to + 5] = 0x01;
  to = bytes.writeUIntBE(muxRate * 4 + 3, to + 6, 3);
  // No stuffing.
  bytes[to] = 0xf8;
  return to + 1;
}

/** What stands between the pack header and the pictures of a keyframe: system header and stream map. `version`: 5 bits, another one for another set of tracks. */
export function openingHeaders(tracks: PsTracks, version: number): Buffer {
  return Buffer.concat([systemHeader(tracks), streamMap(tracks, version)]);
}

function systemHeader({ video, audio }: PsTracks): Buffer {
  // Buffer bounds (P-STD): 400 units of 1024 bytes for video, 32 of 128 for sound.
  const bounds = [...(video ? [streamIds.video, 0xe1, 0x90] : []), ...(audio ? [streamIds.audio, 0xc0, 0x20] : [])];
  const bytes = Buffer.alloc(12 + bounds.length);
  let to = writeStartCode(bytes, 0, startCodes.systemHeader);
  to = bytes.writeUInt16BE(6 + bounds.length, to);
  to = bytes.writeUIntBE(0x800001 + rateBound * 2, to, 3);
  bytes.set([audio ? 1 << 2 : 0, 0x20 | (video ? 1 : 0), 0x7f, ...bounds], to);
  return bytes;
}

function streamMap({ video, audio }: PsTracks, version: number): Buffer {
  const entries = [...(video ? [streamTypes[video], streamIds.video, 0, 0] : []), ...(audio ? [streamTypes[audio], streamIds.audio, 0, 0] : [])];
  const bytes = Buffer.alloc(16 + entries.length);
  let to = writeStartCode(bytes, 0, startCodes.streamMap);
  to = bytes.writeUInt16BE(10 + entries.length, to);
  // Current, not next.
  bytes.set([0xe0 | (version & 0x1f), 0xff, 0, 0], to);
  bytes.writeUInt16BE(entries.length, to + 4);
  bytes.set(entries, to + 6);
  bytes.writeUInt32BE(crc32Mpeg(bytes.subarray(0, to + 6 + entries.length)), to + 6 + entries.length);
  return bytes;
}

/** Bytes of payload that a PES packet can hold: its length has 16 bits, and is never 0. Less than what fits, as others do. */
export const mostPesPayload = 65_400;

/** The first packet of a picture or a sound: with its time, and that of decoding where that differs. `payload`: bytes that follow. */
export function writePesStart(
  bytes: Buffer,
  at: number,
  pes: { readonly id: number; readonly payload: number; readonly pts: number; readonly dts?: number | undefined },
): number {
  const { id, payload, pts, dts } = pes;
  const stamps = dts === undefined || dts === pts ? 5 : 10;
  const to = writePesHead(bytes, at, id, 3 + stamps + payload);
  // Aligned: it begins with a start code, or with a frame of sound.
  bytes[to] = 0x84;
  bytes[to + 1] = stamps === 5 ? 0x80 : 0xc0;
  bytes[to + 2] = stamps;
  if (stamps === 5) return writeTimestamp(bytes, to + 3, 0x20, pts);
  return writeTimestamp(bytes, writeTimestamp(bytes, to + 3, 0x30, pts), 0x10, dts ?? pts);
}

/** A packet that goes on with what the one before it began. */
export function writePesContinuation(bytes: Buffer, at: number, id: number, payload: number): number {
  const to = writePesHead(bytes, at, id, 3 + payload);
  return bytes.writeUIntBE(0x800000, to, 3);
}

function writePesHead(bytes: Buffer, at: number, id: number, length: number): number {
  return bytes.writeUInt16BE(length, writeStartCode(bytes, at, id));
}

function writeTimestamp(bytes: Buffer, at: number, prefix: number, time: number): number {
  const ticks = wrapTicks(time);
  const low = ticks % 2 ** 30;
  bytes[at] = prefix | (Math.floor(ticks / 2 ** 30) << 1) | 1;
  bytes[at + 1] = low >>> 22;
  bytes[at + 2] = ((low >>> 14) & 0xfe) | 1;
  bytes[at + 3] = low >>> 7;
  bytes[at + 4] = ((low & 0x7f) << 1) | 1;
  return at + 5;
}

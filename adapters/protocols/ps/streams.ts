/** What a program stream of GB/T 28181 carries, and how it is announced (ISO/IEC 13818-1 table 2-34 and §2.5.4; GB/T 28181-2022 Annex F). */

export type PsVideoCodec = 'h264' | 'h265';
export type PsAudioCodec = 'pcma' | 'pcmu' | 'aac';

/** stream_type. G.711 has numbers of its own, which no ISO table knows; that of µ-law is not in every copy of the standard either. */
export const streamTypes = { h264: 0x1b, h265: 0x24, pcma: 0x90, pcmu: 0x91, aac: 0x0f } as const satisfies Record<
  PsVideoCodec | PsAudioCodec,
  number
>;

export const streamIds = { video: 0xe0, audio: 0xc0 } as const;

/** The fourth byte of a start code 00 00 01. */
export const startCodes = { end: 0xb9, pack: 0xba, systemHeader: 0xbb, streamMap: 0xbc, padding: 0xbe } as const;

/** Times have 33 bits of a clock of 90 kHz. */
export const clockRate = 90_000;
const clockWraps = 2 ** 33;

/** Any whole number of ticks as the 33 bits that go out. */
export function wrapTicks(ticks: number): number {
  const rest = Math.floor(ticks) % clockWraps;
  return rest < 0 ? rest + clockWraps : rest;
}

/** How far `to` is after `from`, both of 33 bits; negative where it is before. */
export function ticksBetween(from: number, to: number): number {
  const ahead = wrapTicks(to - from);
  return ahead < clockWraps / 2 ? ahead : ahead - clockWraps;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x80000000 ? 0x04c11db7 : 0);
  return crc >>> 0;
});

/** CRC-32/MPEG-2 (ISO/IEC 13818-1 Annex A); over bytes that end with their own CRC it is 0. */
export function crc32Mpeg(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc << 8) ^ crcTable[((crc >>> 24) ^ byte) & 0xff]!;
  return crc >>> 0;
}

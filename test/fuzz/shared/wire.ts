/**
 * Runs of interleaved RTP packets out of the pieces of an input. Each piece is one packet: a byte of flags, then its payload; or, with `raw`, then
 * the whole packet.
 */
import { writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';
import { join } from '../pieces.ts';

const flags = { gap: 1, newRead: 2, newTime: 4, raw: 0x80 } as const;
/** The length of a frame has 16 bits, its packet a header. */
const mostPayload = 65_000;

/** One buffer per read. */
export function wireOf(pieces: readonly Uint8Array[]): Buffer[] {
  const reads: Buffer[][] = [];
  let sequence = 65_530;
  let timestamp = 4_294_960_000;
  for (const piece of pieces) {
    const flag = piece[0] ?? 0;
    const rest = piece.subarray(1);
    sequence = (sequence + (flag & flags.gap ? 2 : 1)) & 0xffff;
    if (flag & flags.newTime) timestamp = (timestamp + 1_024) >>> 0;
    const header = { marker: false, payloadType: 96, sequence, timestamp, ssrc: 7 };
    const frame = writeFrame(0, flag & flags.raw ? rest : writeRtp(header, rest.subarray(0, mostPayload)));
    if (reads.length === 0 || flag & flags.newRead) reads.push([frame]);
    else reads.at(-1)!.push(frame);
  }
  return reads.map((frames) => Buffer.concat(frames));
}

/** An input whose packets carry these payloads, in order, each with its own time if wanted. */
export function inputOf(payloads: readonly Uint8Array[], each: { readonly ownTime?: boolean } = {}): Uint8Array {
  return join(payloads.map((payload) => Buffer.concat([Buffer.of(each.ownTime ? flags.newTime : 0), payload])));
}

/** Datagrams that come in any order, and what is reported of them. Each piece: flags, sequence number (two bytes), SSRC (one). */
import { writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { Reception } from '../../../adapters/protocols/rtp/reception.ts';
import { ReorderBuffer } from '../../../adapters/protocols/rtp/reorder.ts';
import { parseRtcp, writeReceiverCompound } from '../../../adapters/protocols/rtp/rtcp.ts';
import { join, split } from '../pieces.ts';
import { type FuzzTarget, must } from '../target.ts';

const flags = { release: 1, report: 2 } as const;
const inOrder = (...sequences: readonly number[]) => join(sequences.map((sequence) => Uint8Array.of(0, sequence >> 8, sequence & 0xff, 7)));

export const rtpReorderTarget: FuzzTarget = {
  name: 'rtp-reorder',
  pieces: true,
  allows: () => false,
  seeds: () => [inOrder(1, 2, 4, 3, 5), inOrder(65_534, 0, 65_535, 1, 1), inOrder(1, 100, 2, 40_000, 3), join([Uint8Array.of(3, 0, 9, 7)])],
  run(input) {
    const out: Buffer[] = [];
    const buffer = new ReorderBuffer((bytes) => out.push(bytes), 0);
    const reception = new Reception(90_000, input.length % 2 === 0 ? 7 : -1);
    let taken = 0;
    for (const [at, piece] of split(input).entries()) {
      const [flag = 0, high = 0, low = 0, ssrc = 0] = piece;
      const packet = writeRtp({ marker: false, payloadType: 96, sequence: (high << 8) | low, timestamp: at * 90, ssrc }, new Uint8Array(1));
      if (!reception.take(packet, 0, packet.length, () => at)) continue;
      taken += 1;
      buffer.accept(packet, 0, packet.length, at);
      if (flag & flags.release) buffer.release();
      const block = flag & flags.report ? reception.block(at) : undefined;
      if (!block) continue;
      const [report] = parseRtcp(writeReceiverCompound(1, 'gateway', [block]));
      const said = report?.kind === 'rr' ? report.blocks[0] : undefined;
      must(said?.highestSequence === block.highestSequence && said.fractionLost === block.fractionLost, 'a report comes back', () => [block, said]);
    }
    buffer.release();
    must(buffer.waitingSince === undefined, 'nothing is left behind');
    must(out.length + buffer.late === taken && new Set(out).size === out.length, 'each packet comes out once, or is late', () => [taken, out.length]);
  },
};

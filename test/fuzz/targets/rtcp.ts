/** RTCP compounds. The reader never throws. */
import { parseRtcp, type RtcpItem, writeReceiverReport, writeSenderReport } from '../../../adapters/protocols/rtp/rtcp.ts';
import { type FuzzTarget, must } from '../target.ts';

const block = {
  ssrc: 7,
  fractionLost: 25,
  lost: 9,
  highestSequence: 70_000,
  jitter: 12,
  lastSenderReport: 0x12345678,
  delaySinceLastSenderReport: 65_536,
};
const report = { ssrc: 7, wallClock: 1_760_000_000_250, rtpTimestamp: 90_000, packets: 25, octets: 30_000 };
/** SDES with a CNAME, and BYE, as RFC 3550 draws them. */
const sdes = Buffer.from('81ca0004000000070108757365724063616d0000', 'hex');
const bye = Buffer.from('81cb000100000007', 'hex');

/** ms until NTP counts anew. */
const era = 2 ** 32 * 1_000;

/** A sender report is written without blocks, and its fractions of a second are rounded. */
const plain = (item: RtcpItem | undefined) => JSON.stringify(item?.kind === 'sr' ? { ...item, blocks: [], middle: 0, wallClock: 0 } : item);

function written(item: RtcpItem): RtcpItem | undefined {
  switch (item.kind) {
    case 'sr':
      return parseRtcp(writeSenderReport(item))[0];
    case 'rr':
      return parseRtcp(writeReceiverReport(item.ssrc, item.blocks))[0];
    case 'bye':
    case 'other':
      return item;
  }
}

export const rtcpTarget: FuzzTarget = {
  name: 'rtcp',
  seeds: () => [Buffer.concat([writeSenderReport(report), sdes]), Buffer.concat([writeReceiverReport(7, [block, { ...block, ssrc: 8 }]), bye])],
  allows: () => false,
  run(input) {
    const items = parseRtcp(input);
    must(items.length <= input.length / 4, 'no item is made of nothing', () => items.length);
    for (const item of items) {
      const again = written(item);
      must(plain(again) === plain(item), 'what is written says what was read', () => [item, again]);
      if (item.kind === 'sr' && again?.kind === 'sr') {
        const drift = Math.abs(item.wallClock - again.wallClock) % era;
        must(drift < 1 || drift > era - 1, 'a wall clock comes back', () => [item, again]);
      }
    }
  },
};

/** RTCP (RFC 3550 §6): sender and receiver reports, BYE. Anything else is counted and skipped. */

/** 1900-01-01 to 1970-01-01 in seconds: NTP time against Unix time. */
const ntpOffset = 2_208_988_800;

export interface ReportBlock {
  readonly ssrc: number;
  readonly fractionLost: number;
  readonly lost: number;
  readonly highestSequence: number;
  readonly jitter: number;
  readonly lastSenderReport: number;
  readonly delaySinceLastSenderReport: number;
}

export interface SenderReport {
  readonly kind: 'sr';
  readonly ssrc: number;
  /** NTP time of the report as epoch milliseconds, with fractions. */
  readonly wallClock: number;
  /** The middle 32 bits of that NTP time: how receiver reports name the report. */
  readonly middle: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
  readonly blocks: readonly ReportBlock[];
}

export type RtcpItem =
  | SenderReport
  | { readonly kind: 'rr'; readonly ssrc: number; readonly blocks: readonly ReportBlock[] }
  | { readonly kind: 'bye'; readonly ssrc: number }
  | { readonly kind: 'other'; readonly type: number };

/** Never throws: some cameras send malformed RTCP (onvif-rtsp §3.2 quirk 23), and what is readable before the fault is still true. */
export function parseRtcp(compound: Uint8Array): RtcpItem[] {
  const items: RtcpItem[] = [];
  const view = new DataView(compound.buffer, compound.byteOffset, compound.byteLength);
  let at = 0;
  while (at + 4 <= compound.length) {
    const first = view.getUint8(at);
    const end = at + 4 + 4 * view.getUint16(at + 2);
    if (first >> 6 !== 2 || end > compound.length) break;
    const item = parseItem(view, at, end);
    if (!item) break;
    items.push(item);
    at = end;
  }
  return items;
}

function parseItem(view: DataView, at: number, end: number): RtcpItem | undefined {
  const type = view.getUint8(at + 1);
  const count = view.getUint8(at) & 0x1f;
  const length = end - at;
  if (type === 200) {
    if (length < 28) return undefined;
    const wallClock = epochSeconds(view.getUint32(at + 8)) * 1000 + (view.getUint32(at + 12) * 1000) / 2 ** 32;
    return {
      kind: 'sr',
      ssrc: view.getUint32(at + 4),
      wallClock,
      middle: view.getUint32(at + 10),
      rtpTimestamp: view.getUint32(at + 16),
      packets: view.getUint32(at + 20),
      octets: view.getUint32(at + 24),
      blocks: parseBlocks(view, at + 28, end, count),
    };
  }
  if (type === 201) return length < 8 ? undefined : { kind: 'rr', ssrc: view.getUint32(at + 4), blocks: parseBlocks(view, at + 8, end, count) };
  if (type === 203 && length >= 8) return { kind: 'bye', ssrc: view.getUint32(at + 4) };
  return { kind: 'other', type };
}

/** In February 2036 NTP begins to count anew: below half its range it counts from there (RFC 4330 §3). */
function epochSeconds(ntpSeconds: number): number {
  return ntpSeconds - ntpOffset + (ntpSeconds < 2 ** 31 ? 2 ** 32 : 0);
}

function parseBlocks(view: DataView, from: number, end: number, count: number): ReportBlock[] {
  const blocks: ReportBlock[] = [];
  for (let at = from; blocks.length < count && at + 24 <= end; at += 24) {
    blocks.push({
      ssrc: view.getUint32(at),
      fractionLost: view.getUint8(at + 4),
      lost: view.getUint32(at + 4) & 0xffffff,
      highestSequence: view.getUint32(at + 8),
      jitter: view.getUint32(at + 12),
      lastSenderReport: view.getUint32(at + 16),
      delaySinceLastSenderReport: view.getUint32(at + 20),
    });
  }
  return blocks;
}

/** `wallClock` in epoch milliseconds. No SDES behind it: over interleaved TCP no receiver asks for one. */
export function writeSenderReport(report: Omit<SenderReport, 'kind' | 'middle' | 'blocks'>): Buffer {
  const packet = Buffer.alloc(28);
  const whole = Math.floor(report.wallClock / 1000);
  packet[0] = 0x80;
  packet[1] = 200;
  packet.writeUInt16BE(6, 2);
  packet.writeUInt32BE(report.ssrc >>> 0, 4);
  packet.writeUInt32BE((whole + ntpOffset) >>> 0, 8);
  packet.writeUInt32BE(Math.min(0xffffffff, Math.floor((report.wallClock / 1000 - whole) * 2 ** 32)), 12);
  packet.writeUInt32BE(report.rtpTimestamp >>> 0, 16);
  packet.writeUInt32BE(report.packets >>> 0, 20);
  packet.writeUInt32BE(report.octets >>> 0, 24);
  return packet;
}

/** Receiver report and SDES with a CNAME (at most 255 ASCII characters), which every compound packet must hold (§6.1). */
export function writeReceiverCompound(ssrc: number, cname: string, blocks: readonly ReportBlock[]): Buffer {
  return Buffer.concat([writeReceiverReport(ssrc, blocks), writeDescription(ssrc, [[sdes.cname, cname]])]);
}

/** A compound packet that tells people something about the stream, in at most 255 bytes of UTF-8 (SDES NOTE, §6.5.7). */
export function writeNote(text: string): Buffer {
  return Buffer.concat([
    writeReceiverReport(0, []),
    writeDescription(0, [
      [sdes.cname, 'campus-gateway'],
      [sdes.note, text],
    ]),
  ]);
}

const sdes = { cname: 1, note: 7 } as const;
const longestItem = 255;

/** One chunk (§6.5): SSRC, items, and at least one zero that ends the list, up to a 32-bit boundary. */
function writeDescription(ssrc: number, items: readonly (readonly [type: number, text: string])[]): Buffer {
  const texts = items.map(([type, text]) => ({ type, text: Buffer.from(text).subarray(0, longestItem) }));
  const length = texts.reduce((sum, { text }) => sum + 2 + text.length, 4);
  const packet = Buffer.alloc(4 + 4 * Math.ceil((length + 1) / 4));
  packet[0] = 0x81;
  packet[1] = 202;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(ssrc >>> 0, 4);
  let at = 8;
  for (const { type, text } of texts) {
    packet[at] = type;
    packet[at + 1] = text.length;
    text.copy(packet, at + 2);
    at += 2 + text.length;
  }
  return packet;
}

export function writeReceiverReport(ssrc: number, blocks: readonly ReportBlock[]): Buffer {
  const packet = Buffer.alloc(8 + 24 * blocks.length);
  packet[0] = 0x80 | blocks.length;
  packet[1] = 201;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(ssrc >>> 0, 4);
  blocks.forEach((block, index) => {
    const at = 8 + 24 * index;
    packet.writeUInt32BE(block.ssrc >>> 0, at);
    packet.writeUInt32BE((((block.fractionLost & 0xff) << 24) | (block.lost & 0xffffff)) >>> 0, at + 4);
    packet.writeUInt32BE(block.highestSequence >>> 0, at + 8);
    packet.writeUInt32BE(block.jitter >>> 0, at + 12);
    packet.writeUInt32BE(block.lastSenderReport >>> 0, at + 16);
    packet.writeUInt32BE(block.delaySinceLastSenderReport >>> 0, at + 20);
  });
  return packet;
}

/** RTP that other people's programs sent, from `test/fixtures/media`. */
import { readFileSync } from 'node:fs';
import { writeRtp } from '../../adapters/protocols/rtp/packet.ts';
import { writeFrame } from '../../adapters/protocols/rtsp/scanner.ts';

export function mediaFixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/media/${name}`, import.meta.url));
}

/** Packets in interleaved framing: `.interleaved` as it is, `.rfc4571` (each behind its 16-bit length) with the "$" and the channel put before. */
export function captured(name: string): Buffer[] {
  const bytes = mediaFixture(name);
  const head = name.endsWith('.interleaved') ? 2 : 0;
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + head + 2 + bytes.readUInt16BE(at + head);
    packets.push(writeFrame(0, bytes.subarray(at + head + 2, end)));
    at = end;
  }
  return packets;
}

/** Packets of one RTP timestamp each. */
export function picturesOf(packets: readonly Buffer[]): Buffer[][] {
  const pictures: Buffer[][] = [];
  let timestamp = -1;
  for (const packet of packets) {
    if (packet.readUInt32BE(8) !== timestamp) pictures.push([]);
    timestamp = packet.readUInt32BE(8);
    pictures.at(-1)!.push(packet);
  }
  return pictures;
}

/** Payloads as one run of interleaved packets in order, the marker on the last. */
export function wireOf(payloads: readonly Uint8Array[], from = { sequence: 65_530, timestamp: 1_000 }): Buffer[] {
  return payloads.map((payload, index) => {
    const header = { marker: index === payloads.length - 1, payloadType: 96, sequence: (from.sequence + index) & 0xffff, ssrc: 1 };
    return writeFrame(0, writeRtp({ ...header, timestamp: from.timestamp }, payload));
  });
}

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

export function hexOf(units: readonly Uint8Array[]): string[] {
  return units.map((unit) => Buffer.from(unit).toString('hex'));
}

/** The frames of an AAC file, without their ADTS headers (ISO/IEC 14496-3 §1.A.2.2). */
export function adtsFrames(name: string): Uint8Array[] {
  const file = mediaFixture(name);
  const frames: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const end = at + ((file.readUIntBE(at + 3, 3) >> 5) & 0x1fff);
    frames.push(file.subarray(at + (file[at + 1]! & 1 ? 7 : 9), end));
    at = end;
  }
  return frames;
}

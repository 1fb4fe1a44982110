/** Viewers on real sockets that read late, in pieces, or leave while they owe: every byte they get is of the picture that it was sent for. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TcpOutlet, ViewerOutlet } from '../../../adapters/viewers/rtsp-server-outlets.ts';
import { instant } from '../../../gateway/domain/time.ts';
import type { AccessUnit } from '../../../gateway/media/access-unit.ts';
import { FanOut } from '../../../gateway/media/fan-out.ts';
import { OwedBytes } from '../../../gateway/media/owed-bytes.ts';
import { usualMediaSettings } from '../../../gateway/media/settings.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { UplinkBudget } from '../../../gateway/runtime/uplink-budget.ts';

const settings = { ...usualMediaSettings, viewerBytes: 64e6, cacheBytes: 4e6, allViewersBytes: 1e9 };
/** One frame, every four bytes of it its number. */
function frameOf(number: number, bytes: number): Buffer {
  const frame = Buffer.alloc(4 + bytes);
  for (let at = 4; at < frame.length; at += 4) frame.writeUInt32BE(number, at);
  frame.writeUInt16BE(bytes, 2);
  frame[0] = 0x24;
  return frame;
}

function numbersIn(wire: Buffer): number[] {
  const numbers: number[] = [];
  for (let at = 0; at + 4 <= wire.length; ) {
    const end = at + 4 + wire.readUInt16BE(at + 2);
    if (end > wire.length) break; // cut off when it left
    const number = wire.readUInt32BE(at + 4);
    for (let word = at + 4; word < end; word += 4) if (wire[at] !== 0x24 || wire.readUInt32BE(word) !== number) return [...numbers, -1];
    numbers.push(number);
    at = end;
  }
  return numbers;
}

test('slow ones, such as leave, and such as join in between all get what they were sent', { timeout: 120_000 }, async () => {
  const clock = new ManualClock();
  const out = new FanOut(clock, settings, new OwedBytes(1e9), UplinkBudget.open(0, clock));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const viewers: { readonly far: Socket; readonly near: Socket; readonly chunks: Buffer[]; readonly joined: Disposable }[] = [];
  const join = async () => {
    const far = connect(port, '127.0.0.1');
    const [near] = (await once(server, 'connection')) as [Socket];
    const chunks: Buffer[] = [];
    far.on('data', (chunk) => chunks.push(chunk)).pause();
    near.on('error', () => undefined);
    const sending = new TcpOutlet(near, { video: { kind: 'tcp', rtp: 0, rtcp: 1 } });
    viewers.push({ far, near, chunks, joined: out.join(new ViewerOutlet(sending, () => near.destroy()), () => 'local') });
  };
  for (let number = 0; number < 400; number += 1) {
    const keyframe = number % 20 === 0;
    const wire = frameOf(number, keyframe ? 60_000 : 12_000 + 400 * (number % 20));
    const unit = { track: 'video', wire, packets: 1, ticks: number, capturedAt: instant(0), keyframe, starts: true, ends: true, last: 0 } as const;
    out.deliver(out.keep(unit satisfies AccessUnit));
    wire.fill(0xff);
    if (number % 37 === 5) await join();
    // Some read now and then, some only at the end.
    for (const [index, { far }] of viewers.entries()) if (index % 3 !== 0) number % (7 + index) === 0 ? far.resume() : far.pause();
    if (number === 250 || number === 310) {
      const { near, joined } = viewers[number === 250 ? 0 : 1]!;
      expect(near.writableLength).toBeGreaterThan(number === 250 ? 1 : -1);
      joined[Symbol.dispose]();
      near.end();
    }
    await turn();
  }
  for (const { far, near, joined } of viewers) {
    joined[Symbol.dispose]();
    near.end();
    far.resume();
    if (!far.readableEnded) await once(far, 'end');
  }
  server.close();
  expect(viewers.length).toBeGreaterThan(8);
  for (const { chunks } of viewers) {
    const numbers = numbersIn(Buffer.concat(chunks));
    const first = numbers[0]!;
    expect(first % 20).toBe(0);
    expect(numbers).toEqual(numbers.map((_, index) => first + index));
    expect(numbers.length).toBeGreaterThan(20);
  }
  expect(numbersIn(Buffer.concat(viewers[2]!.chunks)).at(-1)).toBe(399);
});

/** What every media plane must do for browsers, wherever it runs. */
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { Fmp4Message } from '../../gateway/domain/media.ts';
import { FragmentRing, RingReader } from '../../gateway/runtime/fragment-ring.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { gate, never, openSink, type PlaneUnderTest, resolverOf, until } from './media-plane.ts';

/** Of a fragment's mfhd (ISO/IEC 14496-12 §8.8.5). */
const sequenceOf = (fragment: Uint8Array): number => Buffer.from(fragment).readUInt32BE(20);

export function browserSinkContract(subject: PlaneUnderTest): void {
  test('a browser sink gets an init segment, then a keyframe, then every picture', async () => {
    await using camera = await openTestCamera();
    await using plane = subject.open(resolverOf(camera), 100);
    const { messages, sink } = await openSink(plane);
    await until(() => messages.length > 10);
    expect(messages[0]).toMatchObject({ kind: 'init', codecs: 'avc1.4d400d', width: 320, height: 240 });
    expect(messages[1]).toMatchObject({ kind: 'fragment', keyframe: true });
    expect(messages.slice(1).every((message) => message.kind === 'fragment')).toBe(true);
    await sink[Symbol.asyncDispose]();
  });

  test('a browser sink with a ring loses nothing and mixes nothing up, whether fragments find room there or not', async () => {
    await using camera = await openTestCamera();
    await using plane = subject.open(resolverOf(camera), 100);
    const { port1, port2 } = new MessageChannel();
    const ring = new FragmentRing(4_000);
    const told = { ring: 0, port: 0 };
    const numbers: number[] = [];
    const reader = new RingReader(ring, ({ bytes }) => {
      told.ring += 1;
      numbers.push(sequenceOf(bytes));
    });
    port1.on('message', (message: Fmp4Message) => {
      reader.beside();
      told.port += 1;
      if (message.kind === 'fragment') numbers.push(sequenceOf(message.bytes));
    });
    const sink = await plane.prepare(
      { channel: gate, profile: 'main', purpose: 'local', kind: 'fmp4', audio: false, port: port2, ring: ring.shared },
      never,
    );
    sink.start();
    for (let round = 0; numbers.length < 40 && round < 100; round += 1) {
      // Late now and then, so that it overflows.
      await new Promise((resolve) => setTimeout(resolve, round % 3 === 0 ? 300 : 10));
      reader.look();
    }
    expect(numbers.length).toBeGreaterThan(20);
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
    expect(told.ring).toBeGreaterThan(2);
    expect(told.port).toBeGreaterThan(2);
    await sink[Symbol.asyncDispose]();
  });
}

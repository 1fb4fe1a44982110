/** The log tells decisions, never packets: however many pictures pass, and however bad they are, no line more is written for them. */
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { openMediaPlane } from '../../../gateway/assemble-media.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { openLogger } from '../../../gateway/runtime/logger.ts';
import { collect, gate, resolverOf, until } from '../../contract/media-plane.ts';
import { type CameraOptions, openTestCamera, parameterSets, pictures } from '../../support/rtsp-camera.ts';
import { openRtspPlayer } from '../../support/rtsp-player.ts';

const key = { username: 'wall', password: 'w4ll-key-of-many-bits' };
const slice = pictures[0]!.at(-1)!;
/** Every picture a keyframe. */
const withSets = (sets: (index: number) => readonly Uint8Array[]): CameraOptions => ({ units: (_units, index) => [...sets(index), slice] });
const nonsense = (index: number) => [Uint8Array.of(0x67, 0xff, index & 0xff, 0xff), Uint8Array.of(0x68, 0xff, index & 0xff)];

test.each<[string, CameraOptions]>([
  ['of a healthy camera', {}],
  ['with parameter sets that nobody can read', withSets(nonsense)],
  ['of which every other one has such', withSets((index) => (index % 2 === 0 ? nonsense(index) : parameterSets))],
  ['with times that jump', { timestamp: (timestamp, index) => (timestamp + (index % 2) * 2 ** 31) >>> 0 }],
  ['with garbage between them', { send: (socket, frames) => socket.write(Buffer.concat([Buffer.from('garbage'), ...frames])) }],
])('pictures %s leave no line each', async (_name, options) => {
  const lines: string[] = [];
  await using camera = await openTestCamera({ framesPerSecond: 100, ...options });
  const log = openLogger('debug', { write: (line: string) => lines.push(line) });
  await using plane = openMediaPlane({ resolve: resolverOf(camera), clock: systemClock, log, worker: false });
  const { port } = await plane.serveRtsp({ address: '127.0.0.1', port: 0 });
  await plane.admit([key]);
  const { port1, port2 } = new MessageChannel();
  collect(port1);
  await using sink = await plane.prepare(
    { channel: gate, profile: 'main', purpose: 'local', kind: 'fmp4', audio: true, port: port2 },
    new AbortController().signal,
  );
  sink.start();
  await using player = await openRtspPlayer(port, '/gate/main', key);
  await player.play();
  const passed = async () => (await plane.telemetry())[0]?.frames ?? 0;
  await until(async () => (await passed()) > 30);
  const before = lines.length;
  await until(async () => (await passed()) > 90);
  expect(lines.slice(before)).toEqual([]);
  expect(before).toBeLessThan(10);
});

/** Cameras that lie, stall and flood, and what comes of asking each for everything. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onvif } from '../../adapters/cameras/onvif/adapter.ts';
import { rtsp } from '../../adapters/cameras/rtsp.ts';
import type { Camera } from '../../gateway/domain/campus.ts';
import { cameraId } from '../../gateway/domain/ids.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { onvifCamera, soapType } from './onvif-camera.ts';

interface Hostile {
  readonly name: string;
  readonly code: string;
  readonly says: string;
  readonly raw?: string;
  readonly then?: 'drip' | 'wait' | 'close';
}

export interface HostileSoap extends Hostile {
  readonly on: string;
  readonly body?: string;
  readonly hex?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly repeat?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly also?: Readonly<Record<string, string>>;
}

export interface HostileRtsp extends Hostile {
  readonly raw: string;
  readonly repeat?: string;
  readonly times?: number;
}

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`../fixtures/cameras/${name}.json`, import.meta.url), 'utf8'));
export const soapCases: readonly HostileSoap[] = fixture('hostile-soap');
export const rtspCases: readonly HostileRtsp[] = fixture('hostile-rtsp');

/** Forty times as fast for those who wait: a limit of 10 s is a quarter of a second. For the others it would be one that a busy machine can miss. */
const speed = 40;
const hasty: Clock = {
  ...systemClock,
  sleep: (length, signal) => systemClock.sleep(millis(length / speed), signal),
  deadline: (length, ...signals) => systemClock.deadline(millis(length / speed), ...signals),
};
const clockFor = ({ then }: Hostile) => (then === 'drip' || then === 'wait' ? hasty : systemClock);
const signal = new AbortController().signal;

const cameraAt = (address: string): Camera => ({
  id: cameraId('liar'),
  name: 'Liar',
  adapter: 'onvif',
  address,
  credentials: { username: 'gateway', password: new Secret('canary-hostile') },
  settings: {},
  enabled: true,
  maintenance: false,
});

function finish(socket: Socket, then: Hostile['then']): void {
  if (then === 'close') socket.end();
  if (then !== 'drip') return;
  const drip = setInterval(() => (socket.destroyed ? clearInterval(drip) : socket.write('a')), 30);
}

/** What comes of asking such a camera for everything. */
export async function askOnvif(hostile: HostileSoap): Promise<{ error: unknown; credentialed: number }> {
  const once = hostile.hex === undefined ? Buffer.from(hostile.body ?? '') : Buffer.from(hostile.hex, 'hex');
  const whole = Buffer.concat([
    Buffer.from(hostile.prefix ?? ''),
    ...(hostile.repeat === undefined ? [once] : [Buffer.alloc(once.length * hostile.repeat, once)]),
    Buffer.from(hostile.suffix ?? ''),
  ]);
  await using camera = await onvifCamera({
    answers: {
      ...Object.fromEntries(
        Object.entries(hostile.also ?? {}).map(([operation, body]) => [operation, (reply) => reply.writeHead(200, soapType).end(body)]),
      ),
      [hostile.on]: (reply) => {
        if (hostile.raw !== undefined) {
          reply.socket?.write(Buffer.from(hostile.raw, 'latin1'));
          if (reply.socket) finish(reply.socket, hostile.then);
        } else {
          reply.writeHead(hostile.status ?? 200, { ...soapType, ...hostile.headers });
          reply.write(whole);
          if (hostile.then === 'drip' && reply.socket) {
            const drip = setInterval(() => (reply.writable ? reply.write('a') : clearInterval(drip)), 30);
          } else reply.end();
        }
      },
    },
  });
  const attempt = async () => {
    await using session = await onvif.connect(
      cameraAt(camera.address),
      { otherHosts: 'refuse' },
      { clock: clockFor(hostile), log: silentLogger },
      signal,
    );
    await session.streamAddress('main', signal);
    await session.snapshotAddress(signal);
  };
  const error = await attempt().catch((caught: unknown) => caught);
  return { error, credentialed: camera.credentialed };
}

export async function askRtsp(hostile: HostileRtsp): Promise<{ error: unknown; credentialed: number }> {
  const sockets = new Set<Socket>();
  let credentialed = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const request = chunk.toString('latin1');
      if (/^authorization:/im.test(request)) credentialed += 1;
      const cseq = /^cseq: *(\d+)/im.exec(request)?.[1] ?? '1';
      socket.write(Buffer.from(hostile.raw.replace('{cseq}', cseq), 'latin1'));
      if (hostile.repeat) socket.write(hostile.repeat.repeat(hostile.times ?? 1));
      finish(socket, hostile.then);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
  const error = await rtsp.connect(cameraAt(address), {}, { clock: clockFor(hostile), log: silentLogger }, signal).catch((caught: unknown) => caught);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  return { error, credentialed };
}

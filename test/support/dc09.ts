/** A DC-09 receiver with a fleet behind it, and a panel's end of the line; the intake is a list. */
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { type Dc09ReceiverOptions, dc09Receiver } from '../../adapters/panels/dc09/receiver.ts';
import { siaDc09Dialect } from '../../adapters/panels/dialects/sia-dc09.ts';
import { readKey } from '../../adapters/protocols/dc09/cipher.ts';
import { contentOf, readFrame, writeFrame } from '../../adapters/protocols/dc09/frame.ts';
import { Dc09Framer } from '../../adapters/protocols/dc09/framer.ts';
import type { Dc09Message } from '../../adapters/protocols/dc09/message.ts';
import type { Panel } from '../../gateway/domain/campus.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { logInto, panelOf } from './panels.ts';
import { type RecordingFleet, recordingFleet } from './recording-fleet.ts';

export const keyText = '0123456789ABCDEF';
export const key = readKey(keyText)!;

/** Account 1234 in the clear, account 5678 with the key. */
export const dc09Panels = (): readonly Panel[] => [
  panelOf('gate', { broker: 'dc09', dialect: 'sia-dc09', settings: { account: '1234', unencrypted: true } }),
  panelOf('hall', { broker: 'dc09', dialect: 'sia-dc09', settings: { account: '5678' }, secret: new Secret(keyText) }),
];

export interface Dc09Rig extends AsyncDisposable, Pick<RecordingFleet, 'reports' | 'protocols' | 'lines' | 'fleet' | 'commit'> {
  readonly port: number;
}

export async function dc09Rig(options: Partial<Dc09ReceiverOptions> & { readonly panels?: readonly Panel[] } = {}): Promise<Dc09Rig> {
  const recording = recordingFleet({ panels: options.panels ?? dc09Panels(), dialects: [siaDc09Dialect], reconcileAfter: millis(100) });
  const { fleet, lines } = recording;
  const life = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const port = await new Promise<number>((resolve, reject) => {
    const receiver = dc09Receiver({
      ...{ address: '127.0.0.1', port: 0, tcp: true, udp: true, clock: systemClock, log: logInto(lines) },
      ...options,
      onListening: resolve,
    });
    running = receiver.run(fleet.doorFor('dc09', 'dc09'), life.signal);
    running.catch(reject);
  });
  return Object.assign(recording, {
    port,
    [Symbol.asyncDispose]: async () => {
      life.abort();
      await running;
      fleet[Symbol.dispose]();
    },
  });
}

/** A message of now of the panel in the clear, or of the one with the key. */
export function told(more: Partial<Dc09Message> = {}): Dc09Message {
  const encrypted = more.encrypted ?? false;
  const account = more.account ?? (encrypted ? '5678' : '1234');
  const timestamp = Math.floor(systemClock.now() / 1_000) * 1_000;
  return { token: 'ADM-CID', encrypted, sequence: 1, line: '0', account, data: `#${account}|1120 01 007`, extended: [], timestamp, ...more };
}

export function bytesOf(message: Dc09Message, withKey = key): Buffer {
  return writeFrame(message, withKey);
}

export interface PanelEnd extends Disposable {
  readonly socket: Socket;
  send(bytes: Uint8Array): void;
  /** The next answer; `silence` where none comes in time, `closed` where the connection ends. */
  answer(within?: number): Promise<Dc09Message | 'silence' | 'closed'>;
  closed(): Promise<void>;
}

export function readAnswer(line: Uint8Array): Dc09Message {
  const { crc: _crc, rest: _rest, ...header } = readFrame(line);
  return { ...header, ...contentOf(readFrame(line), key) };
}

export async function dial(port: number): Promise<PanelEnd> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  const framer = new Dc09Framer();
  const answers: Dc09Message[] = [];
  let wake = (): void => undefined;
  let ended = false;
  socket.on('data', (chunk) => {
    for (const line of framer.push(chunk)) answers.push(readAnswer(line));
    wake();
  });
  const gone = new Promise<void>((resolve) =>
    socket.once('close', () => {
      ended = true;
      wake();
      resolve();
    }),
  );
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    async answer(within = seconds(30)) {
      const limit = systemClock.monotonic() + within;
      while (answers.length === 0 && !ended && systemClock.monotonic() < limit) {
        const waiting = new AbortController();
        wake = () => waiting.abort();
        await systemClock.sleep(millis(Math.max(1, limit - systemClock.monotonic())), waiting.signal).catch(() => undefined);
      }
      return answers.shift() ?? (ended ? 'closed' : 'silence');
    },
    closed: () => gone,
    [Symbol.dispose]: () => socket.destroy(),
  };
}

/** Sends one datagram and waits for one. */
export async function byUdp(port: number, bytes: Uint8Array, within = 30_000): Promise<Dc09Message | 'silence'> {
  const socket = createSocket('udp4');
  try {
    const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    socket.send(bytes, port, '127.0.0.1');
    const done = new AbortController();
    const none = systemClock.sleep(millis(within), done.signal).then(
      () => 'silence' as const,
      () => 'silence' as const, // an answer came
    );
    const first = await Promise.race([answer, none]);
    done.abort();
    return first === 'silence' ? first : readAnswer(first.subarray(1, -1));
  } finally {
    socket.close();
  }
}

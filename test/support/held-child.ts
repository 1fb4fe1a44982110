/**
 * Weighs what the uplink holds of one message of each kind while it lasts, in a process of its own: `node --expose-gc --no-opt --no-sparkplug …
 * held-child.ts`, as code that is compiled meanwhile would be weighed too. Time stands still, so that nothing is forgotten meanwhile; then it goes on, and all must be given back. Prints one JSON line.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { getHeapStatistics } from 'node:v8';
import { minutes } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { gbBox } from './gb-box.ts';
import { gbDevice, until } from './gb-device.ts';
import { GbRegistrar } from './gb-registrar.ts';
import { codes, gbSchool } from './gb-school.ts';
import { attackUdp } from './sip-attacker.ts';

interface Held {
  readonly kind: string;
  /** Bytes, of memory and of the message. */
  readonly each: number;
  readonly message: number;
  /** Of unfinished ones: of `each`, what lies in buffers. */
  readonly buffers?: number;
}

export interface Weighed {
  readonly held: readonly Held[];
  /** MB more than before, once all is over. */
  readonly left: number;
}

/** RFC 3261 §18.1.1 over TCP, and what a datagram can carry. */
const [most, mostDatagram] = [65_535, 65_507];
const own = '127.0.0.1';
/** Kept on purpose, so that the test can see itself fail. */
const hoarded: Buffer[] = [];
const clock = new ManualClock();
const registrar = await new GbRegistrar(clock).open();
const box = gbBox(clock, gbSchool());
// A camera that never answers: the call waits for it.
const media: typeof box.door.media = { ...box.door.media, sendRtp: () => new Promise(() => undefined) };
const link = gbDevice(registrar, clock, { codes }, undefined, { ...box.door, media });
await until(clock, () => registrar.registered && registrar.keepalives.length > 0);
const to = { address: own, port: registrar.flow?.remote.port ?? 0 };

interface Weight {
  readonly all: number;
  /** Of that, outside the heap: exact, where the heap breathes. */
  readonly buffers: number;
}

async function look(): Promise<Weight> {
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 40)); // what was freed outside the heap is counted a turn later
  const { used_heap_size, external_memory } = getHeapStatistics();
  return { all: used_heap_size + external_memory, buffers: external_memory };
}

/** Once all that was sent has been read: the less of two looks that agree. */
async function weighBoth(): Promise<Weight> {
  for (let last = await look(), looks = 1; ; looks += 1) {
    const next = await look();
    if (Math.abs(next.buffers - last.buffers) < 100 || looks === 100)
      return { all: Math.min(last.all, next.all), buffers: Math.min(last.buffers, next.buffers) };
    last = next;
  }
}

const weigh = async () => (await weighBoth()).all;

function message(index: number, kind: string, lines: readonly string[], body: string): Buffer {
  const method = lines[0]?.split(' ')[0];
  const head = [
    ...lines,
    `Via: SIP/2.0/UDP ${own}:9;rport;branch=z9hG4bK${kind}${index}`,
    `From: <sip:34020000002000000001@3402000000>;tag=${kind}${index}`,
    'To: <sip:34020000001180000001@3402000000>',
    `Call-ID: ${kind}${index}`,
    `CSeq: 1 ${method}`,
    `Content-Length: ${body.length}`,
  ];
  return Buffer.from([...head, '', body].join('\r\n'), 'latin1');
}

const toDevice = 'MESSAGE sip:34020000001180000001@3402000000 SIP/2.0';
const xml = 'Content-Type: Application/MANSCDP+xml';
const notify = '<Notify><CmdType>Keepalive</CmdType><SN>1</SN><DeviceID>34020000002000000001</DeviceID><Status>OK</Status></Notify>';
const gate = codes.channels.gate;
const sdp = (index: number) =>
  `v=0\r\no=- 0 0 IN IP4 ${own}\r\ns=Play\r\nc=IN IP4 ${own}\r\nt=0 0\r\nm=video 30000 RTP/AVP 96\r\na=recvonly\r\ny=${200_000_000 + index}\r\n`;
const vias = (bytes: number) => Array.from({ length: 50 }, (_, at) => `Via: SIP/2.0/UDP a${at}:9;branch=${'v'.repeat(Math.floor(bytes / 50) - 30)}`);
const padded = (text: string, length: number) => `${text}${`a=${'x'.repeat(60)}\r\n`.repeat(Math.floor((length - text.length) / 64))}`;

const datagrams: Readonly<Record<string, { readonly count: number; readonly make: (index: number) => Buffer }>> = {
  unreadable: { count: 40, make: (index) => message(index, 'unreadable', [toDevice, xml], `<Query>${'<a/>'.repeat(15_500)}</Query>`) },
  'long heads': {
    count: 40,
    make: (index) => message(index, 'heads', [toDevice, xml, `X-Long: ${'h'.repeat(7_200)}`, `Contact: <sip:${'u'.repeat(500)}@a>`], notify),
  },
  'long Vias': { count: 40, make: (index) => message(index, 'vias', [toDevice, xml, ...vias(7_200)], notify) },
  hoarded: { count: 20, make: (index) => message(index, 'hoarded', [toDevice, xml], notify) },
  'waiting calls': {
    count: 30,
    make: (index) => message(index, 'call', [`INVITE sip:${gate}@3402000000 SIP/2.0`, 'Content-Type: APPLICATION/SDP'], padded(sdp(index), 8_000)),
  },
  // As large as a call that waits can be, in a datagram as large as there is.
  'waiting calls with long heads': {
    count: 30,
    make(index) {
      const call = message(
        index,
        'long',
        [`INVITE sip:${gate}@3402000000 SIP/2.0`, 'Content-Type: APPLICATION/SDP', ...vias(7_400)],
        padded(sdp(index), 8_000),
      );
      return Buffer.concat([call, Buffer.alloc(mostDatagram - call.length, 10)]);
    },
  },
};

const held: Held[] = [];
const start = await weigh();

for (const [kind, { count, make }] of Object.entries(datagrams)) {
  const length = make(0).length;
  // What is compiled and drawn in advance belongs to no message.
  for (let index = 0; index < (kind.startsWith('waiting') ? 1 : 10); index += 1) await attackUdp({ bytes: make(10_000 + index), from: own, to });
  const before = await weigh();
  for (let index = 0; index < count; index += 1) {
    await attackUdp({ bytes: make(index), from: own, to });
    if (kind === 'hoarded') hoarded.push(Buffer.alloc(200_000, 1));
  }
  held.push({ kind, each: Math.round(((await weigh()) - before) / count), message: length });
}

/** Connections whose message never ends, in pieces as small as a network makes them. */
async function unfinished(bytes: Buffer): Promise<Socket> {
  const socket = connect({ ...to, host: to.address, localAddress: own, noDelay: true });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  for (let at = 0; at < bytes.length; at += 1_460) {
    await new Promise<void>((resolve) => socket.write(bytes.subarray(at, at + 1_460), () => resolve()));
    if (at % 14_600 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return socket;
}

/** Of so many bytes in all. */
function ofLength(length: number, lines: readonly string[]): Buffer {
  const head = message(0, 'body', lines, 'b'.repeat(10_000)).length - 10_000;
  return message(0, 'body', lines, 'b'.repeat(length - head));
}

const connections = 20;

/** Until the uplink has so many connections and has read all that came by them, as the kernel sees it (Linux). */
async function allRead(connected: number): Promise<void> {
  const port = to.port.toString(16).toUpperCase().padStart(4, '0');
  for (;;) {
    const rows = readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1);
    const open = rows
      .map((row) => row.trim().split(/\s+/))
      .filter(([, local, , state]) => local?.endsWith(`:${port}`) && /^0[18]$/.test(state ?? ''));
    if (open.length === connected && open.every(([, , , , queues]) => queues?.endsWith(':00000000'))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** For each connection, at both its ends. Once before, to compile what it needs. */
async function heldOf(bytes: Buffer): Promise<Weight> {
  let weight: Weight = { all: 0, buffers: 0 };
  for (let round = 0; round < 2; round += 1) {
    const before = await weighBoth();
    const sockets = await Promise.all(Array.from({ length: connections }, () => unfinished(bytes)));
    await allRead(connections);
    const { all, buffers } = await weighBoth();
    weight = { all: (all - before.all) / connections, buffers: (buffers - before.buffers) / connections };
    for (const socket of sockets) socket.destroy();
    await allRead(0);
  }
  return weight;
}

// Of the connection itself.
const bare = await heldOf(Buffer.from('MESSAGE sip:'));
for (const [kind, bytes] of [
  ['unfinished bodies', ofLength(most, [toDevice, xml]).subarray(0, -1)],
  [
    'unfinished bodies behind long heads',
    ofLength(most, [toDevice, xml, ...Array.from({ length: 110 }, (_, at) => `X-${at}: ${'h'.repeat(55)}`)]).subarray(0, -1),
  ],
  ['unfinished heads', Buffer.from(`${toDevice}\r\nX-Long: ${'h'.repeat(8_000)}`)],
] as const) {
  const { all, buffers } = await heldOf(bytes);
  held.push({ kind, each: Math.round(all - bare.all), buffers: Math.round(buffers - bare.buffers), message: bytes.length });
}

hoarded.length = 0;
await clock.advance(minutes(4));
await new Promise((resolve) => setTimeout(resolve, 200));
const left = Math.round((((await weigh()) - start) / 1_048_576) * 100) / 100;
process.stdout.write(`${JSON.stringify({ held, left } satisfies Weighed)}\n`);
void link;
process.exit(0);

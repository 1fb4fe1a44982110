/**
 * Weighs what the uplink holds of one message of each kind while it lasts, in a process of its own: `node --expose-gc … held-child.ts`. Time stands
 * still, so that nothing is forgotten meanwhile; then it goes on, and all must be given back. Prints one JSON line.
 */
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
}

export interface Weighed {
  readonly held: readonly Held[];
  /** MB more than before, once all is over. */
  readonly left: number;
}

const most = 65_500;
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

async function weigh(): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < 3; look += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 40)); // what was freed outside the heap is counted a turn later
    const { used_heap_size, external_memory } = getHeapStatistics();
    looks.push(used_heap_size + external_memory);
  }
  return Math.min(...looks);
}

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
const padded = (text: string, length: number) => `${text}${`a=${'x'.repeat(60)}\r\n`.repeat(Math.floor((length - text.length) / 64))}`;

const datagrams: Readonly<Record<string, { readonly count: number; readonly make: (index: number) => Buffer }>> = {
  unreadable: { count: 80, make: (index) => message(index, 'unreadable', [toDevice, xml], `<Query>${'<a/>'.repeat(15_500)}</Query>`) },
  'long heads': {
    count: 80,
    make: (index) => message(index, 'heads', [toDevice, xml, `X-Long: ${'h'.repeat(15_000)}`, `Contact: <sip:${'u'.repeat(500)}@a>`], notify),
  },
  'long Vias': {
    count: 80,
    make: (index) =>
      message(
        index,
        'vias',
        [toDevice, xml, ...Array.from({ length: 50 }, (_, at) => `Via: SIP/2.0/UDP a${at}:9;branch=${'v'.repeat(250)}`)],
        notify,
      ),
  },
  hoarded: { count: 20, make: (index) => message(index, 'hoarded', [toDevice, xml], notify) },
  'waiting calls': {
    count: 30,
    make: (index) => message(index, 'call', [`INVITE sip:${gate}@3402000000 SIP/2.0`, 'Content-Type: APPLICATION/SDP'], padded(sdp(index), 16_000)),
  },
};

const held: Held[] = [];
const start = await weigh();

for (const [kind, { count, make }] of Object.entries(datagrams)) {
  const length = make(0).length;
  // What is compiled and drawn in advance belongs to no message.
  for (let index = 0; index < (kind === 'waiting calls' ? 1 : 10); index += 1) await attackUdp({ bytes: make(10_000 + index), from: own, to });
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

const sockets: Socket[] = [];
const connections = 30;

async function heldOf(bytes: Buffer): Promise<number> {
  const before = await weigh();
  for (let index = 0; index < connections; index += 1) {
    sockets.push(await unfinished(bytes));
  }
  return ((await weigh()) - before) / connections;
}

const begun = Buffer.from('MESSAGE sip:');
await heldOf(begun);
// Of the connection itself, at both its ends.
const bare = await heldOf(begun);
for (const [kind, bytes] of [
  ['unfinished bodies', message(0, 'body', [toDevice, xml], 'b'.repeat(most - 500)).subarray(0, -1)],
  ['unfinished heads', Buffer.from(`${toDevice}\r\nX-Long: ${'h'.repeat(16_000)}`)],
] as const)
  held.push({ kind, each: Math.round((await heldOf(bytes)) - bare), message: bytes.length });

for (const socket of sockets) socket.destroy();
hoarded.length = 0;
await clock.advance(minutes(4));
await new Promise((resolve) => setTimeout(resolve, 200));
const left = Math.round((((await weigh()) - start) / 1_048_576) * 100) / 100;
process.stdout.write(`${JSON.stringify({ held, left } satisfies Weighed)}\n`);
void link;
process.exit(0);

/**
 * The vectors of the facts about DC-09 (alarm-panels §3.4), both ways over real sockets: our receiver takes what a panel would send and answers what a
 * receiver would; our sender says it, and takes the answers. A vector without a row here, or with half of one, is missing.
 */
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { acknowledgement } from '../../../adapters/protocols/dc09/answer.ts';
import { readSia } from '../../../adapters/protocols/dc09/data.ts';
import { extrasOf } from '../../../adapters/protocols/dc09/extended.ts';
import { readFrame, writeFrame } from '../../../adapters/protocols/dc09/frame.ts';
import { Dc09Framer } from '../../../adapters/protocols/dc09/framer.ts';
import type { Dc09Message } from '../../../adapters/protocols/dc09/message.ts';
import { dc09 } from '../../../adapters/uplinks/dc09/uplink.ts';
import type { Delivery } from '../../../gateway/domain/delivery.ts';
import type { AlarmRaised } from '../../../gateway/domain/event.ts';
import { panelId } from '../../../gateway/domain/ids.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { instant } from '../../../gateway/domain/time.ts';
import type { Uplink } from '../../../gateway/domain/uplink-ports.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { type Dc09Rig, dc09Rig, key, keyText, readAnswer } from '../../support/dc09.ts';
import { deliveryOf, emptyBox } from '../../support/gb-device.ts';
import { panelOf } from '../../support/panels.ts';
import { type AlarmWish, alarm, police } from '../../support/spine.ts';

interface Vector {
  readonly id: string;
  readonly frame: string;
  readonly message: Dc09Message;
}

const vectors: readonly Vector[] = JSON.parse(readFileSync(new URL('../../fixtures/dc09/vectors.json', import.meta.url), 'utf8'));
const vector = (id: string): Vector => vectors.find((one) => one.id === id) ?? expect.unreachable(`There is no vector ${id}.`);
const bytesOf = (id: string) => Buffer.from(`\n${vector(id).frame}\r`, 'latin1');
/** 1 June 2026, 08:15:30, of all of them. */
const then = vector('V1').message.timestamp!;
const never = new AbortController().signal;

// ---- what a panel sends to our receiver

/** Account 1234 as the vector has it, at the time of the vectors or `late` ms after it. */
function receiver({ encrypted = false, account = '1234', late = 0 } = {}): Promise<Dc09Rig> {
  const own = encrypted ? { settings: { account }, secret: new Secret(keyText) } : { settings: { account, unencrypted: true } };
  return dc09Rig({ clock: new ManualClock(then + late), panels: [panelOf('gate', { broker: 'dc09', dialect: 'sia-dc09', zones: [], ...own })] });
}

/** The next whole line, with its LF and CR. */
function answerOf(port: number, bytes: Uint8Array): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1' }, () => void socket.write(bytes));
  onTestFinished(() => void socket.destroy());
  let heard = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    socket.on('error', reject).on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.at(-1) === 0x0d) resolve(heard);
    });
  });
}

/** What it says, and where padding is chance, says in the key. */
const meaning = (bytes: Uint8Array) => readAnswer(bytes.subarray(1, -1));

async function taken(id: string, encrypted = false) {
  await using rig = await receiver({ encrypted });
  const answer = await answerOf(rig.port, bytesOf(id));
  return { answer, report: rig.reports[0], reports: rig.reports.length };
}

// ---- what our sender says, and how it takes the answers

interface Sent {
  readonly uplink: Uplink;
  /** What has come, with LF and CR. */
  readonly frames: Buffer[];
}

/** A receiver that answers each frame as it is told. */
async function sender(answer: (frame: Buffer, index: number) => Uint8Array, settings: object, { encrypted = false, slow = 0 } = {}): Promise<Sent> {
  const frames: Buffer[] = [];
  const server = createServer((socket) => {
    const framer = new Dc09Framer();
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        for (const line of framer.push(chunk)) {
          frames.push(Buffer.concat([Buffer.from('\n'), line, Buffer.from('\r')]));
          socket.write(answer(line, frames.length - 1));
        }
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = server.address();
  const port = typeof at === 'object' && at ? at.port : 0;
  const clock = new ManualClock(then - slow);
  const entry = { id: police, name: 'centre', adapter: 'dc09', settings: {}, enabled: true, ...(encrypted ? { secret: new Secret(keyText) } : {}) };
  const config = dc09.config.parse({
    primary: `tcp://127.0.0.1:${port}`,
    account: '1234',
    receiver: '1',
    line: '1',
    unencrypted: !encrypted,
    ...settings,
  });
  const uplink = dc09.create(entry, config, { clock, log: silentLogger, door: emptyBox(clock) });
  onTestFinished(() => void server.close());
  return { uplink, frames };
}

/** Polls until the test is over. */
function poll({ uplink }: Sent): void {
  const life = new AbortController();
  const running = uplink.run(life.signal);
  onTestFinished(async () => {
    life.abort();
    await running;
  });
}

const acknowledges = (line: Uint8Array) => acknowledgement(readFrame(line), then, key);
/** Its sequence is its place in the journal and one more. */
const event = (sequence: number, changes: Partial<AlarmWish & Pick<AlarmRaised, 'partition' | 'location'>>): Delivery => {
  const { partition, location, ...wish } = changes;
  const where = { ...(partition === undefined ? {} : { partition }), ...(location === undefined ? {} : { location }) };
  return deliveryOf({ ...alarm(wish), occurredAt: instant(then), receivedAt: instant(then), ...where }, sequence - 1);
};
/** The same without the words that our sender adds, as bytes. */
const bare = (frame: Uint8Array) => writeFrame({ ...meaning(frame), extended: [] }, key, (length) => '0'.repeat(length)).toString('latin1');

const panicInZone7 = { type: 'panic.audible', zone: '7', partition: '1' };
const burglaryInZone15 = { type: 'burglary', zone: '15', partition: '2' };

async function said(sequence: number, changes: Parameters<typeof event>[1], settings: object = {}, encrypted = false): Promise<Buffer> {
  const here = await sender(acknowledges, settings, { encrypted });
  await here.uplink.deliver(event(sequence, changes), never);
  return here.frames[0]!;
}

/** Both ways of each: what our receiver makes of it or when it says it, and what our sender makes of it or when it says it. */
const bothWays: Readonly<Record<string, { readonly receiver: () => Promise<void>; readonly sender: () => Promise<void> }>> = {
  V1: {
    async receiver() {
      expect(meaning((await taken('V1')).answer)).toMatchObject({ token: 'ACK', sequence: 0, account: '1234' });
    },
    async sender() {
      const here = await sender(acknowledges, { line: '0', pollSeconds: 1 });
      poll(here);
      await expect.poll(() => here.frames[0]?.toString('latin1'), { timeout: 20_000 }).toBe(bytesOf('V1').toString('latin1'));
    },
  },
  V2: {
    async receiver() {
      const { report, reports } = await taken('V2');
      expect(report).toMatchObject({
        kind: 'zone',
        device: 'gate',
        zone: '7',
        partition: '01',
        type: 'panic.audible',
        state: 'raised',
        code: '1120',
      });
      expect(reports).toBe(1);
    },
    async sender() {
      expect(bare(await said(41, panicInZone7))).toBe(bytesOf('V2').toString('latin1'));
    },
  },
  V3: {
    async receiver() {
      const { report } = await taken('V3');
      expect(report).toMatchObject({
        zone: '3',
        partition: '1',
        type: 'burglary',
        state: 'raised',
        location: { longitude: 121.4737, latitude: 31.2304 },
      });
    },
    async sender() {
      const location = { longitude: 121.4737, latitude: 31.2304 };
      const frame = meaning(await said(42, { type: 'burglary', zone: '3', partition: '1', location }, { format: 'sia' }));
      const meant = vector('V3').message;
      expect({ ...frame, data: '', extended: [] }).toEqual({ ...meant, data: '', extended: [] });
      // With the slash and all five decimals, which the vector leaves out.
      expect(readSia(frame.data)).toEqual(readSia(meant.data));
      const { text: _words, ...extras } = extrasOf(frame);
      expect(extras).toEqual(extrasOf(meant));
    },
  },
  V4: {
    async receiver() {
      const { report } = await taken('V4', true);
      expect(report).toMatchObject({ zone: '15', partition: '02', type: 'burglary', state: 'raised', code: '1130' });
    },
    async sender() {
      expect(bare(await said(43, burglaryInZone15, {}, true))).toBe(bytesOf('V4').toString('latin1'));
    },
  },
  V5: {
    async receiver() {
      expect((await taken('V2')).answer).toEqual(bytesOf('V5'));
    },
    async sender() {
      const { uplink } = await sender(() => bytesOf('V5'), {});
      expect(await uplink.deliver(event(41, panicInZone7), never)).toEqual({ proof: 'ACK 0041 of the primary receiver' });
    },
  },
  V6: {
    async receiver() {
      expect(meaning((await taken('V6', true)).answer)).toMatchObject({ token: 'ACK', encrypted: true, sequence: 0, timestamp: then });
    },
    async sender() {
      const here = await sender(acknowledges, { line: '0', pollSeconds: 1 }, { encrypted: true });
      poll(here);
      await expect.poll(() => here.frames[0] && bare(here.frames[0]), { timeout: 20_000 }).toBe(bytesOf('V6').toString('latin1'));
    },
  },
  V7: {
    async receiver() {
      // An hour ago, for a receiver whose clock shows the time of the vectors.
      await using rig = await receiver({ encrypted: true });
      const old = writeFrame({ ...vector('V4').message, timestamp: then - 3_600_000 }, key);
      expect(await answerOf(rig.port, old)).toEqual(bytesOf('V7'));
      expect(rig.reports).toEqual([]);
    },
    async sender() {
      const here = await sender((line, index) => (index === 0 ? bytesOf('V7') : acknowledges(line)), {}, { encrypted: true, slow: 3_600_000 });
      await here.uplink.deliver(event(43, burglaryInZone15), never);
      const times = here.frames.map((frame) => meaning(frame)).map(({ sequence, timestamp }) => [sequence, timestamp]);
      expect(times).toEqual([
        [43, then - 3_600_000],
        [43, then],
      ]);
    },
  },
  V8: {
    async receiver() {
      await using rig = await receiver({ account: '9999' });
      expect(await answerOf(rig.port, bytesOf('V3'))).toEqual(bytesOf('V8'));
      expect(rig.reports).toEqual([]);
    },
    async sender() {
      const { uplink } = await sender(() => bytesOf('V8'), {});
      await expect(uplink.deliver(event(42, panicInZone7), never)).rejects.toMatchObject({ code: 'DELIVERY_REFUSED' });
    },
  },
  V9: {
    async receiver() {
      await using rig = await receiver();
      const lost = { ...vector('V9').message, sequence: 43, data: '#1234|1301 00 000' };
      const troubles = () => rig.fleet.status(panelId('gate')).troubles.map(({ code }) => code);
      await answerOf(rig.port, writeFrame(lost));
      expect(troubles()).toEqual(['mains-lost']);
      await answerOf(rig.port, bytesOf('V9'));
      expect(troubles()).toEqual([]);
    },
    async sender() {
      const restored = { kind: 'alarm.restored', type: 'power.ac', zone: 'mains' } as const;
      expect(bare(await said(44, restored))).toBe(bytesOf('V9').toString('latin1'));
    },
  },
  V10: {
    async receiver() {
      expect(meaning((await taken('V4', true)).answer)).toEqual(vector('V10').message);
    },
    async sender() {
      const { uplink } = await sender(() => bytesOf('V10'), {}, { encrypted: true });
      expect(await uplink.deliver(event(43, burglaryInZone15), never)).toEqual({ proof: 'ACK 0043 of the primary receiver' });
    },
  },
};

const all = Array.from({ length: 10 }, (_, index) => `V${index + 1}`);

test('every vector is there, and has both ways', () => {
  expect(vectors.map(({ id }) => id)).toEqual(all);
  expect(Object.keys(bothWays)).toEqual(all);
});

test.each(all)('%s at our receiver', (id) => bothWays[id]!.receiver());
test.each(all)('%s at our sender', (id) => bothWays[id]!.sender());

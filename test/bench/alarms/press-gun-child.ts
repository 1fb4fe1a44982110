/**
 * Panels in a process of their own that say no more than what an event needs: a simulated panel (simulators/panel) costs as much as the gateway that is
 * measured. MQTT 3.1.1 by hand: CONNECT, PUBLISH at QoS 1, PUBACK. Told a load and a file for its shots, as a line of JSON; ends with its
 * standard input.
 */
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { PressLoad, ShootingPanel, Shot } from './press-gun.ts';

/** Messages leave in portions of what has come due since the last. */
const tick = 4;
const answeredWithin = 20_000;

const clock = () => performance.timeOrigin + performance.now();

const text = (words: string): Buffer => {
  const bytes = Buffer.from(words);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
};

function packet(first: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  let left = body.length;
  do {
    const more = left > 0x7f;
    length.push((left & 0x7f) | (more ? 0x80 : 0));
    left >>= 7;
  } while (left > 0);
  return Buffer.concat([Buffer.of(first, ...length), body]);
}

class Panel {
  readonly #socket: Socket;
  readonly #topic: Buffer;
  readonly #boot = `gun-${Date.now()}`;
  readonly #id: string;
  readonly #waiting = new Map<number, { -readonly [Key in keyof Shot]: Shot[Key] }>();
  #rest = Buffer.alloc(0);
  #seq = 0;
  #ready: () => void = () => undefined;
  readonly ready = new Promise<void>((resolve) => {
    this.#ready = resolve;
  });

  constructor(port: number, campus: string, { id, password }: ShootingPanel) {
    const prefix = `campus/${campus}/panel/${id}/`;
    this.#id = id;
    this.#topic = text(`${prefix}evt`);
    this.#socket = connect({ host: '127.0.0.1', port });
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => {
      process.stderr.write(`Panel ${id}: ${error.message}\n`);
      process.exit(1);
    });
    this.#socket.on('data', (bytes) => this.#read(bytes));
    const will = [text(`${prefix}lwt`), text('offline')];
    // Clean session, will at QoS 1 retained, user and password.
    this.#socket.write(packet(0x10, text('MQTT'), Buffer.of(4, 0xee), Buffer.of(0, 60), text(id), ...will, text(id), text(password)));
    this.#socket.write(packet(0x31, text(`${prefix}lwt`), Buffer.from('online')));
    this.#socket.write(packet(0x30, text(`${prefix}hb`), Buffer.from(JSON.stringify({ ts: Date.now(), seq: 0, qdepth: 0 }))));
  }

  get unanswered(): number {
    return this.#waiting.size;
  }

  /** Alarms of one moment, in one write. */
  fire(zones: readonly { readonly zone: string; readonly code: string }[]): readonly Shot[] {
    const sentAt = clock();
    const shots = zones.map(({ zone, code }) => {
      this.#seq += 1;
      return { panel: this.#id, boot: this.#boot, seq: this.#seq, zone, code, sentAt, acknowledgedAt: null };
    });
    const bytes = shots.map((shot) => {
      // Packet ids go round: those of messages that were answered are free.
      const id = ((shot.seq - 1) % 0xffff) + 1;
      this.#waiting.set(id, shot);
      const { boot, seq, zone, code } = shot;
      const payload = JSON.stringify({ v: 1, seq, boot, ts: Math.round(sentAt), zone, part: '1', code: `1${code}` });
      return packet(0x32, this.#topic, Buffer.of(id >> 8, id & 0xff), Buffer.from(payload));
    });
    this.#socket.write(Buffer.concat(bytes));
    return shots;
  }

  #read(bytes: Buffer): void {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    let at = 0;
    // CONNACK and PUBACK have two bytes each behind their head; nothing else was asked for.
    for (; at + 4 <= all.length; at += 4) {
      if (all[at] === 0x20) {
        if (all[at + 3] !== 0) throw new Error(`Panel ${this.#id} was refused with ${all[at + 3]}.`);
        this.#ready();
      } else if (all[at] === 0x40) {
        const id = all.readUInt16BE(at + 2);
        const shot = this.#waiting.get(id);
        if (shot) shot.acknowledgedAt = clock();
        this.#waiting.delete(id);
      } else throw new Error(`Panel ${this.#id} was sent a packet of type ${all[at]! >> 4}.`);
    }
    this.#rest = Buffer.from(all.subarray(at));
  }
}

const [port = '', campus = '', names = '[]'] = process.argv.slice(2);
const panels = (JSON.parse(names) as readonly ShootingPanel[]).map((panel) => new Panel(Number(port), campus, panel));
await Promise.all(panels.map(({ ready }) => ready));
console.log('ready');

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));
const loud = { zone: '1', code: '120' } as const;
const silently = { zone: '5', code: '122' } as const;
const others = [
  { zone: '2', code: '130' },
  { zone: '4', code: '131' },
  { zone: '6', code: '136' },
] as const;

async function fire({ perSecond, seconds, panicEvery, silent = false }: PressLoad): Promise<readonly Shot[]> {
  const panic = silent ? silently : loud;
  const shots: Shot[] = [];
  const began = performance.now();
  for (let count = 0; count < perSecond * seconds; ) {
    const due = Math.min(perSecond * seconds, Math.floor(((performance.now() - began) * perSecond) / 1_000));
    const byPanel = new Map<Panel, { readonly zone: string; readonly code: string }[]>();
    for (; count < due; count += 1) {
      const panel = panels[count % panels.length]!;
      const one = count % panicEvery === 0 ? panic : others[Math.floor(count / panels.length) % others.length]!;
      byPanel.set(panel, [...(byPanel.get(panel) ?? []), one]);
    }
    for (const [panel, zones] of byPanel) shots.push(...panel.fire(zones));
    await pause(tick);
  }
  const limit = performance.now() + answeredWithin;
  while (panels.some(({ unanswered }) => unanswered > 0) && performance.now() < limit) await pause(tick);
  return shots;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { load, file } = JSON.parse(line) as { readonly load: PressLoad; readonly file: string };
  writeFileSync(file, JSON.stringify(await fire(load)));
  console.log('fired');
}
process.exit(0);

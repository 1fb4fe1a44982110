/** The panel itself, without any wire: zones, arming, troubles, and the queue of events that nobody has acknowledged yet. Pure but for its own state. */
import { alarmTypes } from '../../gateway/domain/alarm-types.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { ArmMode } from '../../gateway/domain/report.ts';

export interface SimulatedZone {
  readonly id: string;
  readonly name?: string;
  /** Contact ID event code of three digits that this zone sends; 130 (burglary) unless given. */
  readonly code?: string;
}

/** One event as it stands in the panel's memory: the bytes never change, however often they are sent. */
export interface PanelEvent {
  readonly boot: string;
  readonly seq: number;
  /** Of the press, epoch ms by the panel's clock. */
  readonly ts: number;
  readonly payload: string;
}

export interface Trip {
  /** Contact ID code of three digits. */
  readonly code?: string;
  /** Canonical type, for example `panic.silent`; its first Contact ID code is sent. */
  readonly type?: string;
  readonly silent?: boolean;
  readonly drill?: boolean;
  readonly test?: boolean;
  readonly text?: string;
}

export type PanelTrouble = 'mains' | 'battery' | 'tamper';

/** A command as it comes on `cmd`; fields that the op does not need are absent. */
export interface PanelOrderBody {
  readonly id: string;
  readonly op: string;
  readonly part?: string | undefined;
  readonly zone?: string | undefined;
  readonly mode?: ArmMode | undefined;
  readonly on?: boolean | undefined;
  readonly exp?: number | undefined;
}

interface ZoneState {
  open: boolean;
  bypass: boolean;
  tamper: boolean;
  lowbat: boolean;
  /** Contact ID code with its qualifier that stands, or false. */
  alarm: string | false;
}

/** Of the panel as a whole, so that it cannot be a zone. */
const panelItself = '0';
const troubleCodes: Readonly<Record<PanelTrouble, string>> = { mains: '301', battery: '302', tamper: '137' };
const maxQueue = 10_000;

export class PanelBox {
  readonly queue: PanelEvent[] = [];
  siren = false;
  /** Zones whose lamp says that the police has the alarm. */
  readonly lamps = new Set<string>();
  /** Numbered but never sent, as if the first leg had lost them; a `sync` brings them out. */
  readonly #mislaid: PanelEvent[] = [];
  readonly #zones: ReadonlyMap<string, SimulatedZone>;
  readonly #states: ReadonlyMap<string, ZoneState>;
  readonly #arm = new Map<string, ArmMode>([['1', 'disarmed']]);
  readonly #troubles = new Map<PanelTrouble, boolean>();
  readonly #panel: string;
  #boot: string;
  #seq = 0;
  #losing = 0;

  constructor(panel: string, zones: readonly SimulatedZone[], boot: string) {
    this.#panel = panel;
    this.#zones = new Map(zones.map((zone) => [zone.id, zone]));
    this.#states = new Map(zones.map(({ id }) => [id, { open: false, bypass: false, tamper: false, lowbat: false, alarm: false }]));
    this.#boot = boot;
  }

  get boot(): string {
    return this.#boot;
  }

  get seq(): number {
    return this.#seq;
  }

  /** A new start of the panel: numbering begins again, the queue survives in its memory. */
  reboot(boot: string): void {
    this.#boot = boot;
    this.#seq = 0;
  }

  loseNext(count: number): void {
    this.#losing += count;
  }

  trip(zone: string, ts: number, trip: Trip): PanelEvent {
    const of = this.#zone(zone);
    const code = `1${this.#codeOf(zone, trip)}`;
    of.alarm = code;
    of.open = true;
    const { drill = false, test = false, text = this.#zones.get(zone)?.name } = trip;
    return this.#say(ts, { zone, code, text, drill, test });
  }

  restore(zone: string, ts: number): PanelEvent {
    const of = this.#zone(zone);
    const code = `3${(of.alarm || `1${this.#codeOf(zone, {})}`).slice(1)}`;
    of.alarm = false;
    of.open = false;
    return this.#say(ts, { zone, code, text: this.#zones.get(zone)?.name });
  }

  /** `remotely`: by a command, which is Contact ID 407 instead of 401 (by a user at the keypad). */
  setArming(part: string, mode: ArmMode, ts: number, remotely: boolean): PanelEvent {
    this.#arm.set(part, mode);
    const code = mode === 'disarmed' ? '1' : '3';
    const how = remotely ? '407' : mode === 'home' ? '441' : '401';
    return this.#say(ts, { zone: '1', part, code: `${code}${how}` });
  }

  trouble(kind: PanelTrouble, on: boolean, ts: number): PanelEvent {
    this.#troubles.set(kind, on);
    return this.#say(ts, { zone: panelItself, code: `${on ? '1' : '3'}${troubleCodes[kind]}` });
  }

  snapshot(ts: number): string {
    return JSON.stringify({
      ts,
      arm: Object.fromEntries(this.#arm),
      zones: Object.fromEntries(this.#states),
      ac: !this.#troubles.get('mains'),
      bat: this.#troubles.get('battery') ? 'low' : 'ok',
      tamper: this.#troubles.get('tamper') ?? false,
    });
  }

  heartbeat(ts: number): string {
    return JSON.stringify({ ts, seq: this.#seq, qdepth: this.queue.length, ...(this.queue[0] ? { oldestTs: this.queue[0].ts } : {}), rssi: -60 });
  }

  /** Obeys; the sentence says why not. */
  obey(order: PanelOrderBody, ts: number): { readonly ok: boolean; readonly err?: string } {
    const part = order.part ?? '1';
    switch (order.op) {
      case 'arm':
      case 'disarm':
        this.setArming(part, order.op === 'arm' ? (order.mode ?? 'away') : 'disarmed', ts, true);
        return { ok: true };
      case 'bypass':
      case 'unbypass': {
        const of = order.zone === undefined ? undefined : this.#states.get(order.zone);
        if (!of || order.zone === undefined) return { ok: false, err: 'no such zone' };
        of.bypass = order.op === 'bypass';
        this.#say(ts, { zone: order.zone, code: of.bypass ? '1570' : '3570' });
        return { ok: true };
      }
      case 'reset':
        for (const [zone, state] of this.#states) if (state.alarm) this.restore(zone, ts);
        this.siren = false;
        this.lamps.clear();
        return { ok: true };
      case 'siren':
        this.siren = order.on ?? true;
        return { ok: true };
      case 'received':
        if (order.zone === undefined || !this.#states.has(order.zone)) return { ok: false, err: 'no such zone' };
        this.lamps.add(order.zone);
        return { ok: true };
      case 'sync':
        this.queue.unshift(...this.#mislaid.splice(0));
        return { ok: true };
      default:
        return { ok: false, err: 'unknown command' };
    }
  }

  #say(ts: number, body: Readonly<Record<string, unknown>>): PanelEvent {
    this.#seq += 1;
    const { zone, part = '1', ...rest } = body;
    const event: PanelEvent = {
      boot: this.#boot,
      seq: this.#seq,
      ts,
      payload: JSON.stringify({ v: 1, seq: this.#seq, boot: this.#boot, ts, zone, part, ...rest }),
    };
    if (this.#losing > 0) {
      this.#losing -= 1;
      this.#mislaid.push(event);
      return event;
    }
    // A real panel's memory is finite as well; the oldest goes, and its number shows that it is missing.
    if (this.queue.length >= maxQueue) this.queue.shift();
    this.queue.push(event);
    return event;
  }

  #codeOf(zone: string, trip: Trip): string {
    const { type, code } = trip;
    if (code !== undefined) return code;
    if (type === undefined) return trip.silent ? '122' : (this.#zones.get(zone)?.code ?? '130');
    const found = alarmTypes.find((row) => row.type === type)?.contactId[0];
    if (found === undefined) throw new GatewayError('REQUEST_INVALID', `No Contact ID code leads to the alarm type ${type}.`, { context: { type } });
    return found;
  }

  #zone(zone: string): ZoneState {
    const state = this.#states.get(zone);
    if (state) return state;
    const known = [...this.#zones.keys()].join(', ');
    throw new GatewayError('NOT_FOUND', `Panel ${this.#panel} has no zone ${zone}; it has ${known || 'none'}.`, { context: { zone } });
  }
}

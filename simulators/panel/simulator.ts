/** Plays an alarm panel of the `campus` dialect (alarm-panels §1.10): presses, restores, troubles, and every way of losing its line. */
import { randomBytes } from 'node:crypto';
import type { TlsTrust } from '../../adapters/protocols/net/dial.ts';
import type { Clock, Logger } from '../../gateway/domain/ports.ts';
import type { ArmMode } from '../../gateway/domain/report.ts';
import { type Millis, millis, seconds } from '../../gateway/domain/time.ts';
import { supervise } from '../../gateway/runtime/supervise.ts';
import { PanelBox, type PanelTrouble, type SimulatedZone, type Trip } from './box.ts';
import { type LinkDesk, openPanelLink } from './link.ts';
import type { Severable } from './severable.ts';

export interface PanelOptions {
  /** mqtt://host:1883 or mqtts://host:8883. */
  readonly broker: string;
  readonly tls?: TlsTrust;
  readonly campus: string;
  readonly panel: string;
  /** The panel signs in as its id with this. */
  readonly password: string;
  readonly zones: readonly SimulatedZone[];
  /** 20 s unless given. */
  readonly heartbeatEvery?: Millis;
  /** Seconds of the MQTT keepalive; 30 unless given. */
  readonly keepalive?: number;
  /** Events in flight at once; 1 unless given. */
  readonly inFlight?: number;
  /** A broker that acknowledges nothing for so long is left and called again; 10 s unless given. */
  readonly acknowledgeWithin?: Millis;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Numbered {
  readonly boot: string;
  readonly seq: number;
}

export interface PanelSimulator extends AsyncDisposable {
  readonly id: string;
  readonly boot: string;
  readonly connected: boolean;
  /** Events that a PUBACK came for, in that order. */
  readonly acknowledged: readonly (Numbered & { readonly at: number })[];
  /** Events still in the panel's memory. */
  readonly queued: number;
  readonly siren: boolean;
  /** Zones whose lamp says that the police has the alarm. */
  readonly lamps: ReadonlySet<string>;
  trip(zone: string, trip?: Trip): Numbered;
  restore(zone: string): Numbered;
  arm(mode?: Exclude<ArmMode, 'disarmed'>, partition?: string): Numbered;
  disarm(partition?: string): Numbered;
  trouble(kind: PanelTrouble, on: boolean): Numbered;
  pauseHeartbeat(paused: boolean): void;
  /** The next `count` events are numbered but lost on the way; a `sync` command brings them out. */
  loseNext(count?: number): void;
  /** Hangs up and stays away; presses are kept and sent, with their own time, after `comeBack`. The last will speaks. */
  goOffline(): void;
  /** Nothing passes any more, and neither end is told. */
  cutOff(): void;
  /** As if the process was killed: the socket dies without DISCONNECT. `restart` brings it back. */
  kill(): void;
  /** Ends `goOffline`, `cutOff` and `kill`; the same boot. */
  comeBack(): void;
  /** A new boot: numbering begins again, unsent events survive. */
  restart(): void;
  /** Resolves once connected and everything up to now is acknowledged. */
  settled(signal: AbortSignal): Promise<void>;
}

export function runPanelSimulator(options: PanelOptions): PanelSimulator {
  const { clock, panel, campus } = options;
  const box = new PanelBox(panel, options.zones, newBoot());
  const acknowledged: (Numbered & { readonly at: number })[] = [];
  const ended = new AbortController();
  const severed = new Set<Severable>();
  const waiting = new Set<() => void>();
  let line: Severable | undefined;
  let connected = false;
  let away = false;
  let paused = false;

  const desk: LinkDesk = {
    box,
    stale: true,
    heartbeatPaused: () => paused,
    acknowledged: ({ boot, seq }) => void acknowledged.push({ boot, seq, at: clock.now() }),
    changed: () => new Promise((resolve) => void waiting.add(resolve)),
    touch() {
      const woken = [...waiting];
      waiting.clear();
      for (const wake of woken) wake();
    },
  };
  const link = {
    broker: options.broker,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    panel,
    password: options.password,
    prefix: `campus/${campus}/panel/${panel}/`,
    heartbeatEvery: options.heartbeatEvery ?? seconds(20),
    keepalive: options.keepalive ?? 30,
    inFlight: options.inFlight ?? 1,
    acknowledgeWithin: options.acknowledgeWithin ?? seconds(10),
    clock,
    log: options.log,
  };

  const life = async (signal: AbortSignal): Promise<void> => {
    while (away && !signal.aborted) await desk.changed();
    if (signal.aborted) return;
    await using opened = await openPanelLink(link, desk, signal);
    if (away) return;
    // Whatever hangs on a cut line is the broker's to clear up, by taking the session over; our end of it goes now.
    for (const old of severed) old.hangUp();
    severed.clear();
    line = opened.line;
    connected = true;
    options.log.info('panel connected', { panel });
    try {
      await opened.serve(signal);
    } finally {
      connected = false;
      line = undefined;
      desk.touch();
    }
  };
  const running = supervise(
    { name: `panel ${panel}`, clock, log: options.log, backoff: { first: millis(200), most: seconds(5), jitter: 0.3 } },
    life,
    ended.signal,
  );
  const said = ({ boot, seq }: Numbered): Numbered => {
    desk.stale = true;
    desk.touch();
    return { boot, seq };
  };
  const hangUp = () => {
    away = true;
    connected = false;
    line?.destroy();
  };
  const comeBack = () => {
    away = false;
    desk.touch();
  };

  return {
    id: panel,
    get boot() {
      return box.boot;
    },
    get connected() {
      return connected;
    },
    get siren() {
      return box.siren;
    },
    lamps: box.lamps,
    get queued() {
      return box.queue.length;
    },
    acknowledged,
    trip: (zone, trip = {}) => said(box.trip(zone, clock.now(), trip)),
    restore: (zone) => said(box.restore(zone, clock.now())),
    arm: (mode = 'away', partition = '1') => said(box.setArming(partition, mode, clock.now(), false)),
    disarm: (partition = '1') => said(box.setArming(partition, 'disarmed', clock.now(), false)),
    trouble: (kind, on) => said(box.trouble(kind, on, clock.now())),
    pauseHeartbeat(next) {
      paused = next;
    },
    loseNext: (count = 1) => box.loseNext(count),
    goOffline: hangUp,
    cutOff() {
      away = true;
      if (!line) return;
      severed.add(line);
      line.sever();
      connected = false;
      // Our own client must not wait for a PINGRESP to notice: it is we who cut.
      line.destroy();
    },
    kill: hangUp,
    comeBack,
    restart() {
      box.reboot(newBoot());
      comeBack();
    },
    async settled(signal) {
      const wake = () => desk.touch();
      signal.addEventListener('abort', wake, { once: true });
      try {
        while (!connected || box.queue.length > 0 || desk.stale) {
          signal.throwIfAborted();
          await desk.changed();
        }
      } finally {
        signal.removeEventListener('abort', wake);
      }
    },
    async [Symbol.asyncDispose]() {
      ended.abort();
      desk.touch();
      await running;
      for (const old of severed) old.hangUp();
    },
  };
}

/** New at every start of the panel. */
const newBoot = () => randomBytes(6).toString('hex');

/** A school under measurement: panels and the police side live in this process and survive whatever is done to the gateway, which does not. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../gateway/domain/ports.ts';
import { type Millis, millis, seconds } from '../../gateway/domain/time.ts';
import type { InventoryStore } from '../../gateway/inventory/store.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { type PanelSimulator, runPanelSimulator } from '../../simulators/panel/simulator.ts';
import { type PoliceSimulator, runPoliceSimulator } from '../../simulators/platform/simulator.ts';
import type { Pair } from './authority.ts';
import { type Crashed, journalAfterKill } from './measure-crash.ts';
import { type GatewayChild, type GatewayChildOptions, openGatewayChild } from './measure-gateway.ts';
import { furnishInventory, holdSession, measuredCampus, measuredUplink, measuredWindow, zones } from './measure-inventory.ts';
import { type Arrival, type Press, pressKey, readArrival } from './measure-ledger.ts';
import { type Kill, killSeen, type Sent } from './measure-repeats.ts';
import { type Mosquitto, openMosquitto } from './mosquitto.ts';
import { peer } from './peers.ts';
import { openRelay, type Relay } from './relay.ts';
import { openTlsDoor, type TlsDoor } from './tls-door.ts';

export interface MeasuredSchool extends AsyncDisposable {
  readonly folder: string;
  readonly gateway: GatewayChild;
  readonly police: PoliceSimulator;
  readonly panels: readonly PanelSimulator[];
  /** Whose PUBACK it is that the panels get: a broker of the site gives it before the gateway has anything. */
  readonly broker: 'embedded' | 'site';
  /** Deliveries in flight at once. */
  readonly window: number;
  readonly presses: readonly Press[];
  /** Everything that reached the police side, unfiltered, in order. */
  readonly arrivals: readonly Arrival[];
  /** Presses that the police side accepted. */
  readonly arrived: ReadonlyMap<string, Arrival>;
  /** Every delivery that began to reach the police side, in order. */
  readonly sent: readonly Sent[];
  readonly kills: readonly Kill[];
  /** Where it was opened with lines: between the panels or their broker and the gateway, from the gateway to the police side. */
  readonly lines: readonly Relay[];
  /** Where it was opened with TLS: that of the police side. */
  readonly door?: TlsDoor;
  /** kill -9; resolves once the police side has read all that was sent, and it is noted what was in flight, by the journal as `aftermath` leaves it. */
  kill(aftermath?: () => Promise<void>): Promise<Crashed>;
  press(panel: number, zone: string): Press;
  /** `count` presses, evenly over panels and zones, `perSecond` of them. */
  pressSteadily(count: number, perSecond: number): Promise<void>;
  /** … until `signal` aborts: at most a second longer. */
  pressUntil(signal: AbortSignal, perSecond: number): Promise<void>;
  /** Waits until every press has arrived, or until nothing has come for `quiet`. True: all are in. */
  settled(quiet: Millis): Promise<boolean>;
  /** Waits until no panel has anything left to send, but not longer than this. */
  queuesEmpty(within: Millis): Promise<void>;
}

const inFlightPerPanel = 4;
/** A limit for a gateway that hangs, on a machine with twenty programs in the queue as well; how fast it starts is a figure of its own. */
const startsWithin = seconds(120);

/** Panels look at the gateway's certificate, the gateway at the platform's. */
interface SchoolTls {
  readonly certificate: string;
  readonly key: string;
  /** File of the authority that the gateway trusts, and its PEM for the panels. */
  readonly authority: string;
  readonly trusted: string;
  /** What the platform shows first. */
  readonly platform: Pair;
}

export interface SchoolOptions extends Omit<Partial<GatewayChildOptions>, 'tls'> {
  readonly tls?: SchoolTls;
  readonly panels?: number;
  /** The panels are at a mosquitto of the site, of its own. */
  readonly mosquitto?: boolean;
  /** Panels and the police side are reached by lines that can be cut. */
  readonly lines?: boolean;
  /** s, that the police side is given to answer; what the uplink usually gives it unless told. */
  readonly answersWithin?: number;
  /** Puts more into the inventory, before the gateway is started. */
  readonly furnish?: (store: InventoryStore) => void;
}

export async function openMeasuredSchool(options: SchoolOptions = {}): Promise<MeasuredSchool> {
  await using opening = new Scope();
  const folder = mkdtempSync(join(tmpdir(), 'campus-measure-'));
  opening.defer(() => rmSync(folder, { recursive: true, force: true }));
  const arrivals: Arrival[] = [];
  const arrived = new Map<string, Arrival>();
  const sent: Sent[] = [];
  const answered = new Set<string>();
  const kills: Kill[] = [];
  const hmacKey = 'measured-'.repeat(4);
  const police = opening.own(
    await runPoliceSimulator({
      webhook: { listen: { address: '127.0.0.1', port: 0 } },
      ledger: join(folder, 'ledger.jsonl'),
      hmacKey,
      clock: systemClock,
      log: silentLogger,
      begun: (eventId) => void sent.push({ eventId, life: gateway.starts.length }),
      arrived(row) {
        if (row.answer === 'accepted') answered.add(row.eventId);
        const arrival = readArrival(row, performance.now());
        arrivals.push(arrival);
        if (arrival.press !== undefined && row.answer === 'accepted' && !arrived.has(arrival.press)) arrived.set(arrival.press, arrival);
      },
    }),
  );
  const names = Array.from({ length: options.panels ?? 8 }, (_, index) => `panel-${index + 1}`);
  const lines: Relay[] = [];
  const byLine = async (url: string): Promise<URL> => {
    const end = new URL(url);
    if (!options.lines) return end;
    const line = opening.own(await openRelay(Number(end.port)));
    lines.push(line);
    end.port = String(line.port);
    return end;
  };
  const siteBroker = options.siteBroker ?? (options.mosquitto ? (await ownMosquitto(opening)).url : undefined);
  const siteTrust = options.siteAuthority === undefined ? undefined : { ca: readFileSync(options.siteAuthority, 'utf8') };
  if (siteBroker !== undefined) await holdSession(siteBroker, names, siteTrust);
  const site = siteBroker === undefined ? {} : { siteBroker: (await byLine(siteBroker)).href };
  const gateway = opening.own(await openGatewayChild(folder, { patience: startsWithin, ...options, ...site }));
  const broker = siteBroker === undefined ? await byLine(gateway.broker) : new URL(siteBroker);
  const webhook = await byLine(police.webhook?.url ?? '');
  const door = options.tls && opening.own(await openTlsDoor(Number(webhook.port), options.tls.platform));
  if (door) {
    webhook.protocol = 'https:';
    webhook.port = String(door.port);
  }
  const passwords = await furnishInventory(gateway.dataFolder, {
    ...{ names, url: webhook.href, hmacKey, furnish: options.furnish },
    broker: siteBroker === undefined ? 'embedded' : 'site',
    ...(options.tls ? { authority: options.tls.authority } : {}),
    ...(options.answersWithin === undefined ? {} : { timeout: options.answersWithin }),
  });
  const presses: Press[] = [];
  const watch = pressClock();
  const panelTrust = siteTrust ?? (options.tls && { ca: options.tls.trusted });
  const panels = names.map((panel) =>
    opening.own(
      runPanelSimulator({
        broker: broker.href,
        campus: measuredCampus,
        panel,
        password: passwords.get(panel) ?? '',
        ...(panelTrust ? { tls: panelTrust } : {}),
        zones: zones.map(({ id, code }) => ({ id, code })),
        inFlight: inFlightPerPanel,
        clock: watch.clock,
        log: silentLogger,
      }),
    ),
  );
  const scope = opening.release();

  const press = (at: number, zone: string): Press => {
    const panel = panels[at % panels.length]!;
    const pressedAt = performance.now();
    const { boot, seq } = panel.trip(zone);
    const made = { panel: panel.id, boot, seq, zone, type: zones.find(({ id }) => id === zone)?.type ?? '', at: watch.last(), pressedAt };
    presses.push(made);
    return made;
  };

  const pressSteadily = async (count: number, perSecond: number) => {
    const began = performance.now();
    for (let index = 0; index < count; index += 1) {
      const wait = began + (index * 1_000) / perSecond - performance.now();
      if (wait > 0) await systemClock.sleep(millis(wait));
      const number = presses.length;
      // Each round over the panels takes the next zone, so that every panel meets every type.
      press(number % panels.length, zones[Math.floor(number / panels.length) % zones.length]!.id);
    }
  };

  return {
    folder,
    gateway,
    police,
    panels,
    broker: siteBroker === undefined ? 'embedded' : 'site',
    window: measuredWindow,
    presses,
    arrivals,
    arrived,
    sent,
    kills,
    lines,
    ...(door ? { door } : {}),
    press,
    async kill(aftermath) {
      await gateway.kill();
      await police.deserted();
      await aftermath?.();
      const crashed = journalAfterKill(gateway.dataFolder, measuredUplink);
      kills.push(killSeen({ sent, life: gateway.starts.length, answered, accepted: crashed.accepted }));
      return crashed;
    },
    pressSteadily,
    async pressUntil(signal, perSecond) {
      while (!signal.aborted) await pressSteadily(perSecond, perSecond);
    },
    async settled(quiet) {
      let last = performance.now();
      let seen = arrivals.length;
      while (presses.some((one) => !arrived.has(pressKey(one)))) {
        if (arrivals.length !== seen) last = performance.now();
        seen = arrivals.length;
        if (performance.now() - last > quiet) return false;
        await systemClock.sleep(millis(20));
      }
      return true;
    },
    async queuesEmpty(within) {
      const limit = performance.now() + within;
      while (panels.some(({ queued }) => queued > 0) && performance.now() < limit) await systemClock.sleep(millis(20));
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

async function ownMosquitto(opening: Scope): Promise<Mosquitto> {
  const program = peer('mosquitto');
  if (program === undefined) throw new Error('mosquitto is not installed.');
  const mosquitto = opening.own(await openMosquitto(program));
  await mosquitto.start();
  return mosquitto;
}

/**
 * The system's clock, which remembers what it said last: the time that a press was given. Waits up to 5 s, which are the panels' own between
 * two calls, are cut to 0.25 s: a panel whose gateway is killed every two seconds backs off to 5 s, and its patience is not what is measured.
 */
function pressClock(): { readonly clock: Clock; last(): number } {
  let last = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => {
      const now = systemClock.now();
      last = now;
      return now;
    },
    sleep: (length, signal) => systemClock.sleep(length <= 5_000 ? millis(Math.min(length, 250)) : length, signal),
  };
  return { clock, last: () => last };
}

/** Our side of a link to a police platform, as the gateway would run it. */
import { gb28181 } from '../../adapters/uplinks/gb28181/index.ts';
import { PlatformLink } from '../../adapters/uplinks/gb28181/link.ts';
import { Gb28181Uplink } from '../../adapters/uplinks/gb28181/uplink.ts';
import { runDispatcher } from '../../gateway/delivery/dispatcher.ts';
import type { Inventory } from '../../gateway/domain/campus.ts';
import type { Delivery } from '../../gateway/domain/delivery.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { DomainEvent } from '../../gateway/domain/event.ts';
import { campusId, uplinkId } from '../../gateway/domain/ids.ts';
import type { Outbox } from '../../gateway/domain/outbox.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis } from '../../gateway/domain/time.ts';
import type { PlatformDoor, SecurityNotice, Uplink } from '../../gateway/domain/uplink-ports.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { device, type GbRegistrar, password, server } from './gb-registrar.ts';
import { MemoryJournal } from './memory-journal.ts';
import { uplinkMemory } from './uplink-memory.ts';

const school: Inventory = {
  campus: { id: campusId('school'), name: '第三小学', timeZone: 'Asia/Shanghai', address: '' },
  ...{ places: [], cameras: [], channels: [], panels: [], uplinks: [], rules: [] },
};

/** A box with nothing in it. */
export function emptyBox(clock: Clock): PlatformDoor & { readonly notices: SecurityNotice[]; readonly receipts: string[] } {
  const notices: SecurityNotice[] = [];
  const receipts: string[] = [];
  const nothing = async function* () {};
  return {
    ...{ notices, receipts },
    inventory: { current: () => school, changes: nothing },
    health: { device: () => undefined, devices: () => [], changes: nothing },
    journal: new MemoryJournal(clock).read,
    ...uplinkMemory(),
    receipt: async (event, { hop, proof }) => void receipts.push(`${event.slice(-4)} ${hop} ${proof}`),
    media: {
      telemetry: async () => [],
      sendRtp: async ({ channel }) => {
        throw new GatewayError('NOT_FOUND', `There is no channel ${channel}.`);
      },
    },
    evidence: { pass: () => '', read: async () => undefined },
    alarmed: () => false,
    cameraStatus: () => undefined,
    panelStatus: (panel) => ({ panel, session: 'unknown', announced: 'unknown', since: clock.now(), troubles: [], armed: {} }),
    execute: async () => ({ ok: false, sentence: 'There is nothing here.' }),
    securityNotice: (notice) => notices.push(notice),
    box: { version: '0.1.0', startedAt: clock.now() },
  };
}

/** What the outbox would hand to the uplink. */
export function deliveryOf(event: DomainEvent, position = 41): Delivery {
  const body = JSON.stringify({ version: 1, position, journalledAt: '2026-11-26T00:00:00.000Z', event });
  const journalledAt = systemClock.now();
  return { uplink: uplinkId('police'), event: event.id, position, journalledAt, body, kind: event.kind, lane: 'gate/1', rank: 0, attempts: 0 };
}

export interface GbDevice extends AsyncDisposable {
  readonly uplink: Uplink;
  readonly door: ReturnType<typeof emptyBox>;
}

/** Runs until disposed. `changes` go into its settings. */
export function gbDevice(
  registrar: Pick<GbRegistrar, 'port'>,
  clock: Clock,
  changes: Readonly<Record<string, unknown>> = {},
  secret = password,
  around: Partial<PlatformDoor> = {},
): GbDevice {
  const door = { ...emptyBox(clock), ...around };
  const settings = gb28181.config.parse({
    platform: { code: server, address: '127.0.0.1', port: registrar.port },
    local: { address: '127.0.0.1', port: 0 },
    codes: { device },
    ...changes,
  });
  const entry = { id: uplinkId('police'), name: 'police', adapter: 'gb28181', settings: {}, secret: new Secret(secret), enabled: true };
  // Of itself, not as the register makes it: what it has open is looked at.
  const uplink = new Gb28181Uplink(new PlatformLink(entry.id, settings, { clock, log: silentLogger, door }), secret);
  const ending = new AbortController();
  const life = uplink.run(ending.signal);
  return {
    uplink,
    door,
    async [Symbol.asyncDispose]() {
      ending.abort();
      let over = false;
      const ended = life.finally(() => {
        over = true;
      });
      ended.catch(() => undefined);
      // Its last words may wait on the clock that we hold.
      while (!over) await pass(clock, 100);
      await ended;
    },
  };
}

/** The sending half of a box by this link: dies when disposed, as in a power cut, and can begin anew on the same outbox. */
export function sendingBox(link: GbDevice, outbox: Outbox, clock: Clock): AsyncDisposable & { up(): boolean } {
  const ended = new AbortController();
  const life = runDispatcher({ uplink: link.uplink, outbox, clock, log: silentLogger }, ended.signal);
  return {
    up: () => link.uplink.link()?.state === 'up',
    async [Symbol.asyncDispose]() {
      ended.abort();
      await life;
      await link[Symbol.asyncDispose]();
    },
  };
}

/** What the uplink itself has open. */
export function ledgerOf({ uplink }: GbDevice): Gb28181Uplink['ledger'] {
  if (!(uplink instanceof Gb28181Uplink)) throw new Error('This uplink speaks something else.');
  return uplink.ledger;
}

/** Lets `length` ms go by on whatever clock it is, and the network have its turn. */
export async function pass(clock: Clock, length: number): Promise<void> {
  if (clock instanceof ManualClock) {
    await systemClock.sleep(millis(2));
    await clock.advance(millis(length));
  } else await systemClock.sleep(millis(Math.min(length, 50)));
}

/** Moves time on until it is so; throws after `within` ms of it. */
export async function until(clock: Clock, claim: () => boolean, within = 120_000): Promise<void> {
  const end = clock.now() + within;
  for (let turn = 0; !claim(); turn += 1) {
    if (clock.now() > end) throw new Error(`Not so after ${within} ms: ${claim.toString()}`);
    // The network first: time must not run away while a datagram is under way.
    if (turn % 3 === 2) await pass(clock, within > 200_000 ? 2_000 : 250);
    else await systemClock.sleep(millis(1));
  }
}

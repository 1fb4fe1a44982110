/** A school with two ways to the police, one of which is lost while alarms are on it, and comes back. By a clock that the test drives, over real sockets. */
// Large, and loaded when they first run: before the clock that we hold begins.
import '../../adapters/uplinks/gb28181/uplink.ts';
import 'undici';
import { join } from 'node:path';
import { createUplink } from '../../gateway/assemble-adapters.ts';
import { openMemories } from '../../gateway/delivery/memories.ts';
import { openUplinks } from '../../gateway/delivery/uplinks.ts';
import type { Inventory, UplinkRole, UplinkSettings } from '../../gateway/domain/campus.ts';
import { campusId, type UplinkId, uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis } from '../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { type FarSideKind, type Loss, openFarSide } from './far-sides.ts';
import { emptyBox } from './gb-device.ts';
import { alarm, freshFolder, openTestJournal } from './spine.ts';

export interface TwoWays {
  readonly primary: FarSideKind;
  readonly backup: FarSideKind;
  readonly loss: Loss;
  /** Nothing is pressed at the loss: only a sign of life that stays away can tell. */
  readonly quiet: boolean;
}

export interface Course {
  /** s, by the clock of the school. From the loss until the backup stands in. */
  readonly foundAfter: number;
  /** … until the backup has what was pressed at the loss, or where nothing was, from the first press after it. */
  readonly takenAfter: number;
  /** … from the return of the primary until it is believed. */
  readonly backAfter: number;
  /** Presses that neither has. */
  readonly absent: readonly number[];
  /** Presses that both have, though they were on no way at the loss, nor pressed before the primary was believed again. */
  readonly doubled: readonly number[];
  /** Presses that one of them would show twice: it could not know that it had them. */
  readonly twice: readonly number[];
  /** Presses that came first after a later one of their zone. */
  readonly overtaken: readonly number[];
  /** Of those after the return, by the backup. */
  readonly strayed: readonly number[];
  readonly presses: number;
}

const [primaryId, backupId] = [uplinkId('primary'), uplinkId('backup')];
const zones = 3;
/** ms of the school's clock between two looks: while deliveries are under way, whose time is not to be the machine's; and while nothing is. */
const [small, large] = [50, 500];

export async function lossOfPrimary({ primary, backup, loss, quiet }: TwoWays): Promise<Course> {
  await using scope = new Scope();
  // Its time is that of now: messages of another are refused.
  const clock = new ManualClock(Date.now());
  const { journal, folder } = scope.own(await openTestJournal({ folder: freshFolder(scope), clock }));
  const took: { readonly press: number; readonly by: UplinkId }[] = [];
  const sideOf = (kind: FarSideKind, by: UplinkId) => openFarSide(kind, { clock, scope, took: (press) => void took.push({ press, by }) });
  const sides = { [primaryId]: await sideOf(primary, primaryId), [backupId]: await sideOf(backup, backupId) };
  const entry = (id: UplinkId, role: UplinkRole): UplinkSettings => {
    const { secret, ...settings } = sides[id]!.entry;
    return { id, name: role, role, ...settings, secret: new Secret(secret), enabled: true };
  };
  const inventory: Inventory = {
    campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
    ...{ places: [], cameras: [], channels: [], panels: [], rules: [] },
    uplinks: [entry(primaryId, 'primary'), entry(backupId, 'backup')],
  };
  const reader = {
    current: () => inventory,
    changes: async function* (signal: AbortSignal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
  const door = { ...emptyBox(clock), inventory: reader, journal: journal.read };
  const uplinks = openUplinks({
    inventory: reader,
    outbox: journal.outbox,
    memories: openMemories(join(folder, 'uplinks')),
    backlog: (uplink) => journal.read.backlog(uplink),
    create: (settings) => createUplink(settings, { clock, log: silentLogger, door: () => door }, { sendTwice: false, mistakes: [] }),
    clock,
    log: silentLogger,
  });
  const ending = new AbortController();
  let over = false;
  const life = uplinks.run(ending.signal).finally(() => {
    over = true;
  });
  scope.defer(async () => {
    ending.abort();
    // Last words wait on the clock that we hold.
    while (!over) await step(large);
    await life;
  });

  let presses = 0;
  const press = async () => {
    presses += 1;
    const number = presses;
    const [zone, at] = [String(number % zones), clock.now()];
    const event = { ...alarm({ zone, type: 'panic.silent' }), zoneName: `press-${number}`, occurredAt: at, receivedAt: at };
    await journal.record(event, uplinks.recipients(event));
    return number;
  };
  const pressSome = async (count: number) => {
    const first = presses + 1;
    for (let more = 0; more < count; more += 1) await press();
    return Array.from({ length: count }, (_, index) => first + index);
  };
  /** The network and the journal's thread first, however slow they are: time must not run away from what is under way. */
  async function step(length: number): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      await journal.outbox.withdraw(uplinkId('nobody')); // nothing to withdraw: it tells that the thread has done what it was given before
      await systemClock.sleep(millis(1));
    }
    await clock.advance(millis(length));
  }
  /** s that it took by the school's clock. */
  const until = async (what: string, claim: () => boolean, most: number, length = large): Promise<number> => {
    const from = clock.now();
    while (!claim()) {
      if (clock.now() - from > most * 1_000) throw new Error(`${primary} lost (${loss}), ${backup} as backup: not within ${most} s: ${what}`);
      await step(length);
    }
    return (clock.now() - from) / 1_000;
  };
  const has = (by: UplinkId, wanted: readonly number[]) => wanted.every((one) => took.some((row) => row.press === one && row.by === by));
  const standsIn = () => uplinks.standsInFor(backupId).length > 0;
  const settled = () => [primaryId, backupId].every((id) => journal.read.backlog(id).pending === 0);

  const before = await pressSome(zones * 2);
  await until('the primary has what was pressed before', () => has(primaryId, before) && settled() && !standsIn(), 60, small);
  // Both are known to stand.
  await until('both links are up', () => [primaryId, backupId].every((id) => uplinks.link(id)?.state === 'up'), 60);

  const atLoss = quiet ? [] : await Promise.all(Array.from({ length: zones * 2 }, press));
  await sides[primaryId]!.lose(loss);
  const lostAt = clock.now();
  const foundAfter = await until('the backup stands in', standsIn, 90);
  const late = quiet ? await pressSome(zones) : atLoss;
  const takenFrom = quiet ? clock.now() : lostAt;
  await until('somebody has what was pressed at the loss', () => late.every((one) => took.some((row) => row.press === one)), 60, small);
  const takenAfter = (clock.now() - takenFrom) / 1_000;
  const meanwhile = await pressSome(zones * 2);
  await until('the backup has what was pressed meanwhile', () => meanwhile.every((one) => took.some((row) => row.press === one)), 10, small);
  await until('nothing waits', settled, 60, small);
  // What was tried by the lost way has been given up by then: what arrives there after its return was not on its way.
  const givenUp = clock.now() + 15_000;
  await until('tries are given up', () => clock.now() >= givenUp, 20);

  await sides[primaryId]!.comeBack();
  // A link that was not known to be down is only found well by a delivery: somebody presses every ten seconds.
  const backAt = clock.now();
  const betweenBoth: number[] = [];
  for (let pressed = 0; standsIn(); ) {
    pressed += 1;
    betweenBoth.push(await press());
    const next = backAt + pressed * 10_000;
    await until('the primary is believed again', () => !standsIn() || clock.now() >= next, 120);
    if (pressed === 12) throw new Error(`${primary} lost (${loss}), ${backup} as backup: the primary was not believed again`);
  }
  const backAfter = (clock.now() - backAt) / 1_000;
  await until('nothing waits', settled, 60, small);
  const after = await pressSome(zones * 2);
  await until('the primary has what was pressed after its return', () => has(primaryId, after) && settled(), 60, small);

  const by = (id: UplinkId) => took.filter((row) => row.by === id).map((row) => row.press);
  const all = Array.from({ length: presses }, (_, index) => index + 1);
  const both = all.filter((one) => by(primaryId).includes(one) && by(backupId).includes(one));
  const first = [...new Set(took.map((row) => row.press))];
  return {
    ...{ foundAfter, takenAfter, backAfter, presses },
    absent: all.filter((one) => !took.some((row) => row.press === one)),
    doubled: both.filter((one) => !atLoss.includes(one) && !betweenBoth.includes(one)),
    twice: all.filter((one) => [primaryId, backupId].some((id) => by(id).filter((row) => row === one).length > 1)),
    overtaken: first.filter((one, index) => first.slice(0, index).some((other) => other > one && other % zones === one % zones)),
    strayed: after.filter((one) => by(backupId).includes(one)),
  };
}

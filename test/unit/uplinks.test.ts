import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openMemories } from '../../gateway/delivery/memories.ts';
import { openUplinks } from '../../gateway/delivery/uplinks.ts';
import type { Inventory, UplinkSettings } from '../../gateway/domain/campus.ts';
import type { EventKind } from '../../gateway/domain/event.ts';
import { campusId, uplinkId } from '../../gateway/domain/ids.ts';
import { millis } from '../../gateway/domain/time.ts';
import type { Uplink } from '../../gateway/domain/uplink-ports.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Mailbox } from '../../gateway/runtime/mailbox.ts';
import { aborted } from '../../gateway/runtime/shutdown.ts';
import { eventually } from '../support/eventually.ts';
import { FarSide, until } from '../support/far-side.ts';
import { alarm, fault, openTestJournal, police } from '../support/spine.ts';

const settings: UplinkSettings = { id: police, name: 'Police', adapter: 'far', settings: {}, enabled: true };

/** The uplinks of an inventory that the test edits; their far side is the test's own. */
async function deployed(make: (settings: UplinkSettings) => Partial<Uplink> = () => ({})) {
  const bench = await openTestJournal();
  const changes = new Mailbox<Inventory>();
  let inventory: Inventory = {
    campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
    ...{ places: [], cameras: [], channels: [], panels: [] },
    uplinks: [settings],
    rules: [],
  };
  const memories = openMemories(join(bench.folder, 'uplinks'));
  const far = new FarSide();
  const uplinks = openUplinks({
    inventory: { current: () => inventory, changes: (signal) => changes.take(signal) },
    outbox: bench.journal.outbox,
    memories,
    backlog: (uplink) => bench.journal.read.backlog(uplink),
    create: (wanted) => ({
      id: wanted.id,
      accepts: new Set<EventKind>(['alarm.raised']),
      window: far.window,
      link: () => undefined,
      examine: async () => ({ sentence: { zh: '', en: '' }, findings: [], ladder: [] }),
      run: aborted,
      deliver: (delivery, signal, left = () => undefined) => far.deliver(delivery, signal, left),
      ...make(wanted),
    }),
    clock: systemClock,
    log: silentLogger,
  });
  const ending = new AbortController();
  let life: Promise<void> | undefined;
  return {
    ...{ bench, far, uplinks, memories },
    run() {
      life = uplinks.run(ending.signal);
    },
    remove() {
      inventory = { ...inventory, uplinks: [] };
      changes.push(inventory);
    },
    edit(more: Partial<UplinkSettings>) {
      inventory = { ...inventory, uplinks: [{ ...settings, ...more }] };
      changes.push(inventory);
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await life;
      await bench[Symbol.asyncDispose]();
    },
  };
}

test('an uplink is owed what it accepts and nothing else, also before it runs', async () => {
  await using here = await deployed();
  expect(here.uplinks.recipients(alarm())).toEqual([police]);
  expect(here.uplinks.recipients(fault())).toEqual([]);
});

test('what an uplink accepts is known while it is begun anew with other settings', async () => {
  await using here = await deployed(({ settings: { window } }) => ({ accepts: new Set<EventKind>(window ? ['fault.raised'] : ['alarm.raised']) }));
  here.run();
  here.edit({ settings: { window: 4 } });
  expect(here.uplinks.recipients(alarm())).toEqual([]);
  expect(here.uplinks.recipients(fault())).toEqual([police]);
});

test('the last answer is timed from sending to acceptance, however long the event had waited', async () => {
  await using here = await deployed();
  await here.bench.journal.record(alarm(), [police]);
  await systemClock.sleep(millis(400));
  const ran = systemClock.monotonic();
  here.run();
  await until(() => here.uplinks.lastAnswer(police) !== undefined);
  expect(here.uplinks.lastAnswer(police)?.took).toBeLessThanOrEqual(systemClock.monotonic() - ran);
  await until(() => here.bench.journal.stats().uplinks[0]?.accepted === 1);
});

test('one that cannot be made says why, is owed everything, and delivers it once its settings are mended', async () => {
  await using here = await deployed(({ settings: { url } }) => {
    if (url === undefined) throw new Error('it has no address');
    return {};
  });
  here.run();
  expect(here.uplinks.broken(police)).toBe('it has no address');
  const event = alarm();
  await here.bench.journal.record(event, here.uplinks.recipients(event));
  here.edit({ settings: { url: 'https://police.example' } });
  await until(() => here.far.ledger.length === 1);
  expect(here.uplinks.broken(police)).toBeUndefined();
});

test('one that is switched off is owed nothing and is not broken', async () => {
  await using here = await deployed(() => {
    throw new Error('it has no address');
  });
  here.edit({ enabled: false });
  expect(here.uplinks.recipients(alarm())).toEqual([]);
  expect(here.uplinks.broken(police)).toBeUndefined();
});

test('what an uplink remembers outlives edits, being switched off and the process, and is forgotten with the uplink alone', async () => {
  await using here = await deployed();
  here.run();
  const { memories } = here;
  expect(await memories.remembered(police)).toBeUndefined();
  await Promise.all([memories.remember(police, { codes: [1] }), memories.remember(police, { codes: [1, 2] })]);
  await memories.remember(uplinkId('other'), 'of one that is not there');
  const begunAnew = () => openMemories(join(here.bench.folder, 'uplinks'));
  here.edit({ settings: { window: 4 } });
  here.edit({ enabled: false });
  await eventually(async () => expect(await begunAnew().remembered(uplinkId('other'))).toBeUndefined());
  expect(await begunAnew().remembered(police)).toEqual({ codes: [1, 2] });
  here.remove();
  await eventually(async () => expect(await begunAnew().remembered(police)).toBeUndefined());
});

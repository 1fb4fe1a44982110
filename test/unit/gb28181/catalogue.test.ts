/** The catalogue over a real SIP socket: answered whole, kept true. */
import { describe, expect, test } from 'vitest';
import { type Collected, collectBatch } from '../../../adapters/protocols/manscdp/batches.ts';
import type { CatalogItem } from '../../../adapters/protocols/manscdp/catalog-item.ts';
import { readManscdp } from '../../../adapters/protocols/manscdp/message.ts';
import { buildCatalogue } from '../../../adapters/uplinks/gb28181/catalogue/tree.ts';
import { channelId } from '../../../gateway/domain/ids.ts';
import { millis, minutes, seconds } from '../../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../../gateway/runtime/clock.ts';
import { linked } from '../../../gateway/runtime/linked.ts';
import { eventually } from '../../support/eventually.ts';
import { openGbCatalogue, query } from '../../support/gb-catalogue.ts';
import { gbDevice, until } from '../../support/gb-device.ts';
import { cameraCode, largeBox, zoneCode } from '../../support/gb-large-box.ts';
import { device, type GbPeer, gbPeer, platformCode } from '../../support/gb-peer.ts';
import { GbRegistrar } from '../../support/gb-registrar.ts';
import { catalogueSchool, codes, gbSchool } from '../../support/gb-school.ts';
import { never } from '../../support/sip-endpoint.ts';

/** What a platform makes of the responses to one query. */
function collected(peer: GbPeer, sn: number): Collected<CatalogItem> | undefined {
  let all: Collected<CatalogItem> | undefined;
  for (const message of peer.heard) {
    if (message.root !== 'Response' || message.cmdType !== 'Catalog' || message.sn !== sn || message.content.sumNum === undefined) continue;
    const next = collectBatch(all, { sumNum: message.content.sumNum, items: message.content.items });
    if (typeof next === 'string') throw new Error(next);
    all = next;
  }
  return all;
}

/** The tree of a platform that believes every notice. */
class Tree {
  readonly items = new Map<string, CatalogItem>();
  readonly green = new Set<string>();
  #read = 0;

  follow({ heard }: GbPeer): this {
    for (const message of heard.slice(this.#read)) {
      if (message.root === 'foreign' || message.cmdType !== 'Catalog' || message.root === 'Query') continue;
      for (const item of message.content.items) this.#take(item);
    }
    this.#read = heard.length;
    return this;
  }

  #take(item: CatalogItem): void {
    const { deviceId, event, status } = item;
    if (event === 'DEL') this.items.delete(deviceId);
    else if (event === undefined || event === 'ADD' || event === 'UPDATE') this.items.set(deviceId, item);
    if (event === 'ON' || status === 'ON') this.green.add(deviceId);
    else if (event !== 'UPDATE' || status === 'OFF') this.green.delete(deviceId);
  }
}

describe('a catalogue query', () => {
  test('is answered batch after batch, with the exact sum', async () => {
    await using peer = await gbPeer();
    openGbCatalogue(peer);
    expect(await peer.ask(query(17_430))).toBe(200);
    await eventually(() => expect(collected(peer, 17_430)?.complete).toBe(true));
    expect(collected(peer, 17_430)).toMatchObject({ sumNum: 5, items: [{ name: '校门口' }, { name: '一号楼大厅' }, {}, {}, {}] });
    expect(peer.heard).toHaveLength(5);
  });

  test('fits into one datagram each time, however long the names are', async () => {
    await using peer = await gbPeer();
    using life = linked(never);
    const inventory = gbSchool();
    const long = '校'.repeat(80);
    const school = catalogueSchool('groups', {
      ...inventory,
      campus: { ...inventory.campus, address: long },
      channels: inventory.channels.map((each) => ({ ...each, name: long })),
      panels: inventory.panels.map((each) => ({ ...each, zones: each.zones.map((zone) => ({ ...zone, name: long })) })),
    });
    const { catalogue } = openGbCatalogue(peer, systemClock, { ...school, modelOf: () => long });
    const running = catalogue.run(life.signal);
    await catalogue.answer(query(1), platformCode, never);
    await peer.subscribe(query(2));
    await eventually(() => expect(peer.heard.length).toBeGreaterThan(16));
    expect(Math.max(...peer.sizes)).toBeLessThan(1_400);
    life.abort();
    await running;
  });

  test('of one organisation has its own sum; of a foreign code is told to the caller, and nothing is sent', async () => {
    await using peer = await gbPeer();
    const { catalogue } = openGbCatalogue(peer, systemClock, catalogueSchool('groups'));
    expect(await catalogue.answer(query(1, codes.places.yard!), platformCode, never)).toBe(true);
    expect(collected(peer, 1)).toMatchObject({ sumNum: 3, complete: true });
    expect(await catalogue.answer(query(2, '34020000001320000099'), platformCode, never)).toBe(false);
    expect(peer.heard).toHaveLength(3);
  });

  test('ends the one before it, whose platform no longer waits', async () => {
    await using peer = await gbPeer();
    const { catalogue } = openGbCatalogue(peer);
    let held: (() => void) | undefined;
    peer.answer = (request) => {
      const message = readManscdp(request.body);
      if (message.root === 'Response' && message.sn === 1) {
        held?.();
        return undefined;
      }
      return 200;
    };
    const begun = new Promise<void>((resolve) => {
      held = resolve;
    });
    const first = catalogue.answer(query(1), platformCode, never);
    await begun;
    expect(await catalogue.answer(query(2), platformCode, never)).toBe(true);
    await first;
    expect(collected(peer, 2)?.complete).toBe(true);
    expect(collected(peer, 1)?.items).toHaveLength(1);
  });

  test('is told at a fixed pace to a platform that does not acknowledge, and not at all to one that refuses', async () => {
    await using peer = await gbPeer();
    const clock = new ManualClock();
    const { catalogue } = openGbCatalogue(peer, clock);
    peer.answer = () => undefined;
    using life = linked(never);
    const answering = catalogue.answer(query(1), platformCode, life.signal);
    answering.catch(() => undefined);
    await eventually(() => expect(collected(peer, 1)?.items).toHaveLength(1));
    await clock.advance(seconds(5));
    await eventually(() => expect(peer.heard.length).toBeGreaterThan(1));
    for (let step = 0; step < 10; step += 1) await clock.advance(millis(100));
    await eventually(() =>
      expect(new Set(peer.heard.map((one) => one.root === 'Response' && one.cmdType === 'Catalog' && one.content.items[0]?.deviceId)).size).toBe(5),
    );
    life.abort();

    peer.heard.length = 0;
    peer.answer = () => 404;
    expect(await catalogue.answer(query(2), platformCode, never)).toBe(true);
    expect(peer.heard).toHaveLength(1);
  });
});

describe('a subscription to the catalogue', () => {
  test('begins with what is not well, and hears each change', async () => {
    await using peer = await gbPeer();
    using life = linked(never);
    const { catalogue, school } = openGbCatalogue(peer);
    const running = catalogue.run(life.signal);
    school.standing.set('hall', 'OFF');
    const { status, body } = await peer.subscribe(query(7));
    expect([status, body]).toEqual([200, { root: 'Response', cmdType: 'Catalog', sn: 7, deviceId: device, content: { result: 'OK', items: [] } }]);
    const tree = new Tree();
    await eventually(() => expect(tree.follow(peer).items.size).toBe(5));
    expect(peer.heard[0]).toMatchObject({
      root: 'Notify',
      cmdType: 'Catalog',
      content: { sumNum: 1, items: [{ deviceId: codes.channels.hall, event: 'OFF' }] },
    });
    expect(peer.states[0]).toEqual({ event: 'Catalog;id=1894', state: 'active;expires=600;retry-after=0' });
    await eventually(() => expect([...tree.follow(peer).green]).not.toContain(codes.channels.hall));

    school.standing.set('gate', 'VLOST').delete('hall');
    catalogue.bell();
    await eventually(() => {
      tree.follow(peer);
      expect([tree.green.has(codes.channels.gate!), tree.green.has(codes.channels.hall!)]).toEqual([false, true]);
    });
    life.abort();
    await running;
  });

  test('that comes after an hour of silence makes both trees the same', async () => {
    await using peer = await gbPeer();
    using life = linked(never);
    const opened = openGbCatalogue(peer);
    const running = opened.catalogue.run(life.signal);
    await opened.catalogue.answer(query(1), platformCode, never);
    const tree = new Tree().follow(peer);
    expect(tree.items.size).toBe(5);
    const inventory = gbSchool();
    const channels = inventory.channels.filter(({ id }) => id !== 'wall').map((each) => ({ ...each, name: `${each.name}（新）` }));
    const other = { id: channelId('roof'), name: '屋顶', camera: inventory.cameras[0]!.id, number: 9 };
    const school = catalogueSchool('flat', { ...inventory, channels: [...channels, other] });
    opened.school = { ...school, codes: { ...codes, channels: { ...codes.channels, roof: '34020000001320000007' } } };
    school.standing.set('gate', 'OFF');
    await peer.subscribe(query(8));
    const wanted = buildCatalogue(opened.school).map(({ item }) => [item.deviceId, item.name]);
    await eventually(() => {
      tree.follow(peer);
      expect([...tree.items.values()].map(({ deviceId, name }) => [deviceId, name]).toSorted()).toEqual(wanted.toSorted());
      expect(tree.green.has(codes.channels.gate!)).toBe(false);
    });
    life.abort();
    await running;
  });

  test('is told everything again every ten minutes, so that a notice that was ignored does no lasting harm', async () => {
    await using peer = await gbPeer();
    using life = linked(never);
    const clock = new ManualClock();
    const { catalogue, school } = openGbCatalogue(peer, clock);
    const running = catalogue.run(life.signal);
    await peer.subscribe(query(7), { expires: 86_400 });
    await eventually(async () => {
      await clock.advance(seconds(2));
      expect(peer.heard).toHaveLength(6);
    });
    school.standing.set('wall', 'OFF');
    await clock.advance(minutes(10));
    await eventually(async () => {
      await clock.advance(seconds(2));
      const told = peer.heard.slice(6).flatMap((one) => (one.root === 'Notify' && one.cmdType === 'Catalog' ? one.content.items : []));
      expect(told.map(({ deviceId, event }) => `${deviceId} ${event}`)).toContain(`${codes.zones['panel-1/button']} ON`);
      expect(told.map(({ deviceId, event }) => `${deviceId} ${event}`)).toContain(`${codes.channels.wall} OFF`);
    });
    life.abort();
    await running;
  });
});

test('one NOTIFY that nobody answers for half a minute, and the next change is still told', async () => {
  const clock = new ManualClock();
  const box = largeBox(clock, 2);
  await using registrar = await new GbRegistrar(clock).open();
  await using _link = gbDevice(registrar, clock, { codes: box.codes }, undefined, box.door);
  await until(clock, () => registrar.keepalives.length > 0);
  let deaf = false;
  const told: string[] = [];
  const unheard = new Set<string>();
  await registrar.subscribe(query(9), (asked) => {
    const notice = readManscdp(asked.request.body);
    const events =
      notice.root === 'Notify' && notice.cmdType === 'Catalog' ? notice.content.items.map((item) => `${item.deviceId} ${item.event}`) : [];
    if (deaf) for (const event of events) unheard.add(event);
    else {
      told.push(...events);
      asked.answer(200);
    }
  });
  await until(clock, () => told.includes(`${zoneCode(2)} UPDATE`));
  deaf = true;
  box.set(1, 'offline');
  await until(clock, () => unheard.size > 0);
  const lost = clock.now();
  await until(clock, () => clock.now() - lost >= 40_000);
  expect([...unheard]).toEqual([`${cameraCode(1)} OFF`]);
  deaf = false;
  box.set(2, 'offline');
  await until(clock, () => told.includes(`${cameraCode(1)} OFF`) && told.includes(`${cameraCode(2)} OFF`), 40_000);
});

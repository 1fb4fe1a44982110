/** Which codes a platform may know, over edits of the settings, restarts and power cuts. */
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { linked } from '../../../gateway/runtime/linked.ts';
import { eventually } from '../../support/eventually.ts';
import { GbMemory, openGbCatalogue, query } from '../../support/gb-catalogue.ts';
import { gbPeer, platformCode } from '../../support/gb-peer.ts';
import { catalogueSchool, codes, gbSchool } from '../../support/gb-school.ts';
import { never } from '../../support/sip-endpoint.ts';

describe('an uplink that is made anew', () => {
  const all = [...Object.values(codes.channels), ...Object.values(codes.zones)];
  const deleted = (code: string | undefined) => `${code} DEL`;
  /** What the one after it told, once it remembers what is there. */
  async function succession(between: (memory: GbMemory) => void) {
    await using peer = await gbPeer();
    const memory = new GbMemory();
    using life = linked(never);
    const first = openGbCatalogue(peer, systemClock, catalogueSchool(), memory);
    const ran = first.catalogue.run(life.signal);
    await peer.subscribe(query(1));
    await eventually(() => expect(peer.heard).toHaveLength(6));
    life.abort();
    await ran;
    between(memory);
    peer.heard.length = 0;
    const inventory = gbSchool();
    const second = openGbCatalogue(
      peer,
      systemClock,
      catalogueSchool('flat', { ...inventory, channels: inventory.channels.filter(({ id }) => id !== 'wall') }),
      memory,
    );
    using after = linked(never);
    const runs = second.catalogue.run(after.signal);
    await peer.subscribe(query(2));
    const events = () =>
      peer.heard
        .flatMap((one) => (one.root === 'Notify' && one.cmdType === 'Catalog' ? one.content.items : []))
        .map(({ deviceId, event }) => `${deviceId} ${event}`);
    await eventually(() => expect(events()).toContain(`${codes.zones['panel-1/fence']} UPDATE`));
    if (!memory.full) await eventually(() => expect(memory.codes).toEqual(all.filter((code) => code !== codes.channels.wall)));
    after.abort();
    await runs;
    return events();
  }

  test('deletes what has gone since, tells each item once, and keeps no word of it', async () => {
    const events = await succession(({ codes: kept }) => expect(kept).toEqual(all));
    // First what the beginning of a subscription says, then the differences.
    expect(events.slice(4)).toEqual([
      deleted(codes.channels.wall),
      ...all.filter((code) => code !== codes.channels.wall).map((code) => `${code} UPDATE`),
    ]);
  });

  test.each([
    ['another platform', (memory: GbMemory) => Object.assign(memory, { platform: 'the fire brigade' })],
    ['a memory that makes no sense', (memory: GbMemory) => Object.assign(memory, { facts: { platform: 'the police', codes: 'all' } })],
    ['a memory that is gone', (memory: GbMemory) => Object.assign(memory, { facts: undefined })],
  ])('deletes nothing where there is %s', async (_what, become) => {
    expect(await succession(become)).not.toContain(deleted(codes.channels.wall));
  });

  test('tells all the same where the disk is full, and deletes what has gone', async () => {
    const events = await succession((memory) => {
      memory.full = true;
    });
    expect(events).toContain(deleted(codes.channels.wall));
  });
});

test('a code is written down before it is told: a platform whose answer is lost may know it', async () => {
  await using peer = await gbPeer();
  const memory = new GbMemory();
  const { catalogue } = openGbCatalogue(peer, systemClock, catalogueSchool(), memory);
  let written: unknown;
  peer.answer = () => {
    written = memory.codes;
    return 404;
  };
  await catalogue.answer(query(1), platformCode, never);
  expect(peer.heard).toHaveLength(1);
  expect(written).toHaveLength(5);
});

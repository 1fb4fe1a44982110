/** Rules that make alarms of a camera's events, in the inventory file and over the API. */
import { describe, expect, test } from 'vitest';
import { exportInventory } from '../../../gateway/inventory/document.ts';
import { importInventory } from '../../../gateway/inventory/import.ts';
import { school } from '../../support/http-school.ts';
import { camera, dataFolder, openIn } from '../../support/inventory.ts';

const file = (rules: string) => `version: 1
cameras:
  gate:
    name: Gate
    adapter: onvif
    address: http://10.0.0.5/onvif/device_service
    events: [${rules}]
`;

describe('in the inventory file', () => {
  test('rules go out and come in again as they are; a camera without any has none', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    importInventory(
      store,
      file("{kind: input, source: DI_1, type: panic.silent, channels: [gate]}, {kind: motion, schedule: ['mon-fri 18:00-07:00']}"),
      {
        dryRun: false,
      },
    );
    expect(store.current().cameras[0]?.events).toEqual([
      { kind: 'input', source: 'DI_1', type: 'panic.silent', channels: ['gate'] },
      { kind: 'motion', schedule: ['mon-fri 18:00-07:00'] },
    ]);
    expect(importInventory(store, exportInventory(store), { dryRun: false })).toMatchObject({ adds: [], changes: [], removes: [] });
    store.putCamera(camera('plain'));
    expect(store.current().cameras.find(({ id }) => id === 'plain')).not.toHaveProperty('events');
    expect(exportInventory(store).match(/events:/g)).toHaveLength(1);
  });

  test.each([
    ['{kind: panic}', 'events[0].kind'],
    ['{kind: other}', 'events[0].topic'],
    ['{kind: motion, topic: A/B}', 'events[0].topic'],
    ['{kind: input, type: Panic}', 'events[0].type'],
    ["{kind: motion, schedule: ['at night']}", 'events[0].schedule[0]'],
    ["{kind: input, type: panic.silent, schedule: ['mon-fri']}", 'events[0].schedule'],
    ['{kind: motion, schedule: []}', 'events[0].schedule'],
    ['{kind: input, channels: [nowhere]}', 'events[0].channels[0]'],
    ['{kind: motion}, {kind: motion}', 'events[1]'],
    ['{kind: motion, hours: 3}', 'events[0].hours'],
  ])('%s is refused, with its path and line', async (rules, path) => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    const refused = expect.objectContaining({
      code: 'INVENTORY_INVALID',
      context: { problems: [expect.objectContaining({ path: `cameras.gate.${path}`, line: 7 })] },
    });
    expect(() => importInventory(store, file(rules), { dryRun: true })).toThrow(refused);
  });
});

describe('over the API', () => {
  const gate = { name: 'Gate', adapter: 'rtsp', address: 'rtsp://192.0.2.10/stream' };

  test('rules are set, kept by an edit that does not speak of them, and refused with the path of what is wrong', async () => {
    await using campus = await school();
    const cookie = await campus.signIn('administrator');
    const put = (body: object) => campus.call('PUT', '/api/v1/cameras/gate', { cookie, body: { ...gate, ...body } });
    const events = [{ kind: 'input', source: 'DI_1', type: 'panic.silent' }];
    expect((await put({ events })).json.events).toEqual(events);
    expect((await put({ name: 'East gate' })).json).toMatchObject({ name: 'East gate', events });
    const wrong = await put({ events: [{ kind: 'input', type: 'panic.silent', schedule: ['sat'] }] });
    expect([wrong.status, wrong.json.problems.map(({ path }: { path: string }) => path)]).toEqual([422, ['cameras.gate.events[0].schedule']]);
    expect((await put({ events: [] })).json).not.toHaveProperty('events');
  });
});

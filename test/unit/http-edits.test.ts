/** Editing cameras and uplinks: stored secrets stay where they are, and settings are checked while somebody is there to correct them. */
import { describe, expect, test } from 'vitest';
import { canary, school } from '../support/http-school.ts';

async function editor(role: 'administrator' | 'technician' = 'administrator') {
  const campus = await school();
  const cookie = await campus.signIn(role);
  const call = async (method: string, path: string, body: object) => {
    const { status, json } = await campus.call(method, `/api/v1/${path}`, { cookie, body });
    return { status, json, problems: (json?.problems ?? []).map(({ path: at }: { path: string }) => at) };
  };
  const secretOf = (id: string) =>
    campus.inventory
      .current()
      .uplinks.find((uplink) => uplink.id === id)
      ?.secret?.reveal();
  return { campus, call, secretOf, [Symbol.asyncDispose]: () => campus[Symbol.asyncDispose]() };
}

describe('the secret of an uplink', () => {
  const police = { name: 'Police', adapter: 'webhook' };

  test('stays with an edit that does not bring it, as long as the address leads to the same box', async () => {
    await using here = await editor();
    const edit = { ...police, name: 'City police', settings: { url: 'https://192.0.2.20/other', timeout: 5 } };
    expect((await here.call('PUT', 'uplinks/police', edit)).json).toMatchObject({ name: 'City police', hasSecret: true });
    expect(here.secretOf('police')).toBe(canary);
  });

  test('does not follow an address to another box, nor to clear text, unless it is given again', async () => {
    await using here = await editor();
    for (const url of ['https://192.0.2.66/alarms', 'https://192.0.2.20:8443/alarms', 'http://192.0.2.20/alarms']) {
      expect([url, await here.call('PUT', 'uplinks/police', { ...police, settings: { url } })]).toMatchObject([
        url,
        { status: 400, problems: ['secret'] },
      ]);
    }
    expect(here.secretOf('police')).toBe(canary);
    const given = await here.call('PUT', 'uplinks/police', { ...police, settings: { url: 'https://192.0.2.66/alarms' }, secret: 'another key' });
    expect(given.status).toBe(200);
    expect(here.secretOf('police')).toBe('another key');
  });
});

test('the password of a camera follows no second address that hides among its settings', async () => {
  await using here = await editor('technician');
  const gate = { name: 'Gate', adapter: 'rtsp', address: 'rtsp://192.0.2.10/stream' };
  for (const settings of [{ sub: 'rtsp://192.0.2.66/sub' }, { streams: { main: ['rtsp://192.0.2.66/sub'] } }]) {
    expect(await here.call('PUT', 'cameras/gate', { ...gate, settings })).toMatchObject({ status: 400, problems: ['password'] });
  }
});

describe('settings that the adapter does not take', () => {
  test.each([
    ['uplinks', { id: 'u', name: 'U', adapter: 'telepathy' }, ['adapter']],
    ['uplinks', { id: 'u', name: 'U', adapter: 'webhook', settings: {} }, ['settings.url']],
    ['uplinks', { id: 'u', name: 'U', adapter: 'mqtt', settings: { url: 'https://x', windw: 3 } }, ['settings.url', 'settings.windw']],
    ['panels', { id: 'p', name: 'P', dialect: 'smoke-signals' }, ['dialect']],
    ['panels', { id: 'p', name: 'P', dialect: 'esphome', settings: { prefix: 'a/+', typs: {} } }, ['settings.prefix', 'settings.typs']],
    [
      'panels',
      { id: 'p', name: 'P', dialect: 'mapped', settings: { prefix: 'up/', rules: [{ topic: 'up/1', says: 'event' }] } },
      ['settings.rules[0]'],
    ],
    ['cameras', { id: 'c', name: 'C', adapter: 'webcam', address: 'http://192.0.2.9/' }, ['adapter']],
    ['cameras', { id: 'c', name: 'C', adapter: 'onvif', address: 'http://192.0.2.9/', settings: { otherHosts: 'maybe' } }, ['settings.otherHosts']],
  ])('of %s are refused with every path: %j', async (path, body, problems) => {
    await using here = await editor();
    const answer = await here.call('POST', path, body);
    expect([answer.status, answer.problems.toSorted()]).toEqual([400, problems]);
    const { cameras, uplinks } = here.campus.inventory.current();
    expect([cameras.length, uplinks.length]).toEqual([1, 1]);
  });
});

describe('the settings of an uplink', () => {
  const platform = { code: '34020000002000000001', address: '192.0.2.9' };
  const police = (share: readonly string[]) => ({
    ...{ name: 'Police platform', adapter: 'gb28181' },
    settings: { platform, codes: { device: '34020000001180000001' }, share },
  });

  test('that share what there is not are taken, and whoever saves or reads them is told', async () => {
    await using here = await editor();
    const doubts = [{ zh: expect.stringContaining('gaet'), en: expect.stringContaining('share names what this box does not have: gaet.') }];
    expect(await here.call('POST', 'uplinks', { id: 'platform', ...police(['gate', 'gaet']) })).toMatchObject({ status: 201, json: { doubts } });
    const { json } = await here.campus.call('GET', '/api/v1/uplinks/platform', { cookie: await here.campus.signIn() });
    expect(json.doubts).toEqual(doubts);
    expect(await here.call('PUT', 'uplinks/platform', police(['gate']))).toMatchObject({ status: 200, json: { doubts: [] } });
  });

  test('that are larger than a request may be are refused with the way that is open to them', async () => {
    await using here = await editor();
    const share = Array.from({ length: 4_000 }, (_, at) => `a-channel-of-this-school-${at}`);
    const { status, json } = await here.call('POST', 'uplinks', { id: 'platform', ...police(share) });
    expect([status, json.code]).toEqual([413, 'REQUEST_INVALID']);
    expect(json.detail).toMatch(/larger than 64 KiB.*campus-gateway codes import.*campus-gateway inventory import/);
    expect(json.words.zh).toMatch(/64 KiB.*campus-gateway codes import.*campus-gateway inventory import/);
  });
});

describe('the rules of the site', () => {
  test('are put, listed with what of them is passed over, and removed by whoever maintains the box', async () => {
    await using here = await editor('technician');
    const { status, json } = await here.call('PUT', 'rules/quiet', { panel: 'gate-panel', code: '122', severity: 3 });
    expect([status, json.doubts]).toMatchObject([200, [{ zh: expect.stringContaining('panic.silent') }]]);
    const list = await here.campus.call('GET', '/api/v1/rules', { cookie: await here.campus.signIn('technician') });
    expect(list.json).toMatchObject([{ id: 'quiet', panel: 'gate-panel', code: '122', severity: 3 }]);
    expect(await here.call('PUT', 'rules/idle', { code: '130' })).toMatchObject({ status: 422, problems: ['rules.idle'] });
    expect((await here.call('DELETE', 'rules/quiet', {})).status).toBe(204);
    expect((await here.call('DELETE', 'rules/quiet', {})).status).toBe(404);
    expect(here.campus.inventory.current().rules).toEqual([]);
  });
});

/** Messages that somebody pasted, before a panel is entered. */
import { expect, test } from 'vitest';
import { panelDialects } from '../../adapters/index.ts';
import { campusId, zoneId } from '../../gateway/domain/ids.ts';
import type { SiteRule } from '../../gateway/domain/site-rules.ts';
import { instant } from '../../gateway/domain/time.ts';
import { tryMessages } from '../../gateway/fleet/panel-trial.ts';
import { school } from '../support/http-school.ts';
import { panelOf, topic } from '../support/panels.ts';

const now = instant(Date.UTC(2026, 5, 1));
const zones = [{ id: zoneId('desk'), name: '讲台', channels: [], type: 'panic.silent' }];

const campus = { id: campusId('north'), name: 'North', timeZone: 'Asia/Shanghai', address: '' };

function trialOf(
  dialect: string,
  settings: Readonly<Record<string, unknown>>,
  messages: readonly (readonly [string, string, boolean?])[],
  rules: readonly SiteRule[] = [],
) {
  const found = panelDialects.find(({ name }) => name === dialect)!;
  const panel = panelOf('gate', { dialect, settings, zones });
  const tried = messages.map(([where, payload, retained = false]) => ({ topic: where, payload: Buffer.from(payload), retained }));
  return tryMessages({ dialect: found, panel, inventory: { campus, rules }, now }, tried);
}

test('tells in both languages what each message would come to', () => {
  const trials = trialOf('esphome', { prefix: 'gatehouse' }, [
    ['gatehouse/binary_sensor/desk/state', 'ON'],
    ['gatehouse/binary_sensor/desk/state', 'OFF', true],
    ['gatehouse/alarm_control_panel/school/state', 'armed_night'],
    ['gatehouse/binary_sensor/hall/state', 'ON'],
    ['gatehouse/sensor/temperature/state', '21.5'],
    ['gatehouse/status', 'offline'],
  ]);
  expect(trials.map(({ heard, meanings }) => [heard, ...meanings.map(({ sentence }) => sentence.en)])).toEqual([
    [true, 'Stands in alarm (raises one unless it stands already): Silent panic alarm, zone 讲台.'],
    [true, 'Is at rest (ends an alarm that stands): Silent panic alarm, zone 讲台 (of earlier).'],
    [true, 'Partition school: armed for the night.', 'Is at rest (ends an alarm that stands): Burglary, zone partition_school.'],
    [true],
    [false],
    [true, 'The panel is gone.'],
  ]);
  expect(trials[0]?.meanings[0]).toMatchObject({
    sentence: { zh: '处于报警状态（此前未报警时才报警）：无声紧急报警，防区 讲台。' },
    type: 'panic.silent',
    severity: 1,
    zone: 'desk',
    code: 'desk',
  });
});

test('reads with what earlier messages taught, and says what cannot be read and why', () => {
  const trials = trialOf('home-assistant', { prefix: 'dsc/' }, [
    ['homeassistant/binary_sensor/n/desk/config', '{"stat_t":"dsc/desk","dev_cla":"door"}'],
    ['dsc/desk', 'ON'],
    ['homeassistant/binary_sensor/n/x/config', '{"state_topic":7}'],
  ]);
  expect(trials.map(({ meanings }) => meanings.map(({ kind }) => kind))).toEqual([['learned'], ['zone'], []]);
  expect(trials[2]?.refused).toMatchObject({ path: '/state_topic', expected: 'string', got: '7' });
});

test('the campus dialect is tried like any other', () => {
  const [event] = trialOf('campus', {}, [[topic('gate', 'evt'), '{"v":1,"seq":1,"boot":"b","code":"1301","zone":0}']]);
  expect(event?.meanings).toMatchObject([{ sentence: { en: 'Trouble: mains power lost.', zh: '故障：主机交流电断电。' } }]);
});

test('a technician tries it by API, and nothing of it is recorded', async () => {
  await using campus = await school();
  const cookie = await campus.signIn('technician');
  const body = {
    dialect: 'mapped',
    settings: {
      prefix: 'up/',
      charset: 'gbk',
      rules: [{ topic: 'up/{imei}', says: 'event', type: { from: '$.type', map: { 1: 'panic.silent' } }, zone: '$.zone' }],
    },
    messages: [
      { topic: 'up/86', base64: Buffer.from('7b2274797065223a312c227a6f6e65223a22bdb2cca8227d', 'hex').toString('base64') },
      { topic: 'down/86', payload: '{}' },
    ],
  };
  const before = campus.journal.read.events({ limit: 1_000 }).length;
  const { status, json } = await campus.call('POST', '/api/v1/panel-trials', { cookie, body });
  expect(status).toBe(200);
  expect(json).toMatchObject([
    { heard: true, meanings: [{ type: 'panic.silent', text: '讲台' }] },
    { heard: false, meanings: [] },
  ]);
  expect(campus.journal.read.events({ limit: 1_000 })).toHaveLength(before);
  const wrong = await campus.call('POST', '/api/v1/panel-trials', { cookie, body: { ...body, settings: {} } });
  expect([wrong.status, wrong.json.problems[0].path]).toEqual([400, 'settings.prefix']);
});

test('a rule of the site is tried with the panel, and the sentence names it', () => {
  const press = [topic('gate', 'evt'), '{"v":1,"seq":1,"boot":"b","code":"1150","zone":4}'] as const;
  const [plain] = trialOf('campus', {}, [press]);
  expect(plain?.meanings).toMatchObject([{ type: 'technical.24h', severity: 3 }]);
  const [ruled] = trialOf('campus', {}, [press], [{ id: 'boiler', code: '150', type: 'gas' }]);
  expect(ruled?.meanings).toMatchObject([
    {
      type: 'gas',
      severity: 1,
      rules: ['boiler'],
      sentence: { en: 'Raises an alarm: Gas leak, zone 4 (by rule boiler).', zh: '报警：燃气泄漏，防区 4（按规则 boiler）。' },
    },
  ]);
});

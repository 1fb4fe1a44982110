/** Orders beside whatever else is going on: a platform in a hurry, one that has lost us, and what is written down of it. */
import { expect, test } from 'vitest';
import type { ManscdpMessage } from '../../../adapters/protocols/manscdp/message.ts';
import { PlatformLink } from '../../../adapters/uplinks/gb28181/link.ts';
import { openParts } from '../../../adapters/uplinks/gb28181/parts.ts';
import { config } from '../../../adapters/uplinks/gb28181/settings.ts';
import { uplinkId } from '../../../gateway/domain/ids.ts';
import { ManualClock, systemClock } from '../../../gateway/runtime/clock.ts';
import { openLogger } from '../../../gateway/runtime/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { gbBox } from '../../support/gb-box.ts';
import { gbDevice, until } from '../../support/gb-device.ts';
import { device, GbRegistrar, server } from '../../support/gb-registrar.ts';
import { codes } from '../../support/gb-school.ts';

const fence = codes.zones['panel-1/fence']!;
type Command = Extract<ManscdpMessage, { readonly cmdType: 'DeviceControl'; readonly root: 'Control' }>['content']['commands'][number];
const order = (command: Command, deviceId: string, sn = 1) =>
  ({ root: 'Control', cmdType: 'DeviceControl', sn, deviceId, content: { commands: [command] } }) as const;
const stop = order({ name: 'PTZCmd', value: 'A50F0100000000B5' }, codes.channels.gate!);
const arm = (sn: number) => order({ name: 'GuardCmd', value: 'SetGuard' }, fence, sn);

test('a stop gets through while as many zones are being armed as may be', async () => {
  const box = gbBox(systemClock);
  // Panels take their time.
  box.obey = ({ to }) => (to === 'panel' ? new Promise(() => undefined) : { ok: true });
  await using registrar = await new GbRegistrar(systemClock).open();
  await using _link = gbDevice(registrar, systemClock, { codes }, undefined, box.door);
  await eventually(() => expect(registrar.registered).toBe(true));
  const armed = await Promise.all(Array.from({ length: 70 }, (_, index) => registrar.tell(arm(index + 1))));
  expect(armed.map(({ status }) => status).toSorted()).toEqual([...Array(64).fill(200), ...Array(6).fill(503)]);
  expect((await registrar.tell(stop)).status).toBe(200);
  await eventually(() => expect(box.orders.at(-1)).toMatchObject({ of: 'gate', command: { op: 'ptz-stop' } }));
});

test('orders of a platform that has just lost us wait for no registration', async () => {
  const clock = new ManualClock();
  const box = gbBox(clock);
  await using registrar = await new GbRegistrar(clock).open();
  await using link = gbDevice(registrar, clock, { codes }, undefined, box.door);
  await until(clock, () => registrar.keepalives.length > 0);
  registrar.whim = ({ request }) => (request.method === 'REGISTER' ? 'ignore' : 403);
  await until(clock, () => link.uplink.link()?.state === 'down');
  // From here on time stands still.
  expect((await registrar.tell(stop)).status).toBe(200);
  expect((await registrar.tell(arm(2))).status).toBe(200);
  await eventually(() => expect(box.orders.map(({ command: { op } }) => op)).toEqual(['ptz-stop', 'unbypass']));
});

/** What is logged of an uplink that nobody has linked. */
function logged(more: Readonly<Record<string, unknown>>) {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const log = openLogger('info', { write: (line) => lines.push(JSON.parse(line)) });
  const settings = config.parse({ platform: { code: server, address: '127.0.0.1' }, codes, ...more });
  const link = new PlatformLink(uplinkId('police'), settings, { clock: systemClock, log, door: gbBox(systemClock).door });
  return { link, parts: openParts(link), lines };
}

test('no flood hides from the log that a platform has set how it is kept up; what changes nothing is not told', async () => {
  const { link, parts, lines } = logged({ may: { configure: true } });
  const over = new AbortController();
  const obey = (control: Parameters<typeof parts.control>[0]) => void parts.control(control, { code: server }, over.signal).catch(() => undefined);
  for (let count = 0; count < 100; count += 1) obey(order({ name: 'PTZCmd', value: 'nonsense' }, codes.channels.gate!));
  const configs = [{ name: 'BasicParam', value: { heartBeatInterval: 60 } }] as const;
  for (const sn of [1, 2]) obey({ root: 'Control', cmdType: 'DeviceConfig', sn, deviceId: device, content: { configs } });
  expect(link.basics.every).toBe(60);
  expect(lines.filter(({ msg }) => msg === 'ptz command unreadable').length).toBeLessThan(20);
  expect(lines.filter(({ msg }) => msg === 'platform has set how it is kept up')).toMatchObject([{ before: { every: 20 }, now: { every: 60 } }]);
  over.abort();
});

test('a name in `share` that nothing has is told in the log and with the state: it hides something that was not meant to be hidden', () => {
  const told = (share: unknown) => {
    const { lines, link } = logged({ share });
    return [lines.map(({ msg, doubt }) => [msg, doubt]), link.status.doubts];
  };
  const doubt = {
    zh: expect.stringContaining('gaet、panel-1/fense 在本机不存在'),
    en: expect.stringMatching(/^share names what this box does not have: gaet, panel-1\/fense\. /),
  };
  expect(told(['gate', 'gaet', 'panel-1/fence', 'panel-1/fense'])).toEqual([[['shared is what there is not', doubt.en]], [doubt]]);
  expect(told(['gate', 'panel-1/fence'])).toEqual([[], undefined]);
  expect(told('all')).toEqual([[], undefined]);
  const [many] = logged({ share: Array.from({ length: 30 }, (_, at) => `gaet-${at}`) }).link.status.doubts ?? [];
  expect([many?.zh, many?.en]).toEqual([expect.stringContaining('gaet-19 等 30 项'), expect.stringContaining('gaet-19 and 10 more.')]);
});

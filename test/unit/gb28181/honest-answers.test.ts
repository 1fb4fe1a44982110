/** What we cannot do, we say: answers over the uplink's own socket that must not promise what the box does not keep. */
import { describe, expect, test } from 'vitest';
import type { ManscdpMessage } from '../../../adapters/protocols/manscdp/message.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../../gateway/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { gbBox } from '../../support/gb-box.ts';
import { gbDevice, until } from '../../support/gb-device.ts';
import { device, GbRegistrar, password, server } from '../../support/gb-registrar.ts';
import { codes } from '../../support/gb-school.ts';

const [button, fence] = [codes.zones['panel-1/button']!, codes.zones['panel-1/fence']!];
const foreign = '34020000001320000099';

type ResponseOf<C> = Extract<ManscdpMessage, { readonly root: 'Response'; readonly cmdType: C }>;

async function linked(changes: Readonly<Record<string, unknown>> = {}, clock: ManualClock | typeof systemClock = systemClock) {
  const registrar = await new GbRegistrar(clock).open();
  const box = gbBox(clock);
  const link = gbDevice(registrar, clock, { codes, ...changes }, password, box.door);
  await until(clock, () => registrar.keepalives.length > 0);
  const said = <C extends ManscdpMessage['cmdType']>(cmdType: C): readonly ResponseOf<C>[] =>
    registrar.heard.flatMap(({ message }) => (message?.root === 'Response' && message.cmdType === cmdType ? [message as ResponseOf<C>] : []));
  return {
    ...{ registrar, box, said },
    /** Its Response. */
    async ask(message: ManscdpMessage) {
      const before = said(message.cmdType).length;
      expect((await registrar.tell(message)).status).toBe(200);
      await until(clock, () => said(message.cmdType).length > before);
      return said(message.cmdType).at(-1)!;
    },
    async [Symbol.asyncDispose]() {
      await link[Symbol.asyncDispose]();
      await registrar.close();
    },
  };
}

const query = (cmdType: 'DeviceInfo' | 'DeviceStatus' | 'Catalog', deviceId = device): ManscdpMessage => ({
  ...{ root: 'Query', cmdType, sn: 17, deviceId, content: {} },
});
const basic = { root: 'Query', cmdType: 'ConfigDownload', sn: 18, deviceId: device, content: { configTypes: ['BasicParam'] } } as const;
type Configs = Extract<ManscdpMessage, { readonly cmdType: 'DeviceConfig'; readonly root: 'Control' }>['content']['configs'];
const configure = (configs: Configs, deviceId = device): ManscdpMessage => ({
  ...{ root: 'Control', cmdType: 'DeviceConfig', sn: 19, deviceId, content: { configs } },
});

test('a platform that wants to speak hears ERROR: nobody here could hear it', async () => {
  await using here = await linked();
  const answer = await here.ask({ root: 'Notify', cmdType: 'Broadcast', sn: 5, deviceId: codes.channels.gate!, content: { sourceId: server } });
  expect(answer).toMatchObject({ sn: 5, deviceId: codes.channels.gate, content: { result: 'ERROR' } });
});

test('of a code that is not ours: ERROR to a question, silence to a catalogue query, whose empty answer would empty the platform’s tree', async () => {
  await using here = await linked();
  expect((await here.registrar.tell(query('Catalog', foreign))).status).toBe(200);
  expect(await here.ask(query('DeviceInfo', foreign))).toMatchObject({ deviceId: foreign, content: { result: 'ERROR' } });
  expect(await here.ask(query('DeviceStatus', foreign))).toMatchObject({ deviceId: foreign, content: { result: 'ERROR' } });
  expect(here.said('Catalog')).toEqual([]);
});

describe('DeviceConfig', () => {
  const wanted = { name: 'BasicParam', value: { expiration: 3_600, heartBeatInterval: 60, heartBeatCount: 5 } } as const;

  test('is done where it may be: BasicParam says so afterwards, and keepalives follow it, the first at once', async () => {
    const clock = new ManualClock();
    await using here = await linked({ may: { configure: true } }, clock);
    const { length: told } = here.registrar.keepalives;
    const configured = clock.now();
    expect(await here.ask(configure([wanted]))).toMatchObject({ sn: 19, content: { result: 'OK' } });
    expect((await here.ask(basic)).content).toMatchObject({ configs: [{ value: { expiration: 3_600, heartBeatInterval: 60, heartBeatCount: 5 } }] });
    await until(clock, () => here.registrar.keepalives.length > told, seconds(60));
    await until(clock, () => here.registrar.of('REGISTER').at(-1)?.expires === 3_600, seconds(60));
    expect(here.registrar.of('REGISTER').at(-1)!.at - configured).toBeLessThan(seconds(10));
    expect(new Set(here.registrar.of('REGISTER').map(({ callId }) => callId)).size).toBe(1);
    expect(here.registrar.keepalives[told]!.at - configured).toBeLessThan(seconds(10));
    await until(clock, () => here.registrar.keepalives.length >= told + 3, seconds(300));
    const [before, last] = here.registrar.keepalives.slice(-2);
    expect(last!.at - before!.at).toBeGreaterThan(seconds(55));
    expect(last!.at - before!.at).toBeLessThanOrEqual(seconds(64)); // what the clock of the test leaps over comes on top
  });

  test.each<[string, Configs, string?]>([
    ['an interval of 0 s', [{ name: 'BasicParam', value: { heartBeatInterval: 0 } }]],
    ['another name', [{ name: 'BasicParam', value: { name: '第二小学', heartBeatInterval: 60 } }]],
    [
      'snapshots to be sent somewhere (T6: none is taken, so none has an id)',
      [{ name: 'SnapShotConfig', value: { snapNum: 1, interval: 1, uploadUrl: 'http://x/', sessionId: 'a' } }],
    ],
    ['nothing at all', []],
    ['a camera', [wanted], codes.channels.gate!],
  ])('is refused as a whole for %s', async (_, configs, code = device) => {
    await using here = await linked({ may: { configure: true } });
    expect((await here.ask(configure(configs, code))).content).toEqual({ result: 'ERROR' });
    expect((await here.ask(basic)).content).toMatchObject({ configs: [{ value: { expiration: 86_400, heartBeatInterval: 20, heartBeatCount: 3 } }] });
  });
});

describe('what is not shared', () => {
  const listed = async (share: readonly string[]) => {
    const here = await linked({ share });
    await here.registrar.tell(query('Catalog'));
    await eventually(() => expect(here.said('Catalog')).toHaveLength(here.said('Catalog')[0]?.content.sumNum ?? -1));
    const items = here.said('Catalog').flatMap(({ content }) => content.items.map(({ deviceId }) => deviceId));
    return { here, items: items.toSorted() };
  };

  test('is not there: no camera, no zone, no duty; a zone is seen with the cameras that look at it', async () => {
    const { here, items } = await listed(['wall']);
    await using _closing = here;
    expect(items).toEqual([codes.channels.wall, fence].toSorted());
    expect(await here.ask(query('DeviceInfo', button))).toMatchObject({ content: { result: 'ERROR' } });
    expect(await here.ask(query('DeviceInfo'))).toMatchObject({ content: { channel: 2 } });
    expect(await here.ask(query('DeviceStatus'))).toMatchObject({ content: { alarmStatus: [{ deviceId: fence }] } });
    const reset = {
      root: 'Control',
      cmdType: 'DeviceControl',
      sn: 6,
      deviceId: button,
      content: { commands: [{ name: 'AlarmCmd', value: 'ResetAlarm' }] },
    };
    expect((await here.ask(reset as ManscdpMessage)).content).toEqual({ result: 'ERROR' });
    expect(here.box.orders).toEqual([]);
  });

  test('may be named: a zone alone, without any camera', async () => {
    const { here, items } = await listed(['panel-1/button']);
    await using _closing = here;
    expect(items).toEqual([button]);
  });
});

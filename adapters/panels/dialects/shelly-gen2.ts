/** Shelly of the second generation and later (alarm-panels §1.7): status notices are deltas, each member a state; pushes are events. */
import { z } from 'zod';
import type { AlarmType } from '../../../gateway/domain/alarm.ts';
import { booleanOf, press, saysYes } from '../common-words.ts';
import { outputAnswers, outputOrders, outputSettings, switchings } from '../outputs.ts';
import { timeOf } from '../panel-time.ts';
import { meaningSettings, point } from '../point-meanings.ts';
import { type Heard, readDialect } from '../read-dialect.ts';
import { type Reading, type SignMore, state } from '../reading.ts';

const settings = z.strictObject({
  /** The topic prefix of one device. */
  id: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[^+#]+[^/+#]$/, 'the topic prefix of one device, such as shellyplusi4-a8032abe54dc'),
  sleeps: z.boolean().default(true),
  batteryLow: z.number().min(1).max(99).default(15),
  ...meaningSettings,
  /** Switches by their number. */
  ...outputSettings,
});
type Settings = z.output<typeof settings>;

const alarms: Readonly<Record<string, AlarmType>> = { smoke: 'fire.smoke', flood: 'water.leak' };
const component = z.record(z.string(), z.unknown());
const notice = z.object({
  method: z.string().max(40),
  params: z.looseObject({
    ts: z.number().nullish(),
    events: z
      .array(z.object({ component: z.string().max(40), event: z.string().max(40), ts: z.number().nullish() }))
      .max(64)
      .nullish(),
  }),
});

export const shellyGen2Dialect = readDialect({
  name: 'shelly-gen2',
  settings,
  prefix: ({ id }) => `${id}/`,
  topics: ({ id }) => [`${id}/online`, `${id}/events/rpc`, `${id}/status/+`],
  read(heard, own): readonly Reading[] {
    const [first, second = ''] = heard.levels;
    if (first === 'online') {
      const online = saysYes(heard);
      return online || !own.sleeps ? [{ kind: 'alive', online }] : [];
    }
    if (first === 'status') return componentReadings(second, heard.json(component), own, {});
    return first === 'events' && second === 'rpc' ? noticeReadings(heard, own) : [];
  },
  tell: {
    orders: ({ outputs }) => outputOrders(outputs),
    say: (command, { id, outputs }) =>
      switchings(command, outputs)?.map(({ output, on }) => {
        const call = { id: 1, src: `${id}/gateway`, method: 'Switch.Set', params: { id: Number(output), on } };
        return { topic: `${id}/rpc`, payload: JSON.stringify(call) };
      }),
  },
});

function noticeReadings(heard: Heard, own: Settings): readonly Reading[] {
  const { method, params } = heard.json(notice);
  if (method === 'NotifyEvent') {
    if (heard.retained) return [];
    return (params.events ?? [])
      .filter(({ event }) => /^(single|double|triple|long)_push$/.test(event))
      .flatMap(({ component: name, event, ts }) => press(event, { zone: zoneOf(name), ...timed(ts ?? params.ts) }));
  }
  if (!/^Notify(Full)?Status$/.test(method)) return [];
  return Object.entries(params).flatMap(([name, value]) => {
    const read = component.safeParse(value);
    return read.success && name.includes(':') ? componentReadings(name, read.data, own, timed(params.ts)) : [];
  });
}

function componentReadings(name: string, values: Readonly<Record<string, unknown>>, own: Settings, more: SignMore): readonly Reading[] {
  const kind = name.split(':')[0]!;
  const zone = zoneOf(name);
  if (kind === 'input') {
    const on = booleanOf(values.state);
    return on === undefined ? [] : [point(zone, on, own, more)];
  }
  if (kind === 'switch') {
    const on = booleanOf(values.output);
    return on === undefined ? [] : outputAnswers(name.slice('switch:'.length), on, own.outputs);
  }
  if (kind === 'devicepower') {
    const battery = z.object({ battery: z.object({ percent: z.number() }) }).safeParse(values);
    return battery.success ? [state('sensor.battery.low', battery.data.battery.percent <= own.batteryLow, 'battery', { zone: own.id, ...more })] : [];
  }
  const type = Object.hasOwn(alarms, kind) ? alarms[kind] : undefined;
  const active = booleanOf(values.alarm);
  return type === undefined || active === undefined ? [] : [state(type, active, kind, { zone, ...more })];
}

function zoneOf(name: string): string {
  return name.replace(':', '-');
}

/** `ts` is in seconds, with fractions. */
function timed(ts: number | null | undefined): SignMore {
  const at = ts == null ? undefined : timeOf(ts * 1_000);
  return at === undefined ? {} : { at };
}

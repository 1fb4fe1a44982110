/**
 * zigbee2mqtt (alarm-panels §1.4): a device's topic repeats all of its last values with each change of any, so that every field is a state; only
 * `action` happens. What a button means differs by model: a word such as `single` raises only where the settings or its zone's type say so.
 */
import { z } from 'zod';
import type { AlarmType } from '../../../gateway/domain/alarm.ts';
import { booleanOf, press, saysOnline } from '../common-words.ts';
import { outputAnswers, outputOrders, outputSettings, switchings } from '../outputs.ts';
import { timeOf } from '../panel-time.ts';
import { typeText } from '../point-meanings.ts';
import { type Heard, prefixText, readDialect } from '../read-dialect.ts';
import { activity, event, type Reading, type SignMore, state } from '../reading.ts';

const fields: Readonly<Record<string, AlarmType>> = {
  smoke: 'fire.smoke',
  carbon_monoxide: 'co',
  gas: 'gas',
  water_leak: 'water.leak',
  sos: 'panic.silent',
  tamper: 'tamper.sensor',
  battery_low: 'sensor.battery.low',
  trouble: 'loop.fault',
  occupancy: activity,
  vibration: activity,
  /** Turned round below: true is closed. */
  contact: activity,
};

const body = z.record(z.string(), z.unknown());

const settings = z.strictObject({
  prefix: prefixText.default('zigbee2mqtt/'),
  /** By the device's friendly name and its word: `{"teacher-desk": {"single": "panic.silent"}}`. */
  actions: z.record(z.string().max(200), z.record(z.string().max(63), typeText)).default({}),
  /** Friendly names of a siren, and of a plug or a lamp. */
  ...outputSettings,
});

export const zigbee2mqttDialect = readDialect({
  name: 'zigbee2mqtt',
  settings,
  prefix: ({ prefix }) => prefix,
  // Not below `bridge/`: lists of everything, larger than any panel may send.
  topics: ({ prefix }) => [`${prefix}bridge/state`, `${prefix}+`, `${prefix}+/availability`],
  read(heard, { actions, outputs }): readonly Reading[] {
    const [device = '', kind] = heard.levels;
    if (device === 'bridge') return kind === 'state' ? [{ kind: 'alive', online: saysOnline(heard) }] : [];
    if (kind === 'availability') return [state('sensor.supervision', !saysOnline(heard), 'availability', { zone: device })];
    if (kind !== undefined) return [];
    const own = Object.hasOwn(actions, device) ? actions[device]! : {};
    const on = device === outputs.siren || device === outputs.received ? switched(heard) : undefined;
    return [...deviceReadings(heard, device, own), ...(on === undefined ? [] : outputAnswers(device, on, outputs))];
  },
  tell: {
    orders: ({ outputs }) => outputOrders(outputs),
    say: (command, { prefix, outputs }) =>
      switchings(command, outputs)?.map(({ output, on }) => ({
        topic: `${prefix}${output}/set`,
        payload: JSON.stringify(output === outputs.siren ? warning(on) : { state: on ? 'ON' : 'OFF' }),
      })),
  },
});

/** Sirens of the IAS warning kind; others take `alarm` of the two. What they do of it, most do not tell. */
function warning(on: boolean): object {
  const { mode, level } = on ? { mode: 'burglar', level: 'high' } : { mode: 'stop', level: 'low' };
  return { warning: { mode, level, strobe: on, duration: on ? 180 : 0 }, alarm: on };
}

function switched(heard: Heard): boolean | undefined {
  const { state: power, alarm } = heard.json(body);
  return booleanOf(alarm) ?? booleanOf(power);
}

function deviceReadings(heard: Heard, zone: string, actions: Readonly<Record<string, AlarmType>>): readonly Reading[] {
  const values = heard.json(body);
  const seen = values.last_seen;
  const at = typeof seen === 'number' || typeof seen === 'string' ? timeOf(seen) : undefined;
  const more: SignMore = {
    zone,
    ...(at === undefined ? {} : { at }),
    ...(values.test === true ? { test: true } : {}),
  };
  const readings: Reading[] = [];
  for (const [field, type] of Object.entries(fields)) {
    const value = booleanOf(values[field]);
    if (value !== undefined) readings.push(state(type, field === 'contact' ? !value : value, field, more));
  }
  const word = values.action;
  if (typeof word !== 'string' || heard.retained) return readings;
  const meant = Object.hasOwn(actions, word) ? actions[word] : undefined;
  // A keypad asks to be armed so; what the panel then is, it says elsewhere.
  const request = /^(arm_|disarm)/.test(word);
  if (meant !== undefined) readings.push(event(meant, `action:${word}`, more));
  else if (!request) readings.push(...press(word, more));
  return readings;
}

/** Shelly of the first generation (alarm-panels §1.7): battery devices wake to report and are gone again, so that `offline` says nothing of them. */
import { z } from 'zod';
import type { AlarmType } from '../../../gateway/domain/alarm.ts';
import { press, saysYes } from '../common-words.ts';
import { outputAnswers, outputOrders, outputSettings, switchings } from '../outputs.ts';
import { meaningSettings, point } from '../point-meanings.ts';
import { type Heard, readDialect } from '../read-dialect.ts';
import { activity, type Reading, state } from '../reading.ts';

const settings = z.strictObject({
  /** As in `shellies/<id>/…`. */
  id: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[^/+#]+$/, 'the id of one device, such as shellydw2-A1B2C3'),
  /** It sleeps between reports; false for one on mains. */
  sleeps: z.boolean().default(true),
  batteryLow: z.number().min(1).max(99).default(15),
  ...meaningSettings,
  /** Relays by their number. */
  ...outputSettings,
});
type Settings = z.output<typeof settings>;

const sensors: Readonly<Record<string, AlarmType>> = {
  state: activity,
  vibration: activity,
  motion: activity,
  flood: 'water.leak',
  smoke: 'fire.smoke',
};
const pressBody = z.object({ event: z.string().regex(/^[SL]{0,3}$/, 'S for a short and L for a long press'), event_cnt: z.number().nullish() });

export const shellyGen1Dialect = readDialect({
  name: 'shelly-gen1',
  settings,
  prefix: ({ id }) => `shellies/${id}/`,
  read(heard, own): readonly Reading[] {
    const [first = '', second = ''] = heard.levels;
    switch (first) {
      case 'online':
        return online(saysYes(heard), own);
      case 'sensor':
        return sensorReadings(heard, second, own);
      case 'input':
        return [point(`input-${second}`, saysYes(heard), own)];
      case 'input_event':
        // The count is in the bytes: one press that comes twice is one, the next press another.
        return heard.retained ? [] : press(heard.json(pressBody).event, { zone: `input-${second}` });
      case 'relay':
        return heard.levels.length === 2 ? outputAnswers(second, heard.text().trim() === 'on', own.outputs) : [];
      default:
        return [];
    }
  },
  tell: {
    orders: ({ outputs }) => outputOrders(outputs),
    say: (command, { id, outputs }) =>
      switchings(command, outputs)?.map(({ output, on }) => ({ topic: `shellies/${id}/relay/${output}/command`, payload: on ? 'on' : 'off' })),
  },
});

function online(now: boolean, { sleeps }: Settings): readonly Reading[] {
  return now || !sleeps ? [{ kind: 'alive', online: now }] : [];
}

function sensorReadings(heard: Heard, name: string, { id, batteryLow }: Settings): readonly Reading[] {
  if (name === 'battery') {
    const percent = Number(heard.text());
    // Just woken, it does not know yet.
    if (percent === -1) return [];
    if (!(percent >= 0 && percent <= 100)) throw heard.refuse('/', 'a percentage', JSON.stringify(heard.text().slice(0, 60)));
    return [state('sensor.battery.low', percent <= batteryLow, 'battery', { zone: id })];
  }
  const type = Object.hasOwn(sensors, name) ? sensors[name] : undefined;
  return type === undefined ? [] : [state(type, saysYes(heard), name, { zone: id })];
}

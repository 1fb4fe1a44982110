/** Tasmota (alarm-panels §1.7): switches as states, buttons as presses. Its clock has no zone, hence `timeZone`. */
import { z } from 'zod';
import { booleanOf, press } from '../common-words.ts';
import { outputAnswers, outputOrders, outputSettings, switchings } from '../outputs.ts';
import { localTimeOf } from '../panel-time.ts';
import { meaningSettings, point } from '../point-meanings.ts';
import { type Heard, readDialect, timeZoneText } from '../read-dialect.ts';
import type { Reading, SignMore } from '../reading.ts';

const settings = z.strictObject({
  /** The device's topic, in the usual full topic `%prefix%/%topic%/`. */
  topic: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[^/+#]+$/, 'the topic of one device'),
  timeZone: timeZoneText,
  ...meaningSettings,
  ...outputSettings,
});
type Settings = z.output<typeof settings>;

const body = z.record(z.string(), z.unknown());
const part = z.union([z.string().max(40), z.object({ Action: z.string().max(40) }), z.object({ State: z.string().max(40) })]);

export const tasmotaDialect = readDialect({
  name: 'tasmota',
  settings,
  prefix: ({ topic }) => `cmnd/${topic}/`,
  topics: ({ topic }) => [`tele/${topic}/LWT`, `tele/${topic}/SENSOR`, `stat/${topic}/#`],
  read(heard, own): readonly Reading[] {
    const [kind, , last = ''] = heard.levels;
    if (kind === 'tele' && last === 'LWT') return willReadings(heard);
    if (last === 'SENSOR' || last === 'RESULT') return bodyReadings(heard, own);
    if (/^POWER\d*$/.test(last)) return outputAnswers(last, heard.text().trim() === 'ON', own.outputs);
    if (/^(SWITCH|BUTTON)\d+$/.test(last)) return partReadings(heard, last, plainOrBody(heard), own, {});
    return [];
  },
  tell: {
    orders: ({ outputs }) => outputOrders(outputs),
    say: (command, { topic, outputs }) =>
      switchings(command, outputs)?.map(({ output, on }) => ({ topic: `cmnd/${topic}/${output}`, payload: on ? 'ON' : 'OFF' })),
  },
});

function willReadings(heard: Heard): readonly Reading[] {
  const text = heard.text().trim();
  if (text !== 'Online' && text !== 'Offline') throw heard.refuse('/', '"Online" or "Offline"', JSON.stringify(text.slice(0, 60)));
  return [{ kind: 'alive', online: text === 'Online' }];
}

function bodyReadings(heard: Heard, own: Settings): readonly Reading[] {
  const values = heard.json(body);
  const at = typeof values.Time === 'string' ? localTimeOf(values.Time, own.timeZone) : undefined;
  const more = at === undefined ? {} : { at };
  return Object.entries(values)
    .filter(([key]) => /^(Switch|Button)\d+$/i.test(key))
    .flatMap(([key, value]) => partReadings(heard, key, value, own, more));
}

function plainOrBody(heard: Heard): unknown {
  const text = heard.text().trim();
  return text.startsWith('{') ? heard.json(z.object({ STATE: z.string().max(40) })).STATE : text;
}

function partReadings(heard: Heard, key: string, value: unknown, own: Settings, more: SignMore): readonly Reading[] {
  const name = key.toLowerCase();
  const read = part.safeParse(value);
  if (!read.success) throw heard.refuse(`/${key}`, 'a word, or an object with Action', JSON.stringify(value)?.slice(0, 60) ?? 'nothing');
  const word = typeof read.data === 'string' ? read.data : 'Action' in read.data ? read.data.Action : read.data.State;
  if (!name.startsWith('switch')) return heard.retained ? [] : press(word, { zone: name, ...more });
  const on = booleanOf(word);
  if (on !== undefined) return [point(name, on, own, more)];
  // A switch may be set up as a button.
  if (/^(TOGGLE|HOLD|CLEAR|INC_DEC|INV|POWER_\w+)$/.test(word))
    return heard.retained || word !== 'TOGGLE' ? [] : press(word, { zone: name, ...more });
  throw heard.refuse(`/${key}`, 'what a switch says', JSON.stringify(word));
}

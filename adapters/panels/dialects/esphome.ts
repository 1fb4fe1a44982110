/** ESPHome (alarm-panels §1.7): one node a panel; all states again at each reconnect. Also the DSC component of ESPHome, whose AC, battery and trouble are named in `types`. */
import { z } from 'zod';
import { panelState, panelWord, press, saysOnline, saysYes } from '../common-words.ts';
import { outputAnswers, outputOrders, outputSettings, switchings } from '../outputs.ts';
import { meaningSettings, point } from '../point-meanings.ts';
import { prefixText, readDialect } from '../read-dialect.ts';
import type { Reading } from '../reading.ts';

const settings = z.strictObject({
  /** The node's name, which begins its topics. */
  prefix: prefixText,
  ...meaningSettings,
  ...outputSettings,
});
const eventBody = z.object({ event_type: z.string().max(63) });

export const esphomeDialect = readDialect({
  name: 'esphome',
  settings,
  prefix: ({ prefix }) => prefix,
  topics: ({ prefix }) =>
    ['status', 'binary_sensor/+/state', 'alarm_control_panel/+/state', 'event/+/state', 'switch/+/state'].map((filter) => `${prefix}${filter}`),
  read(heard, meanings): readonly Reading[] {
    const [component, id = '', last] = heard.levels;
    if (component === 'status' && id === '') return [{ kind: 'alive', online: saysOnline(heard) }];
    if (last !== 'state') return [];
    switch (component) {
      case 'binary_sensor':
        return [point(id, saysYes(heard), meanings)];
      case 'alarm_control_panel':
        return panelState(heard, id, heard.text());
      case 'switch':
        return outputAnswers(id, saysYes(heard), meanings.outputs);
      case 'event':
        return heard.retained ? [] : press(heard.json(eventBody).event_type, { zone: id });
      default:
        return [];
    }
  },
  tell: {
    orders: ({ outputs }) => ['arm', 'disarm', ...outputOrders(outputs)],
    say(command, { prefix, outputs }) {
      const word = panelWord(command);
      // The node has one panel or several: which, its id says.
      if (word !== undefined && 'partition' in command && command.partition !== undefined) {
        return [{ topic: `${prefix}alarm_control_panel/${command.partition}/command`, payload: word }];
      }
      return switchings(command, outputs)?.map(({ output, on }) => ({ topic: `${prefix}switch/${output}/command`, payload: on ? 'ON' : 'OFF' }));
    },
  },
});

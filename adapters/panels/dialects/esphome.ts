/** ESPHome (alarm-panels §1.7): one node a panel; all states again at each reconnect. Also the DSC component of ESPHome, whose AC, battery and trouble are named in `types`. */
import { z } from 'zod';
import { panelState, press, saysOnline, saysYes } from '../common-words.ts';
import { meaningSettings, point } from '../point-meanings.ts';
import { prefixText, readDialect } from '../read-dialect.ts';
import type { Reading } from '../reading.ts';

const settings = z.strictObject({
  /** The node's name, which begins its topics. */
  prefix: prefixText,
  ...meaningSettings,
});
const eventBody = z.object({ event_type: z.string().max(63) });

export const esphomeDialect = readDialect({
  name: 'esphome',
  settings,
  prefix: ({ prefix }) => prefix,
  topics: ({ prefix }) => ['status', 'binary_sensor/+/state', 'alarm_control_panel/+/state', 'event/+/state'].map((filter) => `${prefix}${filter}`),
  read(heard, meanings): readonly Reading[] {
    const [component, id = '', last] = heard.levels;
    if (component === 'status' && id === '') return [{ kind: 'alive', online: saysOnline(heard) }];
    if (last !== 'state') return [];
    switch (component) {
      case 'binary_sensor':
        return [point(id, saysYes(heard), meanings)];
      case 'alarm_control_panel':
        return panelState(heard, id, heard.text());
      case 'event':
        return heard.retained ? [] : press(heard.json(eventBody).event_type, { zone: id });
      default:
        return [];
    }
  },
});

/** How the bridges and devices of each dialect keep their states at a broker, and what these mean (alarm-panels §1). */
import type { KeptPanel, KeptPoint, Meant } from './kept-topics.ts';

export interface Draft {
  readonly settings?: Record<string, unknown>;
  readonly zones?: Readonly<Record<string, string>>;
  readonly fixed?: readonly (readonly [topic: string, payload: string])[];
  /** Last words that a broker keeps and nobody tells again: presses that are long over. */
  readonly copies?: readonly (readonly [topic: string, payload: string])[];
  readonly points: readonly (Omit<KeptPoint, 'panel' | 'qos'> & { readonly qos?: 0 | 1 })[];
  readonly press?: KeptPanel['press'];
}

/** As the inventory must name it: the topics of `campus` do. */
export const keptCampus = 'measured';
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
const json = JSON.stringify;

/** By dialect: how its bridge or device keeps its states. QoS is that of its maker's usual settings. */
export const drafts: Readonly<Record<string, { readonly qos: 0 | 1; make(id: string): Draft }>> = {
  zigbee2mqtt: {
    qos: 1,
    make(id) {
      const prefix = `${id}/`;
      const calm = { smoke: false, tamper: false, battery_low: false, linkquality: 88 };
      const devices = numbers(3).flatMap((n) => [`smoke-${n}`, `both-${n}`, `button-${n}`, `hatch-${n}`]);
      const of = (device: string): KeptPoint['says'] => {
        if (device.startsWith('smoke')) return [json(calm), json({ ...calm, smoke: true })];
        if (device.startsWith('both')) return [json(calm), json({ ...calm, smoke: true, tamper: true })];
        if (device.startsWith('button')) return [json({ sos: false }), json({ sos: true })];
        return [json({ contact: true, linkquality: 60 }), json({ contact: false, linkquality: 60 })];
      };
      const meant = (device: string): readonly Meant[] => {
        if (device.startsWith('smoke')) return [[device, 'fire.smoke']];
        if (device.startsWith('both'))
          return [
            [device, 'fire.smoke'],
            [device, 'tamper.sensor'],
          ];
        return [[device, device.startsWith('button') ? 'panic.silent' : 'burglary.24h']];
      };
      return {
        settings: { prefix },
        zones: Object.fromEntries(numbers(3).map((n) => [`hatch-${n}`, 'burglary.24h'])),
        fixed: [
          [`${prefix}bridge/state`, json({ state: 'online' })],
          ...devices.map((device) => [`${prefix}${device}/availability`, json({ state: 'online' })] as const),
        ],
        copies: [[`${prefix}remote`, json({ action: 'emergency' })]],
        points: devices.map((device) => ({
          topic: `${prefix}${device}`,
          says: of(device),
          means: meant(device),
          ...(device.startsWith('both') ? { qos: 0 } : {}),
        })),
        press: { topic: `${prefix}keypad`, payload: json({ action: 'emergency' }), means: ['keypad', 'emergency.personal'] },
      };
    },
  },
  esphome: {
    qos: 0,
    make: (id) => ({
      settings: { prefix: `${id}/`, types: Object.fromEntries(numbers(8).map((n) => [`leak_${n}`, 'water.leak'])) },
      zones: { desk: 'panic.audible' },
      fixed: [[`${id}/status`, 'online']],
      points: [
        { topic: `${id}/alarm_control_panel/ward/state`, says: ['DISARMED', 'ARMED_AWAY'], means: [], arms: ['disarmed', 'away'] },
        ...numbers(8).map((n): Draft['points'][number] => ({
          topic: `${id}/binary_sensor/leak_${n}/state`,
          says: ['OFF', 'ON'],
          means: [[`leak_${n}`, 'water.leak']],
        })),
        { topic: `${id}/binary_sensor/desk/state`, says: ['OFF', 'ON'], means: [['desk', 'panic.audible']] },
        { topic: `${id}/alarm_control_panel/house/state`, says: ['armed_away', 'triggered'], means: [['partition_house', 'burglary']] },
      ],
    }),
  },
  tasmota: {
    qos: 0,
    make: (id) => ({
      settings: { topic: id },
      zones: { switch1: 'panic.silent', switch2: 'burglary.24h' },
      fixed: [
        [`tele/${id}/LWT`, 'Online'],
        [`tele/${id}/SENSOR`, json({ Time: '2026-06-01T08:00:00', AM2301: { Temperature: 21.5 } })],
      ],
      points: [
        { topic: `stat/${id}/SWITCH1`, says: ['OFF', 'ON'], means: [['switch1', 'panic.silent']] },
        { topic: `stat/${id}/SWITCH2`, says: [json({ STATE: 'OFF' }), json({ STATE: 'ON' })], means: [['switch2', 'burglary.24h']] },
      ],
    }),
  },
  'shelly-gen1': {
    qos: 0,
    make: (id) => ({
      settings: { id },
      fixed: [
        [`shellies/${id}/online`, 'false'], // It sleeps.
        [`shellies/${id}/sensor/battery`, '87'],
      ],
      points: [
        { topic: `shellies/${id}/sensor/flood`, says: ['false', 'true'], means: [[id, 'water.leak']] },
        { topic: `shellies/${id}/sensor/smoke`, says: ['false', 'true'], means: [[id, 'fire.smoke']] },
      ],
    }),
  },
  'shelly-gen2': {
    qos: 0,
    make: (id) => ({
      settings: { id },
      zones: { 'input-0': 'panic.silent' },
      fixed: [
        [`${id}/online`, 'true'],
        [`${id}/status/devicepower:0`, json({ id: 0, battery: { V: 5.9, percent: 92 } })],
      ],
      points: [
        { topic: `${id}/status/smoke:0`, says: [json({ id: 0, alarm: false }), json({ id: 0, alarm: true })], means: [['smoke-0', 'fire.smoke']] },
        { topic: `${id}/status/input:0`, says: [json({ id: 0, state: false }), json({ id: 0, state: true })], means: [['input-0', 'panic.silent']] },
      ],
    }),
  },
  'home-assistant': {
    qos: 0,
    make(id) {
      const sensors = numbers(6).map((n) => [`gas_${n}`, 'gas', 'gas'] as const);
      const config = (object: string, component: string, more: object) =>
        [
          `homeassistant/${component}/${id}/${object}/config`,
          json({ unique_id: `${id}_${object}`, object_id: object, stat_t: `${id}/${object}/state`, ...more }),
        ] as const;
      return {
        settings: { prefix: `${id}/`, node: id },
        fixed: [...sensors.map(([object, kind]) => config(object, 'binary_sensor', { dev_cla: kind })), config('house', 'alarm_control_panel', {})],
        points: [
          ...sensors.map(([object, , type]): Draft['points'][number] => ({
            topic: `${id}/${object}/state`,
            says: ['OFF', 'ON'],
            means: [[object, type]],
          })),
          { topic: `${id}/house/state`, says: ['armed_night', 'triggered'], means: [['partition_house', 'burglary']] },
        ],
      };
    },
  },
  // Lessons are being held: doors that open are no alarm, in whatever order that is told.
  'dsc-keybus': {
    qos: 1,
    make: (id) => ({
      settings: { prefix: `${id}/` },
      zones: Object.fromEntries(numbers(12).map((n) => [String(n), 'burglary'])),
      fixed: [
        [`${id}/Status`, 'online'],
        [`${id}/Get/Trouble`, '0'],
        [`${id}/Get/Partition1`, 'disarmed'],
      ],
      points: numbers(12).map((n) => ({ topic: `${id}/Get/Zone${n}`, says: ['0', '1'], means: [], ...(n % 2 === 0 ? { qos: 0 } : {}) })),
    }),
  },
  alarmo: {
    qos: 1,
    make: (id) => ({
      settings: { prefix: `${id}/` },
      points: [
        { topic: `${id}/ward/state`, says: ['disarmed', 'armed_night'], means: [], arms: ['disarmed', 'night'] },
        { topic: `${id}/state`, says: ['armed_away', 'triggered'], means: [['partition_alarmo', 'burglary']] },
        ...numbers(3).map((n): Draft['points'][number] => ({
          topic: `${id}/area${n}/state`,
          says: ['disarmed', 'triggered'],
          means: [[`partition_area${n}`, 'burglary']],
        })),
      ],
    }),
  },
  campus: {
    qos: 1,
    make(id) {
      const state = (alarm: false | string) =>
        json({ arm: { 1: 'away' }, zones: { 6: { open: false }, 7: { alarm } }, ac: true, bat: 'ok', tamper: false });
      const prefix = `campus/${keptCampus}/panel/${id}/`;
      return {
        zones: { 7: 'panic.silent' },
        fixed: [[`${prefix}lwt`, 'online']],
        points: [{ topic: `${prefix}state`, says: [state(false), state('1122')], means: [['7', 'panic.silent']], endless: true, snapshot: true }],
      };
    },
  },
  pai: {
    qos: 0,
    make(id) {
      const labels = numbers(8).map((n) => `room_${n}`);
      const states = `${id}/states/`;
      return {
        settings: { prefix: `${id}/` },
        fixed: [
          [`${id}/interface/availability`, 'online'],
          [`${states}partitions/main/current_state`, 'armed_away'],
          ...labels.flatMap((label) =>
            ['low_battery', 'bypassed', 'open'].map((property) => [`${states}zones/${label}/${property}`, 'False'] as const),
          ),
        ],
        points: [
          ...labels.flatMap((label): Draft['points'] => [
            { topic: `${states}zones/${label}/generated_alarm`, says: ['False', 'True'], means: [[label, 'burglary']] },
            { topic: `${states}zones/${label}/tamper`, says: ['False', 'True'], means: [[label, 'tamper.sensor']] },
          ]),
          { topic: `${states}partitions/main/panic_alarm`, says: ['False', 'True'], means: [['partition_main', 'panic.audible']] },
          { topic: `${states}partitions/main/fire_alarm`, says: ['False', 'True'], means: [['partition_main', 'fire.smoke']] },
        ],
      };
    },
  },
  texecom2mqtt: {
    qos: 0,
    make(id) {
      const zone = (number: number, status: number) => json({ number, name: `Room ${number}`, type: 3, status });
      return {
        settings: { prefix: `${id}/` },
        fixed: [[`${id}/status`, 'online']],
        points: [
          {
            topic: `${id}/area/house`,
            says: [json({ id: 1, status: 'full_armed' }), json({ id: 1, status: 'in_alarm' })],
            means: [['partition_house', 'burglary']],
          },
          ...numbers(10).map((n): Draft['points'][number] => ({
            topic: `${id}/zone/room_${n}`,
            says: [zone(n, 0), zone(n, 2)],
            means: [[String(n), 'tamper.sensor']],
          })),
        ],
      };
    },
  },
  envisalink: {
    qos: 1,
    make: (id) => ({
      settings: { prefix: `${id}/` },
      zones: Object.fromEntries(numbers(8).map((n) => [String(n), 'burglary.24h'])),
      points: numbers(8).map((n) => ({ topic: `${id}/${n}`, says: ['0', '1'], means: [[String(n), 'burglary.24h']] })),
    }),
  },
  mapped: {
    qos: 1,
    make: (id) => ({
      settings: {
        prefix: `${id}/`,
        rules: [
          { topic: `${id}/{room}/sos`, says: 'state', type: 'panic.silent', zone: '{room}', active: { from: '$.sos', map: { 1: 'yes', 0: 'no' } } },
        ],
      },
      points: numbers(6).map((n) => ({
        topic: `${id}/room${n}/sos`,
        says: [json({ sos: 0 }), json({ sos: 1 })],
        means: [[`room${n}`, 'panic.silent']],
      })),
    }),
  },
};

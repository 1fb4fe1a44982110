/**
 * Paradox Alarm Interface (alarm-panels §1.1): one value a topic, all of them published again every 12 h. A partition's `triggered` is the OR of its
 * four alarms, so that only those are read. `events/raw` repeats what the states say, retained, and is left alone.
 */
import { z } from 'zod';
import type { AlarmType } from '../../../gateway/domain/alarm.ts';
import type { PanelCommand } from '../../../gateway/domain/command.ts';
import { panelState, saysOnline, saysYes } from '../common-words.ts';
import { labelOf, learnedLabel } from '../labels.ts';
import { type Heard, prefixText, readDialect, type Told } from '../read-dialect.ts';
import { type Reading, state } from '../reading.ts';

const ofPartition: Readonly<Record<string, AlarmType>> = {
  fire_alarm: 'fire.smoke',
  audible_alarm: 'burglary',
  silent_alarm: 'panic.silent',
  panic_alarm: 'panic.audible',
};
const ofZone: Readonly<Record<string, AlarmType>> = {
  generated_alarm: 'burglary',
  /** As older versions call it. */
  alarm: 'burglary',
  tamper: 'tamper.sensor',
  low_battery: 'sensor.battery.low',
  supervision_trouble: 'sensor.supervision',
  zone_fire_loop_trouble: 'loop.fire.fault',
  bypassed: 'zone.bypass',
};
const ofSystem: Readonly<Record<string, AlarmType>> = {
  ac_trouble: 'power.ac',
  battery_failure_trouble: 'power.battery.low',
  bell_absent_trouble: 'siren.fault',
  dialer_trouble: 'comms.line',
  com_pc_trouble: 'comms.fail',
  module_tamper_trouble: 'tamper.module',
  missing_module_trouble: 'module.fault',
  time_lost_trouble: 'clock.log',
};

const settings = z.strictObject({ prefix: prefixText.default('paradox/') });

export const paiDialect = readDialect({
  name: 'pai',
  settings,
  prefix: ({ prefix }) => prefix,
  topics: ({ prefix }) => [`${prefix}states/#`, `${prefix}interface/availability`],
  read(heard): readonly Reading[] {
    const [root, group, label = '', property = ''] = heard.levels;
    if (root === 'interface' && group === 'availability') return [{ kind: 'alive', online: saysOnline(heard) }];
    if (root !== 'states') return [];
    if (group === 'partitions') {
      // `triggered` is said by the four alarms, with its kind.
      if (property === 'current_state')
        return heard.text() === 'triggered'
          ? []
          : panelState(heard, label, heard.text()).filter(({ kind }) => kind === 'arming' || kind === 'answer');
      return sign(heard, ofPartition, property, { partition: label });
    }
    if (group === 'zones') return [...learnedLabel(heard, label), ...sign(heard, ofZone, property, { zone: label })];
    if (group === 'system') return sign(heard, ofSystem, heard.levels.at(-1) ?? '', {});
    return [];
  },
  // PAI itself passes over a command that a broker kept.
  tell: {
    orders: () => ['arm', 'disarm', 'bypass', 'unbypass'],
    say(command, { prefix }, known) {
      const said = sayingOf(command, known);
      return said && [{ topic: `${prefix}control/${said.topic}`, payload: said.payload }];
    },
  },
});

const armWords = { away: 'arm', home: 'arm_stay', night: 'arm_sleep' } as const;

function sayingOf(command: PanelCommand, known: Told): { topic: string; payload: string } | undefined {
  switch (command.op) {
    case 'arm':
      return { topic: `partitions/${command.partition ?? 'all'}`, payload: armWords[command.mode ?? 'away'] };
    case 'disarm':
      return { topic: `partitions/${command.partition ?? 'all'}`, payload: 'disarm' };
    case 'bypass':
    case 'unbypass':
      return { topic: `zones/${labelOf(known, command.zone)}`, payload: command.op === 'bypass' ? 'bypass' : 'clear_bypass' };
    case 'reset':
    case 'siren':
    case 'received':
    case 'sync':
      return undefined;
  }
}

function sign(heard: Heard, types: Readonly<Record<string, AlarmType>>, property: string, where: { partition?: string; zone?: string }): Reading[] {
  const type = Object.hasOwn(types, property) ? types[property] : undefined;
  return type === undefined ? [] : [state(type, saysYes(heard), property, where)];
}

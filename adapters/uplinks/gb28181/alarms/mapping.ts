/** From canonical alarm types and faults to the methods and types of GB/T 28181 (alarm-panels §2.3, facts §4.5). */
import type { AlarmType, Severity } from '../../../../gateway/domain/alarm.ts';
import type { FaultCode } from '../../../../gateway/domain/health.ts';
import type { GbSettings } from '../settings.ts';

export interface GbAlarmKind {
  /** 1 is the highest, 4 the lowest. */
  readonly priority: number;
  /** 2 device, 5 video, 6 device fault. */
  readonly method: number;
  /** AlarmType; absent: none is sent, as for a plain alarm input. */
  readonly type?: number;
}

type Row = Pick<GbAlarmKind, 'method' | 'type'>;

const plain: Row = { method: 2 };
const tamper: Row = { method: 2, type: 2 };
const fault: Row = { method: 6 };

/** What is not here is a plain alarm of a device: panic, fire, burglary, and also what nobody knows, since WVP hides method 7. */
const rows: ReadonlyMap<AlarmType, Row> = new Map([
  ['tamper.sensor', tamper],
  ['tamper.module', tamper],
  ['tamper.panel', tamper],
  ['sensor.supervision', fault],
  ['rf.jam', fault],
  ['temp.high', { method: 2, type: 4 }],
  ['temp.low', { method: 2, type: 5 }],
  ['power.ac', fault],
  ['power.battery.low', fault],
  ['power.battery.missing', fault],
  ['sensor.battery.low', fault],
  ['siren.fault', fault],
  ['module.fault', fault],
  ['comms.line', fault],
  ['comms.fail', fault],
  ['comms.panel.lost', fault],
  ['loop.fire.fault', fault],
  ['loop.fault', fault],
  ['panic.fault', fault],
  ['video.loss', { method: 2, type: 1 }],
  ['storage.full', { method: 2, type: 3 }],
  ['storage.fault', { method: 6, type: 1 }],
  ['fan.fault', { method: 6, type: 2 }],
  ['video.motion', { method: 5, type: 2 }],
  ['video.tripwire', { method: 5, type: 5 }],
  ['video.intrusion', { method: 5, type: 6 }],
  ['video.loiter', { method: 5, type: 8 }],
]);

/** `mapping`: what this platform wants otherwise. */
export function kindOfAlarm(type: AlarmType, severity: Severity, mapping: GbSettings['alarms']['mapping']): GbAlarmKind {
  const usual = rows.get(type) ?? plain;
  const wanted = mapping[type] ?? {};
  const number = wanted.type ?? usual.type;
  return {
    priority: wanted.priority ?? severity,
    method: wanted.method ?? usual.method,
    ...(number === undefined || number === 'none' ? {} : { type: number }),
  };
}

const lostPictures: ReadonlySet<FaultCode> = new Set([
  'camera-unreachable',
  'camera-credentials',
  'camera-certificate',
  'camera-reply',
  'stream-stalled',
]);

export function kindOfFault(code: FaultCode): GbAlarmKind {
  if (lostPictures.has(code)) return { priority: 3, method: 2, type: 1 };
  return { priority: 3, method: 6, ...(code === 'disk-space' ? { type: 1 } : {}) };
}

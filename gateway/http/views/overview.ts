/** Is all well? One sentence, a few figures, and what needs somebody. */
import type { FaultView, Overview, PhoneCall, UplinkView } from '../../domain/api.ts';
import type { Inventory } from '../../domain/campus.ts';
import type { UndeliveredAlarm } from '../../domain/delivery.ts';
import type { DeviceHealth, DeviceState, FaultCode, SubjectKind } from '../../domain/health.ts';
import { phoneScript, policeNumber } from '../../domain/phone-police.ts';
import { isoOf } from '../../domain/time.ts';
import type { Words } from '../../domain/words.ts';
import type { HttpParts } from '../ports.ts';
import { deviceViews } from './device-view.ts';

type OverviewParts = Pick<
  HttpParts,
  'inventory' | 'health' | 'fleet' | 'faultTitle' | 'journal' | 'uplinkViews' | 'undelivered' | 'startedAt' | 'version'
>;

/** More open alarms than this are not counted: the number means "too many" anyway. */
const mostCounted = 100;
const mostNeeds = 5;

export function overviewOf(parts: OverviewParts): Overview {
  const inventory = parts.inventory.current();
  const { campus } = inventory;
  const undelivered = parts.undelivered();
  const devices = deviceViews(parts, []);
  const uplinks = parts.uplinkViews();
  const tally = (kind: SubjectKind) => {
    const counted = devices.filter((device) => device.kind === kind && device.state !== 'disabled');
    return { total: counted.length, normal: counted.filter(({ state }) => state === 'normal').length };
  };
  const figures = {
    cameras: tally('camera'),
    panels: tally('panel'),
    openAlarms: parts.journal.read.alarms({ limit: mostCounted, unacknowledged: true }).length,
    openFaults: devices.reduce((sum, { faults }) => sum + faults.length, 0),
    phonePolice: undelivered !== undefined,
  };
  return {
    campus: { name: campus.name, address: campus.address },
    verdict: verdictOf({ ...figures, uplinks }),
    state: worst(parts.health.devices()),
    ...figures,
    ...(undelivered ? { phone: phoneCall(undelivered, inventory) } : {}),
    uplinks,
    needsYou: neediest(devices),
    startedAt: isoOf(parts.startedAt),
    version: parts.version,
  };
}

export function phoneCall(alarm: UndeliveredAlarm, inventory: Inventory): PhoneCall {
  return { number: policeNumber, read: phoneScript(alarm, inventory), alarm: alarm.event.id, since: isoOf(alarm.journalledAt) };
}

const alarmLost: FaultCode = 'alarm-undelivered';
const kindWeight: Readonly<Record<SubjectKind, number>> = { uplink: 0, panel: 1, gateway: 2, camera: 3, zone: 4 };
const stateWeight: Readonly<Record<DeviceState, number>> = { offline: 0, degraded: 1, unknown: 2, normal: 3, maintenance: 4, disabled: 5 };

/** The gravest fault of each device: an alarm that nobody has first, then what carries alarms, then what shows pictures. */
function neediest(
  devices: readonly { readonly kind: SubjectKind; readonly state: DeviceState; readonly faults: readonly FaultView[] }[],
): readonly FaultView[] {
  return devices
    .flatMap(({ kind, state, faults }) => (faults[0] ? [{ kind, state, fault: faults[0] }] : []))
    .sort(
      (a, b) =>
        Number(b.fault.code === alarmLost) - Number(a.fault.code === alarmLost) ||
        kindWeight[a.kind] - kindWeight[b.kind] ||
        stateWeight[a.state] - stateWeight[b.state] ||
        a.fault.since.localeCompare(b.fault.since),
    )
    .slice(0, mostNeeds)
    .map(({ fault }) => fault);
}

/** `offline` where everything is; `degraded` where anything is wrong; `unknown` where something is not yet proven. */
function worst(devices: readonly DeviceHealth[]): DeviceState {
  const states = devices.map(({ state }) => state).filter((state) => state !== 'disabled' && state !== 'maintenance');
  if (states.length === 0) return 'unknown';
  if (states.every((state) => state === 'offline')) return 'offline';
  if (states.some((state) => state === 'offline' || state === 'degraded')) return 'degraded';
  return states.some((state) => state === 'unknown') ? 'unknown' : 'normal';
}

interface Figures extends Pick<Overview, 'cameras' | 'panels' | 'openAlarms' | 'phonePolice'> {
  readonly uplinks: readonly UplinkView[];
}

export function verdictOf({ cameras, panels, openAlarms, phonePolice, uplinks }: Figures): Words {
  if (phonePolice) {
    return { zh: '报警未能送达公安平台，请立即拨打 110。', en: 'An alarm has not reached the police side: phone 110 now.' };
  }
  const parts: Words[] = [
    openAlarms > 0
      ? { zh: `${counted(openAlarms)} 个报警未确认`, en: `${counted(openAlarms)} ${openAlarms === 1 ? 'alarm' : 'alarms'} open` }
      : { zh: '无未确认报警', en: 'no alarm open' },
    ...share(cameras, { zh: '路摄像机', en: 'cameras' }),
    ...share(panels, { zh: '台报警主机', en: 'panels' }),
    linkWords(uplinks),
  ];
  const english = parts.map(({ en }) => en).join(', ');
  return { zh: `${parts.map(({ zh }) => zh).join('，')}。`, en: `${english.charAt(0).toUpperCase()}${english.slice(1)}.` };
}

function counted(count: number): string {
  return count >= mostCounted ? `≥ ${mostCounted}` : String(count);
}

function share({ total, normal }: { readonly total: number; readonly normal: number }, noun: Words): Words[] {
  if (total === 0) return [];
  if (total === normal) return [{ zh: `${total} ${noun.zh}全部正常`, en: `all ${total} ${noun.en} normal` }];
  return [{ zh: `${total} ${noun.zh}中 ${normal} 正常`, en: `${normal} of ${total} ${noun.en} normal` }];
}

function linkWords(uplinks: readonly UplinkView[]): Words {
  const active = uplinks.filter(({ state }) => state !== 'disabled');
  if (active.length === 0) return { zh: '未配置上报平台', en: 'no police link set up' };
  const bad = active.filter(({ state }) => state === 'offline' || state === 'degraded');
  if (bad.length > 0)
    return {
      zh: `上报链路异常（${bad.map(({ name }) => name).join('、')}）`,
      en: `police link in trouble (${bad.map(({ name }) => name).join(', ')})`,
    };
  if (active.some(({ state }) => state === 'unknown')) return { zh: '上报链路尚未证实', en: 'police link not yet proven' };
  return { zh: '上报链路正常', en: 'police link up' };
}

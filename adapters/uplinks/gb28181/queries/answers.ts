/**
 * What a platform asks besides the catalogue, answered from what the box knows now (facts §4.1, 4.2, 4.6, 4.7, 4.10). Each answer is a message of its own
 * with SN and code of the question.
 */
import type { UplinkId } from '../../../../gateway/domain/ids.ts';
import type { Clock } from '../../../../gateway/domain/ports.ts';
import type { PlatformDoor } from '../../../../gateway/domain/uplink-ports.ts';
import type { ManscdpMessage } from '../../../protocols/manscdp/message.ts';
import { noticeOf } from '../alarms/notice.ts';
import { standingOfCamera, standingOfZone, statusOf } from '../catalogue/standing.ts';
import { codedZones, nameOf, type Owned, ownedBy } from '../owned.ts';
import { numberedPresets } from '../presets.ts';
import { type Basics, type GbSettings, mayShow } from '../settings.ts';
import { alarmHistory, type Notice } from './alarm-history.ts';
import { configAnswers } from './configs.ts';
import { dutiesOf } from './duty.ts';

export type GbQuery = Exclude<Extract<ManscdpMessage, { readonly root: 'Query' }>, { readonly cmdType: 'Catalog' }>;

export interface AnswerParts {
  readonly uplink: UplinkId;
  readonly settings: GbSettings;
  readonly basics: Basics;
  readonly door: PlatformDoor;
  readonly clock: Clock;
}

/** In the order in which they are to be sent. What nobody has is answered with ERROR, as a platform that hears nothing waits. */
export async function answersTo(query: GbQuery, parts: AnswerParts, signal: AbortSignal): Promise<readonly ManscdpMessage[]> {
  const { settings, door } = parts;
  const owned = ownedBy(query.deviceId, settings, door.inventory.current());
  const head = { root: 'Response', sn: query.sn, deviceId: query.deviceId } as const;
  switch (query.cmdType) {
    case 'DeviceInfo':
      return [{ ...head, cmdType: query.cmdType, content: infoOf(owned, parts) }];
    case 'DeviceStatus':
      return [{ ...head, cmdType: query.cmdType, content: statusOfOwned(owned, parts) }];
    case 'ConfigDownload':
      return (await configAnswers(query.content.configTypes, owned, parts)).map((content) => ({ ...head, cmdType: query.cmdType, content }));
    case 'PresetQuery':
      return [{ ...head, cmdType: query.cmdType, content: { presets: await presetsOf(owned, parts, signal) } }];
    case 'RecordInfo':
      // No recording is offered yet: nothing found, promptly (facts §4.6).
      return [{ ...head, cmdType: query.cmdType, content: { ...(owned ? { name: nameOf(owned, parts.door) } : {}), sumNum: 0, items: [] } }];
    case 'Alarm': {
      const inventory = door.inventory.current();
      const notice: Notice = (event, position) => noticeOf(event, position, { settings, inventory });
      const notices = owned ? alarmHistory(query, { isDevice: owned.kind === 'device', journal: door.journal, notice }) : [];
      const empty: ManscdpMessage = { ...head, cmdType: query.cmdType, content: { result: owned ? 'OK' : 'ERROR' } };
      return notices.length === 0 ? [empty] : notices.map(({ deviceId, content }) => ({ ...head, deviceId, cmdType: query.cmdType, content }));
    }
    case 'MobilePosition':
      // A school stands still, and nobody has entered where.
      return [{ ...head, cmdType: query.cmdType, content: { result: 'ERROR' } }];
  }
}

type Content<C extends GbQuery['cmdType']> = Extract<ManscdpMessage, { readonly root: 'Response'; readonly cmdType: C }>['content'];

function infoOf(owned: Owned | undefined, parts: AnswerParts): Content<'DeviceInfo'> {
  if (!owned) return { result: 'ERROR' };
  const { codes } = parts.settings;
  const { door } = parts;
  const base = { deviceName: nameOf(owned, parts.door), result: 'OK' } as const;
  switch (owned.kind) {
    case 'device': {
      const { channels } = door.inventory.current();
      const cameras = channels.filter((one) => codes.channels[one.id] !== undefined && mayShow(parts.settings, one));
      const channel = cameras.length + codedZones(parts.settings, door.inventory.current()).length;
      return { ...base, manufacturer: 'CampusGateway', model: 'gateway', firmware: door.box.version, channel };
    }
    case 'channel': {
      const status = door.cameraStatus(owned.camera.id);
      return { ...base, manufacturer: 'ONVIF', model: status?.model ?? 'camera', firmware: status?.firmware ?? '', channel: 1 };
    }
    case 'zone':
      return { ...base, manufacturer: owned.panel.dialect, model: owned.panel.name, firmware: '', channel: 1 };
  }
}

function statusOfOwned(owned: Owned | undefined, { door, settings, clock }: AnswerParts): Content<'DeviceStatus'> {
  const deviceTime = clock.now();
  if (!owned) return { result: 'ERROR', online: 'OFFLINE', status: 'ERROR', reason: '无此编码', deviceTime, alarmStatus: [] };
  const duties = (zones: Parameters<typeof dutiesOf>[0]) =>
    dutiesOf(zones, {
      status: ({ id }) => door.panelStatus(id),
      raised: (panel, zone) => door.journal.raisedTypes(panel.id, zone.id).length > 0,
    });
  const rest = { result: 'OK', encode: 'ON', record: 'OFF', deviceTime } as const;
  switch (owned.kind) {
    case 'device': {
      const faults = door.health.device('gateway')?.faults ?? [];
      const [gravest] = faults;
      const state = gravest ? ({ status: 'ERROR', reason: gravest.sentence.zh } as const) : ({ status: 'OK' } as const);
      return { ...rest, online: 'ONLINE', ...state, alarmStatus: duties(codedZones(settings, door.inventory.current())) };
    }
    case 'channel': {
      const health = door.health.device(owned.camera.id);
      const on = statusOf(standingOfCamera(health)) === 'ON';
      const why = health?.faults[0]?.sentence.zh;
      const state = on ? ({ status: 'OK' } as const) : ({ status: 'ERROR', ...(why === undefined ? {} : { reason: why }) } as const);
      return { ...rest, online: on ? 'ONLINE' : 'OFFLINE', ...state, encode: on ? 'ON' : 'OFF', alarmStatus: [] };
    }
    case 'zone': {
      const on = standingOfZone(door.health.device(owned.panel.id), door.panelStatus(owned.panel.id), owned.zone.id) !== 'OFF';
      return { ...rest, online: on ? 'ONLINE' : 'OFFLINE', status: on ? 'OK' : 'ERROR', encode: 'OFF', alarmStatus: duties([owned]) };
    }
  }
}

/** None where the camera has none, cannot be turned or is not there: the platform's list is empty then. */
async function presetsOf(owned: Owned | undefined, { door, uplink }: AnswerParts, signal: AbortSignal): Promise<Content<'PresetQuery'>['presets']> {
  if (owned?.kind !== 'channel') return [];
  const order = { to: 'channel', channel: owned.channel.id, command: { op: 'presets', profile: 'main' } } as const;
  const { presets = [] } = await door.execute(order, uplink, signal).catch(() => ({ presets: [] }));
  return [...numberedPresets(presets)].map(([number, { name }]) => ({ presetId: String(number), presetName: name || `Preset ${number}` }));
}

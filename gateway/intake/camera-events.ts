/**
 * What a camera says by itself → an alarm, where a rule of that camera wants it. What it merely tells when it is asked begins nothing, with one
 * exception: a panic button that we knew to be let go, and find pressed.
 */
import { overtakes } from '../domain/alarm.ts';
import { type CameraEventRule, cameraEventRows, ruleFor, typeOfRule } from '../domain/camera-events.ts';
import type { CameraReport } from '../domain/camera-report.ts';
import type { Camera, Inventory } from '../domain/campus.ts';
import type { AlarmRaised, AlarmRestored } from '../domain/event.ts';
import type { EventId, PanelId, ZoneId } from '../domain/ids.ts';
import type { InventoryReader, JournalReader, Recorded } from '../domain/ports.ts';
import { underRules } from '../domain/site-rules.ts';
import type { Instant } from '../domain/time.ts';
import { isWithin } from '../domain/weekly-windows.ts';
import { type Whereabouts, type ZoneReport, zoneEvent } from './decide.ts';
import type { IntakeResult } from './intake.ts';

export type CameraEvent = Extract<CameraReport, { kind: 'event' }>;

export interface CameraEventsParts {
  readonly read: Pick<JournalReader, 'lastZoneEvent'>;
  readonly inventory: InventoryReader;
  readonly record: (event: AlarmRaised | AlarmRestored) => Promise<Recorded>;
  readonly nextId: () => EventId;
  /** The newest state per zone and type that is on its way into the journal. */
  readonly flying: Map<string, { readonly kind: 'alarm.raised' | 'alarm.restored' }>;
  /** Pictures of alarms are kept here. */
  readonly keepsEvidence: boolean;
}

const protocol = 'onvif';
const mostChannels = 4;
/** Sources of all cameras together whose state is remembered. */
const mostKnown = 10_000;

export function openCameraEvents({ read, inventory, record, nextId, flying, keepsEvidence }: CameraEventsParts) {
  /** What each source was last known to be, wanted or not. */
  const active = new Map<string, boolean>();

  return async (event: CameraEvent, receivedAt: Instant): Promise<IntakeResult> => {
    const school = inventory.current();
    const { camera: id, event: kind, source, topic, state } = event;
    const zone = zoneOfEvent(event);
    const begins = state === 'raised' || state === 'still';
    const key = `${id}|${zone}`;
    const before = active.get(key);
    active.delete(key);
    active.set(key, begins);
    if (active.size > mostKnown) active.delete(active.keys().next().value ?? key);

    const camera = school.cameras.find((each) => each.id === id);
    const rule = camera && ruleFor(camera.events ?? [], { kind, source, topic });
    if (!camera?.enabled || !rule) return { kind: 'nothing', why: 'unwanted' };
    const said: ZoneReport = {
      ...{ kind: 'zone', device: id, zone, type: typeOfRule(rule), state, drill: false, test: false },
      // It was so when we asked, and nobody knows since when.
      historical: state === 'still' || state === 'quiet',
      ...{ dedupe: event.dedupe, code: topic, text: cameraEventRows[kind].title.zh, raw: event.raw },
      ...(event.deviceTime === undefined || state === 'still' ? {} : { deviceTime: event.deviceTime }),
    };
    const ruled = underRules(said, school);
    const { type } = ruled.report;
    const flight = `${id}|${zone}|${type}`;
    // A camera stands where the panel of an alarm stands.
    const last = flying.get(flight)?.kind ?? read.lastZoneEvent(id as string as PanelId, zone, type)?.event.kind;
    if (!begins && last !== 'alarm.raised') return { kind: 'nothing', why: 'known' };
    if (state === 'still' && !(overtakes(type) && last !== 'alarm.raised' && (before === false || last === 'alarm.restored'))) {
      return { kind: 'nothing', why: 'known' };
    }
    const { schedule } = rule;
    const now = schedule === undefined || overtakes(type) || isWithin(schedule, receivedAt, school.campus.timeZone);
    if (begins && !now) return { kind: 'nothing', why: 'unwanted' };
    const becomes = { kind: begins ? 'alarm.raised' : 'alarm.restored' } as const;
    flying.set(flight, becomes);
    try {
      const arrival = { id: nextId(), inventory: school, receivedAt, protocol, evidence: keepsEvidence };
      return { kind: 'recorded', ...(await record(zoneEvent(becomes.kind, ruled, arrival, whereabouts({ camera, rule, source }, school)))) };
    } finally {
      if (flying.get(flight) === becomes) flying.delete(flight);
    }
  };
}

/** `camera:input:DI_1`, `camera:motion`, `camera:other:Device/Doorbell/Pressed`: no zone of a panel is called so. */
function zoneOfEvent({ event, source, topic }: CameraEvent): ZoneId {
  const parts = ['camera', event, ...(event === 'other' ? [topic] : []), ...(source === '' ? [] : [source])];
  return parts.join(':') as string as ZoneId;
}

interface Heard {
  readonly camera: Camera;
  readonly rule: CameraEventRule;
  readonly source: string;
}

function whereabouts({ camera, rule, source }: Heard, { channels }: Inventory): Whereabouts {
  const own = channels.filter((channel) => channel.camera === camera.id);
  const plain = own[0]?.name ?? camera.name;
  return {
    name: rule.name ?? (source === '' ? plain : `${plain} · ${source}`),
    channels: rule.channels ?? own.slice(0, mostChannels).map(({ id }) => id),
    ...(camera.place === undefined ? {} : { place: camera.place }),
  };
}

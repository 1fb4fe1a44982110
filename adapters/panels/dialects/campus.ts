/**
 * The `campus` dialect (docs/protocols/campus-panel.md, alarm-panels §1.10): JSON on `campus/<campus>/panel/<panel>/…`.
 * Events are never retained, state always is: a retained event raises nothing, a retained state only reconciles.
 */
import { z } from 'zod';
import type { Panel } from '../../../gateway/domain/campus.ts';
import { type PanelCommand, type PanelKnown, type PanelMessage, panelOps } from '../../../gateway/domain/command.ts';
import type { PanelDialect } from '../../../gateway/domain/panel-ports.ts';
import type { Report, TroubleCode } from '../../../gateway/domain/report.ts';
import { type Instant, millis } from '../../../gateway/domain/time.ts';
import { reportsOf } from '../contact-id-reports.ts';
import { readJson, readText, unreadable } from '../panel-json.ts';
import { heardLate, timeOf } from '../panel-time.ts';
import { type ZoneOfPanel, zoneOf } from '../zone-of.ts';

const upTopics = ['evt', 'state', 'hb', 'lwt', 'rsp'] as const;
type UpTopic = (typeof upTopics)[number];

const label = z
  .union([z.string().min(1).max(63), z.number().int().min(0).max(999_999)], 'a number or a name of 1 to 63 characters')
  .transform(String);
const flag = z.union([z.boolean(), z.literal(0), z.literal(1)], 'true or false').transform(Boolean);
const time = z.union([z.number(), z.string().max(40)], 'epoch milliseconds or an ISO 8601 time');
const count = z.number().int().min(0);

const eventBody = z.object({
  v: z.literal(1, '1'),
  seq: count,
  boot: label,
  ts: time.nullish(),
  zone: label.nullish(),
  part: label.nullish(),
  code: z.string().regex(/^[136][0-9A-Fa-f]{3}$/, 'a Contact ID code of Q (1, 3 or 6) and three digits'),
  text: z.string().nullish(),
  drill: flag.nullish(),
  test: flag.nullish(),
  lat: z.number().min(-90).max(90).nullish(),
  lng: z.number().min(-180).max(180).nullish(),
});

// Of alternatives the usual one stands first: one that does not fit costs more than the rest of its object.
const zoneState = z.object({
  open: flag.nullish(),
  bypass: flag.nullish(),
  tamper: flag.nullish(),
  lowbat: flag.nullish(),
  /** True, or better the Contact ID code (`1122`) that stands. */
  alarm: z.union([z.string().regex(/^1[0-9A-Fa-f]{3}$/), flag], 'true, false or a Contact ID code').nullish(),
});

const stateBody = z.object({
  ts: time.nullish(),
  arm: z.record(z.string().min(1).max(63), z.enum(['disarmed', 'home', 'away', 'night'], '"disarmed", "home", "away" or "night"')).nullish(),
  zones: z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'a zone number'), zoneState).nullish(),
  /** Mains present. */
  ac: flag.nullish(),
  /** Battery good. */
  bat: z.union([z.enum(['ok', 'low', 'missing']), flag], 'true, false, "ok", "low" or "missing"').nullish(),
  tamper: flag.nullish(),
});

const heartbeatBody = z.object({
  ts: time.nullish(),
  seq: count.nullish(),
  qdepth: count.nullish(),
  oldestTs: time.nullish(),
  rssi: z.number().nullish(),
});
const responseBody = z.object({ id: z.string().min(1).max(128), ok: flag, err: z.string().nullish() });

export const campusDialect: PanelDialect = {
  name: 'campus',
  settings: z.strictObject({}),
  retainedEvents: 'mistake',
  prefix: prefixOf,
  topics: (panel, campus) => upTopics.map((topic) => `${prefixOf(panel, campus)}${topic}`),
  decode(panel, message) {
    const topic = topicOf(panel, message);
    switch (topic) {
      case 'evt':
        return message.retained ? [] : decodeEvent(panel, message);
      case 'state':
        return decodeState(panel, message);
      case 'hb':
        return message.retained ? [] : decodeHeartbeat(panel, message);
      case 'lwt':
        return decodeWill(panel, message);
      case 'rsp':
        return message.retained ? [] : decodeResponse(panel, message);
    }
  },
  answers: true,
  orders: () => panelOps,
  encode: (panel, campus, command, known) => [{ topic: `${prefixOf(panel, campus)}cmd`, payload: orderOf(command, known), expiring: true }],
};

function prefixOf(panel: Panel, campus: string): string {
  return `campus/${campus}/panel/${panel.id}/`;
}

function topicOf(panel: Panel, message: PanelMessage): UpTopic {
  const [root, , kind, id, last, ...more] = message.topic.split('/');
  const found = upTopics.find((topic) => topic === last);
  if (root !== 'campus' || kind !== 'panel' || id !== panel.id || found === undefined || more.length > 0) {
    throw unreadable(panel, message, {
      path: 'topic',
      expected: `campus/…/panel/${panel.id}/ and one of ${upTopics.join(', ')}`,
      got: 'another topic',
    });
  }
  return found;
}

function decodeEvent(panel: Panel, message: PanelMessage): readonly Report[] {
  const body = readJson(panel, message, eventBody);
  const zone = zoneOf(panel, body.zone ?? undefined);
  if (zone === undefined) {
    throw unreadable(panel, message, { path: '/zone', expected: 'a zone number or id', got: JSON.stringify(body.zone?.slice(0, 60)) });
  }
  const deviceTime = timeOf(body.ts);
  return reportsOf(panel, zone, {
    code: body.code.toUpperCase(),
    drill: body.drill ?? false,
    test: body.test ?? false,
    historical: heardLate(message, deviceTime),
    dedupe: `${panel.id}|${body.boot}|${body.seq}`,
    sequence: { boot: body.boot, seq: body.seq },
    raw: message.payload,
    ...(body.zone == null ? {} : { number: body.zone }),
    ...(body.part == null ? {} : { partition: body.part }),
    ...(deviceTime === undefined ? {} : { deviceTime }),
    ...(body.text ? { text: body.text.slice(0, 256) } : {}),
    ...(body.lat == null || body.lng == null ? {} : { location: { longitude: body.lng, latitude: body.lat } }),
  });
}

function decodeState(panel: Panel, message: PanelMessage): readonly Report[] {
  const body = readJson(panel, message, stateBody);
  const deviceTime = timeOf(body.ts);
  const said = { device: panel.id, raw: message.payload, ...(deviceTime === undefined ? {} : { deviceTime }) };
  const reports: Report[] = [];
  // Three for each zone: one spread, and last (ADR 0021).
  const trouble = (code: TroubleCode, active: boolean | null | undefined, of?: ZoneOfPanel) => {
    if (active == null) return;
    reports.push(of ? { kind: 'trouble', code, active, zone: of.id, ...said } : { kind: 'trouble', code, active, ...said });
  };
  trouble('mains-lost', body.ac == null ? null : !body.ac);
  const battery = body.bat === true ? 'ok' : body.bat === false ? 'low' : body.bat;
  trouble('battery-low', battery == null ? null : battery === 'low');
  trouble('battery-missing', battery == null ? null : battery === 'missing');
  trouble('tamper', body.tamper);
  for (const [partition, mode] of Object.entries(body.arm ?? {})) {
    reports.push({
      kind: 'arming',
      partition,
      mode,
      dedupe: `${panel.id}|state|${deviceTime ?? message.receivedAt}|arm|${partition}|${mode}`,
      ...said,
    });
  }
  for (const [zone, each] of Object.entries(body.zones ?? {})) {
    const of = zoneOf(panel, zone);
    trouble('zone-tamper', each.tamper, of);
    trouble('zone-battery-low', each.lowbat, of);
    trouble('zone-bypassed', each.bypass, of);
    if (each.alarm && of) reports.push(...stillReports(panel, message, { zone, of, alarm: each.alarm, said }));
  }
  return reports;
}

interface StandingZone {
  /** As it came. */
  readonly zone: string;
  readonly of: ZoneOfPanel;
  readonly alarm: true | string;
  readonly said: { readonly deviceTime?: Instant };
}

/** A zone that stands in alarm by the snapshot. Where it gives no code, the zone's own type or a general alarm stands in; `code` is then `6140`. */
function stillReports(panel: Panel, message: PanelMessage, { zone, of, alarm, said }: StandingZone): readonly Report[] {
  const code = alarm === true ? '6140' : `6${alarm.slice(1).toUpperCase()}`;
  return reportsOf(panel, of, {
    code,
    number: zone,
    drill: false,
    test: false,
    historical: true,
    dedupe: `${panel.id}|state|${said.deviceTime ?? message.receivedAt}|zone|${of.id}|${code}`,
    raw: message.payload,
    snapshot: alarm === true ? 'of-any-type' : 'of-its-type',
    ...said,
  }).filter(({ kind }) => kind === 'zone');
}

function decodeHeartbeat(panel: Panel, message: PanelMessage): readonly Report[] {
  const body = readJson(panel, message, heartbeatBody);
  const deviceTime = timeOf(body.ts);
  return [
    {
      kind: 'alive',
      device: panel.id,
      raw: message.payload,
      online: true,
      ...(deviceTime === undefined ? {} : { deviceTime }),
      ...(body.qdepth == null ? {} : { queued: body.qdepth }),
    },
  ];
}

function decodeWill(panel: Panel, message: PanelMessage): readonly Report[] {
  const text = readText(panel, message).trim();
  if (text !== 'online' && text !== 'offline') {
    throw unreadable(panel, message, { path: '/', expected: '"online" or "offline"', got: JSON.stringify(text.slice(0, 60)) });
  }
  return [{ kind: 'alive', device: panel.id, raw: message.payload, online: text === 'online' }];
}

function decodeResponse(panel: Panel, message: PanelMessage): readonly Report[] {
  const body = readJson(panel, message, responseBody);
  const error = body.err ? { error: body.err.slice(0, 256) } : {};
  return [{ kind: 'response', device: panel.id, raw: message.payload, command: body.id, ok: body.ok, ...error }];
}

function orderOf(command: PanelCommand, { clockOffset = millis(0) }: PanelKnown): Uint8Array {
  const { id, op, expires } = command;
  return new TextEncoder().encode(
    JSON.stringify({
      id,
      op,
      ...('mode' in command ? { mode: command.mode } : {}),
      ...('on' in command ? { on: command.on } : {}),
      ...('partition' in command && command.partition !== undefined ? { part: command.partition } : {}),
      ...('zone' in command ? { zone: command.zone } : {}),
      ...('sequence' in command ? command.sequence : {}),
      // By the panel's clock: one that is slow would carry it out too late.
      exp: expires + clockOffset,
    }),
  );
}

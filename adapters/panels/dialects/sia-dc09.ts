/**
 * SIA DC-09: Contact ID and SIA over IP (alarm-panels §3). The receiver (`adapters/panels/dc09`) has answered for what comes here: a frame in the clear,
 * between LF and CR, as it came or as it was decrypted. A code, a token or data that nobody can read becomes an alarm of type `unknown.…`: it may be somebody in need.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Panel } from '../../../gateway/domain/campus.ts';
import type { PanelMessage } from '../../../gateway/domain/command.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { PanelDialect } from '../../../gateway/domain/panel-ports.ts';
import type { Report } from '../../../gateway/domain/report.ts';
import { typeOfSia } from '../../../gateway/domain/sia-types.ts';
import { type Instant, seconds } from '../../../gateway/domain/time.ts';
import { readContactId, readSia, type SiaEvent } from '../../protocols/dc09/data.ts';
import { type Dc09Extras, extrasOf } from '../../protocols/dc09/extended.ts';
import { readFrame } from '../../protocols/dc09/frame.ts';
import { type Dc09Message, readContent } from '../../protocols/dc09/message.ts';
import { ProtocolError } from '../../protocols/protocol-error.ts';
import { siaNames } from '../../protocols/sia/codes.ts';
import { reportsOf } from '../contact-id-reports.ts';
import { unreadable } from '../panel-json.ts';
import { timeOf } from '../panel-time.ts';
import { event, type Reading } from '../reading.ts';
import { reportsOfReadings } from '../reports-of-readings.ts';
import { zoneOf } from '../zone-of.ts';

export const dc09Settings = z.strictObject({
  account: z.string().regex(/^[0-9A-Fa-f]{3,16}$/, 'an account of 3 to 16 hexadecimal digits'),
  /** True allows a panel without a key: whoever reaches the port can then read and forge its alarms. */
  unencrypted: z.boolean().default(false),
  /** Of texts that are not UTF-8. */
  charset: z.enum(['gb18030', 'windows-1252']).default('gb18030'),
});
type Dc09Settings = z.output<typeof dc09Settings>;

/** Between two tries of one message a panel may give it a new time, and no time at all to a resend: within this it is the same. */
const bucket = 60_000;
/** What happened longer ago than this waited in the panel. */
const late = seconds(60);

export const siaDc09Dialect: PanelDialect = {
  name: 'sia-dc09',
  settings: dc09Settings,
  retainedEvents: 'mistake',
  prefix: (panel) => {
    settingsOf(panel);
    return `sia-dc09/${panel.id}/`;
  },
  topics: (panel) => [`sia-dc09/${panel.id}/message`],
  decode(panel, message) {
    const said = read(panel, message);
    if (message.retained) return [];
    return said.token === 'NULL' ? [{ kind: 'alive', online: true, device: panel.id, raw: message.payload }] : decodeEvents(panel, message, said);
  },
  answers: false,
  orders: () => ['sync'],
  encode: (panel, _campus, { op }) => {
    // It tells its state when it likes: there is nothing to ask.
    if (op === 'sync') return [];
    throw new GatewayError('COMMAND_UNSUPPORTED', `Panel ${panel.id} speaks SIA DC-09, which goes one way only: it cannot be told ${op}.`, {
      context: { panel: panel.id, dialect: 'sia-dc09', op },
    });
  },
};

/** Parsed once for each entry of the inventory, which is replaced when it changes. */
const parsed = new WeakMap<Panel, Dc09Settings>();

function settingsOf(panel: Panel): Dc09Settings {
  const before = parsed.get(panel);
  if (before) return before;
  const read = dc09Settings.safeParse(panel.settings);
  if (read.success) {
    parsed.set(panel, read.data);
    return read.data;
  }
  const [issue] = read.error.issues;
  throw new GatewayError(
    'INVENTORY_INVALID',
    `The settings of panel ${panel.id} do not fit the dialect sia-dc09: ${issue?.path.join('.') || 'settings'}: ${issue?.message}.`,
    { context: { panel: panel.id, dialect: 'sia-dc09' } },
  );
}

function read(panel: Panel, message: PanelMessage): Dc09Message {
  try {
    const { crc: _crc, rest, ...header } = readFrame(message.payload);
    return { ...header, ...contentIn(rest) };
  } catch (error) {
    if (error instanceof ProtocolError) throw unreadable(panel, message, { path: '/', expected: error.expected, got: error.got }, error);
    throw error;
  }
}

/** Its CRC was right: what has no end is all the same what the panel said. */
function contentIn(text: string): Pick<Dc09Message, 'data' | 'extended' | 'timestamp'> {
  return text.includes(']') ? readContent(text) : { data: text, extended: [] };
}

function decodeEvents(panel: Panel, message: PanelMessage, said: Dc09Message): readonly Report[] {
  const extras = extrasOf(said);
  const told = { panel, message, said, extras, at: timeOf(extras.occurredAt ?? said.timestamp), charset: settingsOf(panel).charset };
  const reports = known(told) ?? unknownReports(told);
  // Its own key: same count, same content, same time is the same message, whatever was between; the next one is another.
  const content = createHash('sha256')
    .update(JSON.stringify([said.token, said.data, said.extended]))
    .digest('base64url')
    .slice(0, 16);
  const when = said.timestamp ?? `received ${Math.floor(message.receivedAt / bucket)}`;
  return reports.map((report, index) =>
    'dedupe' in report ? { ...report, dedupe: `${panel.id}|dc09|${said.sequence}|${content}|${when}|${index}` } : report,
  );
}

interface Told {
  readonly panel: Panel;
  readonly message: PanelMessage;
  readonly said: Dc09Message;
  readonly extras: Dc09Extras;
  readonly at: Instant | undefined;
  readonly charset: Dc09Settings['charset'];
}

/** Undefined: nobody can read it. */
function known(told: Told): readonly Report[] | undefined {
  const { said } = told;
  try {
    if (said.token === 'ADM-CID') return contactIdReports(told);
    return said.token === 'SIA-DCS' ? siaReports(told) : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function contactIdReports(told: Told): readonly Report[] {
  const { panel, message, said, at } = told;
  const { code, partition, number } = readContactId(said.data);
  const zone = zoneOf(panel, number);
  const text = textOf(told);
  const place = placeOf(told);
  return reportsOf(panel, zone ?? { id: zoneOf(panel, '0')!.id }, {
    ...{ code, number, partition, drill: false, test: false, historical: happenedBefore(told), dedupe: '', raw: message.payload },
    ...(at === undefined ? {} : { deviceTime: at }),
    ...(text === undefined ? {} : { text }),
    ...(place === undefined ? {} : { location: place }),
  });
}

function siaReports(told: Told): readonly Report[] {
  const { old, events } = readSia(told.said.data);
  return reportsOfReadings(
    told.panel,
    told.message,
    events.map((each) => readingOf(told, each, old)),
  );
}

/** NL, NF: the perimeter is armed, and people are inside. */
const perimeter = /^N[LF]$/i;

function readingOf(told: Told, { code, number, area, user, text }: SiaEvent, old: boolean): Reading {
  const { type, active } = typeOfSia(code, number);
  const { at } = told;
  const who = user ?? (type === 'arming' ? number : undefined);
  const common = {
    ...(area === undefined ? {} : { partition: area }),
    ...(who === undefined ? {} : { user: who }),
    ...(at === undefined ? {} : { at }),
  };
  if (type === 'arming') return { kind: 'arming', mode: !active ? 'disarmed' : perimeter.test(code) ? 'home' : 'away', ...common };
  const name = type.startsWith('unknown.') ? siaNames.get(code) : undefined;
  const words = textOf(told, text) ?? (name && `${name.zh} ${name.en}`);
  const place = placeOf(told);
  return {
    ...event(type, code, {
      ...common,
      ...(number === undefined ? {} : { zone: number }),
      ...(words === undefined ? {} : { text: words }),
      ...(place === undefined ? {} : { location: place }),
      historical: old || happenedBefore(told),
    }),
    active,
  };
}

function unknownReports(told: Told): readonly Report[] {
  const { panel, message, said, at } = told;
  const token = said.token.replace(/[^A-Z0-9-]/g, '');
  const text = textOf(told, said.data) ?? said.token;
  const more = { text, historical: happenedBefore(told), ...(at === undefined ? {} : { at }) };
  return reportsOfReadings(panel, message, [event(`unknown.${token}`, token, more)]);
}

/** By the panel's own clock where it tells both times: a wrong clock makes no history. */
function happenedBefore({ extras, said, message }: Told): boolean {
  return extras.occurredAt !== undefined && (said.timestamp ?? message.receivedAt) - extras.occurredAt > late;
}

function placeOf({ extras, charset }: Told): { readonly longitude: number; readonly latitude: number; readonly text?: string } | undefined {
  const { longitude, latitude, place } = extras;
  if (longitude === undefined || latitude === undefined) return undefined;
  return { longitude, latitude, ...(place === undefined ? {} : { text: decoded(place, charset) }) };
}

function textOf({ extras, charset }: Told, own?: string): string | undefined {
  const place = extras.longitude === undefined ? extras.place : undefined;
  const parts = [own, extras.text, place, extras.verification].filter((part) => part !== undefined && part !== '');
  return parts.length === 0 ? undefined : decoded(parts.join(' '), charset).slice(0, 256);
}

/** What looks like UTF-8 is: text of other charsets almost never does. */
function decoded(text: string, charset: Dc09Settings['charset']): string {
  const bytes = Buffer.from(text, 'latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(charset).decode(bytes);
  }
}

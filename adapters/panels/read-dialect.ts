/** Makes a PanelDialect of what is its own in a dialect: its topics, and a pure function from a message to readings. */
import { z } from 'zod';
import type { Panel } from '../../gateway/domain/campus.ts';
import type { PanelCommand, PanelKnown, PanelMessage, PanelOp } from '../../gateway/domain/command.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { PanelDialect } from '../../gateway/domain/panel-ports.ts';
import type { Instant } from '../../gateway/domain/time.ts';
import { readJson, readText, unreadable } from './panel-json.ts';
import type { Reading } from './reading.ts';
import { reportsOfReadings } from './reports-of-readings.ts';

/** One message, as a dialect's reader sees it. What throws here throws PANEL_MESSAGE, with expected, got and path. */
export interface Heard {
  /** Below the dialect's prefix; the whole of it where it is elsewhere. */
  readonly topic: string;
  readonly levels: readonly string[];
  readonly fullTopic: string;
  readonly payload: Uint8Array;
  /** A copy that a broker kept: state, never an event. */
  readonly retained: boolean;
  readonly now: Instant;
  text(): string;
  json<Body>(schema: z.ZodType<Body>): Body;
  /** What `learned` readings of earlier messages told. */
  learned(key: string): string | undefined;
  refuse(path: string, expected: string, got: string): GatewayError;
}

export interface ReadDialect<Settings> {
  readonly name: string;
  /** What the panel's entry in the inventory may set; all of it has a default. */
  readonly settings: z.ZodType<Settings>;
  /** Ends with `/`. */
  prefix(settings: Settings): string;
  /** Whole filters; all below the prefix unless told. */
  topics?(settings: Settings): readonly string[];
  /** Topics that mean nothing to it become no readings. */
  read(heard: Heard, settings: Settings): readonly Reading[];
  /** How it is told something; absent: it only speaks. */
  readonly tell?: {
    orders(settings: Settings): readonly PanelOp[];
    /** Asked only for what is among `orders`. Undefined: this one cannot be said. */
    say(command: PanelCommand, settings: Settings, known: Told): readonly Saying[] | undefined;
  };
}

export interface Saying {
  readonly topic: string;
  readonly payload: string | Uint8Array;
}

export interface Told extends PanelKnown {
  readonly panel: Panel;
}

/** A prefix of topics as people write it, with or without the slash at its end; no wildcards. */
export const prefixText = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^+#]+$/, 'the beginning of topics, without + and #')
  .transform((text) => (text.endsWith('/') ? text : `${text}/`));

export const timeZoneText = z
  .string()
  .max(64)
  .refine((name) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
    } catch {
      // Node offers no other test of a zone's name than to use it.
      return false;
    }
  }, 'an IANA time zone such as Asia/Shanghai')
  .default('Asia/Shanghai');

export function readDialect<Settings>({ name, settings, prefix, topics, read, tell }: ReadDialect<Settings>): PanelDialect {
  // Parsed once for each entry of the inventory, which is replaced when it changes.
  const parsed = new WeakMap<Panel, Settings>();
  const settingsOf = (panel: Panel): Settings => {
    const known = parsed.get(panel);
    if (known !== undefined) return known;
    const made = settings.safeParse(panel.settings);
    if (!made.success) {
      const [issue] = made.error.issues;
      const what = `${issue?.path.join('.') || 'settings'}: ${issue?.message}`;
      throw new GatewayError('INVENTORY_INVALID', `The settings of panel ${panel.id} do not fit the dialect ${name}: ${what}.`, {
        context: { panel: panel.id, dialect: name },
      });
    }
    parsed.set(panel, made.data);
    return made.data;
  };
  const said = (panel: Panel): readonly PanelOp[] => tell?.orders(settingsOf(panel)) ?? [];
  return {
    name,
    settings,
    retainedEvents: 'usual',
    prefix: (panel) => prefix(settingsOf(panel)),
    topics: (panel) => {
      const own = settingsOf(panel);
      return topics?.(own) ?? [`${prefix(own)}#`];
    },
    decode: (panel, message) => {
      const own = settingsOf(panel);
      return reportsOfReadings(panel, message, read(heardOf(panel, message, prefix(own)), own));
    },
    answers: false,
    orders: (panel) => [...said(panel), 'sync'],
    encode: (panel, _campus, command, known) => {
      const own = settingsOf(panel);
      const sayable = said(panel);
      const words = command.op === 'sync' || sayable.includes(command.op) ? tell?.say(command, own, { ...known, panel }) : undefined;
      if (words !== undefined)
        return words.map(({ topic, payload }) => ({
          topic,
          payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
          expiring: false,
        }));
      // It tells its state when it likes: there is nothing to ask.
      if (command.op === 'sync') return [];
      throw unsaid(panel, name, command.op, sayable);
    },
  };
}

function unsaid(panel: Panel, dialect: string, op: PanelOp, sayable: readonly PanelOp[]): GatewayError {
  const instead = sayable.length === 0 ? 'it cannot be told anything' : `it can be told ${sayable.join(', ')}`;
  const sentence = `Panel ${panel.id} speaks ${dialect} and cannot be told ${op} like this: ${instead} (which names and settings that needs: docs/protocols/panel-dialects.md).`;
  return new GatewayError('COMMAND_UNSUPPORTED', sentence, { context: { panel: panel.id, dialect, op, orders: sayable } });
}

function heardOf(panel: Panel, message: PanelMessage, prefix: string): Heard {
  const topic = message.topic.startsWith(prefix) ? message.topic.slice(prefix.length) : message.topic;
  return {
    topic,
    levels: topic.split('/'),
    fullTopic: message.topic,
    payload: message.payload,
    retained: message.retained,
    now: message.receivedAt,
    text: () => readText(panel, message),
    json: (schema) => readJson(panel, message, schema),
    learned: (key) => message.learned?.get(key),
    refuse: (path, expected, got) => unreadable(panel, message, { path, expected, got }),
  };
}

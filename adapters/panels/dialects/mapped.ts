/** Whatever the rules in the panel's settings say (alarm-panels §1.9): for alarm hosts and one-key boxes that speak a JSON of their own. */
import { z } from 'zod';
import { typeOfContactId } from '../../../gateway/domain/alarm-types.ts';
import { type PanelCommand, panelOps } from '../../../gateway/domain/command.ts';
import type { ArmMode } from '../../../gateway/domain/report.ts';
import { typeOfSia } from '../../../gateway/domain/sia-types.ts';
import type { Instant } from '../../../gateway/domain/time.ts';
import { booleanOf } from '../common-words.ts';
import { jsonPath, valueAt } from '../json-path.ts';
import { type MappedSettings, mappedSettings, type Rule, type Source } from '../mapping-rules.ts';
import { maxPayloadBytes } from '../panel-json.ts';
import { localTimeOf, timeOf } from '../panel-time.ts';
import { type Heard, readDialect } from '../read-dialect.ts';
import type { Reading, Sign } from '../reading.ts';
import { captures, filterOf } from '../topic-pattern.ts';

/** One message, as the rules look at it. */
interface Look {
  readonly heard: Heard;
  readonly settings: MappedSettings;
  readonly names: ReadonlyMap<string, string>;
  readonly body: unknown;
}

export const mappedDialect = readDialect({
  name: 'mapped',
  settings: mappedSettings,
  prefix: ({ prefix }) => prefix,
  topics: ({ rules }) => [...new Set(rules.map(({ topic }) => filterOf(topic)))],
  read(heard, settings): readonly Reading[] {
    const mine = settings.rules.flatMap((rule) => {
      const names = captures(rule.topic, heard.fullTopic);
      return names ? [{ rule, names }] : [];
    });
    if (mine.length === 0) return [];
    const body = bodyOf(heard, settings);
    return mine.flatMap(({ rule, names }) => readingsOf({ heard, settings, names, body }, rule));
  },
  tell: {
    orders: ({ commands }) => panelOps.filter((op) => op !== 'sync' && commands[op] !== undefined),
    say(command, { commands }) {
      const said = commands[command.op];
      if (said === undefined) return undefined;
      const values = valuesOf(command);
      return [
        { topic: filled(said.topic, values, (text) => text), payload: filled(said.payload, values, (text) => JSON.stringify(text).slice(1, -1)) },
      ];
    },
  },
});

function valuesOf(command: PanelCommand): ReadonlyMap<string, string> {
  const { id, expires } = command;
  return new Map([
    ['id', id],
    ['expires', String(Math.floor(expires / 1_000))],
    ['partition', ('partition' in command ? command.partition : undefined) ?? '1'],
    ['zone', 'zone' in command ? command.zone : ''],
    ['mode', 'mode' in command ? (command.mode ?? 'away') : 'away'],
  ]);
}

function filled(text: string, values: ReadonlyMap<string, string>, written: (text: string) => string): string {
  return text.replace(/\{([a-z]+)\}/g, (whole, name: string) => {
    const value = values.get(name);
    return value === undefined ? whole : written(value);
  });
}

function bodyOf(heard: Heard, { charset, body }: MappedSettings): unknown {
  if (charset === 'utf-8') return body === 'json' ? heard.json(z.unknown()) : heard.text();
  if (heard.payload.byteLength > maxPayloadBytes) throw heard.refuse('/', `at most ${maxPayloadBytes} bytes`, `${heard.payload.byteLength} bytes`);
  // GBK is a part of GB 18030. Bytes that are neither become U+FFFD: a name may be spoilt, an alarm is not.
  const text = new TextDecoder('gb18030').decode(heard.payload);
  if (body === 'text') return text;
  try {
    return JSON.parse(text);
  } catch {
    throw heard.refuse('/', 'JSON', JSON.stringify(text.slice(0, 60)));
  }
}

function readingsOf(look: Look, rule: Rule): readonly Reading[] {
  const applies = Object.entries(rule.when).every(([from, wanted]) => wordOf(found(look, from)) === String(wanted));
  if (!applies) return [];
  const at = timeIn(look, rule);
  const timed = at === undefined ? {} : { at };
  switch (rule.says) {
    case 'online':
      return [{ kind: 'alive', online: flag(look, rule.active) ?? true, ...timed }];
    case 'arming': {
      const user = said(look, rule.user);
      const partition = said(look, rule.partition);
      const armed = { kind: 'arming', mode: modeIn(look, rule), ...timed } as const;
      return [{ ...armed, ...(partition === undefined ? {} : { partition }), ...(user === undefined ? {} : { user }) }];
    }
    case 'event':
    case 'state':
      return meantBy(look, rule).map(({ type, active, code }) => ({
        ...{ kind: rule.says === 'state' ? 'state' : 'event', type, active, code, ...timed },
        ...details(look, rule),
      }));
  }
}

type Meant = Pick<Sign, 'type' | 'active' | 'code'>;

/** Of Contact ID an arming is left out: a rule that says `arming` tells it, with its mode. */
function meantBy(look: Look, rule: Rule): readonly Meant[] {
  const active = flag(look, rule.active) ?? true;
  const code = said(look, rule.contactId);
  if (code !== undefined) {
    if (!/^[136][0-9A-Fa-f]{3}$/.test(code))
      throw look.heard.refuse('contactId', 'Q (1, 3 or 6) and three digits', JSON.stringify(code.slice(0, 20)));
    const type = typeOfContactId(code.slice(1), said(look, rule.zone));
    return type === 'arming' ? [] : [{ type, active: code[0] !== '3' && active, code }];
  }
  const letters = said(look, rule.sia);
  if (letters !== undefined) {
    if (!/^[A-Za-z]{2}$/.test(letters)) throw look.heard.refuse('sia', 'two letters', JSON.stringify(letters.slice(0, 20)));
    const meaning = typeOfSia(letters, said(look, rule.zone));
    return meaning.type === 'arming' ? [] : [{ type: meaning.type, active: meaning.active && active, code: letters }];
  }
  const word = said(look, rule.type);
  if (word === undefined) throw look.heard.refuse('type', 'what kind of alarm it is', 'nothing');
  const canonical = /^[a-z]+(\.[a-z0-9-]+)*$/.test(word) && meantIn(rule.type, word);
  // A value that the map does not know is an alarm all the same, and keeps its word.
  const type = canonical ? word : `unknown.${word.slice(0, 40).replaceAll(/[^\p{L}\p{N}-]/gu, '-')}`;
  return [{ type, active, code: word.slice(0, 63) }];
}

/** Whether the word comes out of the map, where there is one. */
function meantIn(source: Source | undefined, word: string): boolean {
  if (source === undefined || !('map' in source) || source.map === undefined) return true;
  return Object.values(source.map).includes(word) || source.otherwise === word;
}

function details(look: Look, rule: Rule): Partial<Sign> {
  const texts = Object.entries({ zone: rule.zone, partition: rule.partition, user: rule.user, text: rule.text }).flatMap(([name, source]) => {
    const value = said(look, source);
    return value === undefined || value === '' ? [] : [[name, value]];
  });
  const [drill, test] = [flag(look, rule.drill), flag(look, rule.test)];
  const [longitude, latitude] = [rule.longitude, rule.latitude].map((from) =>
    from === undefined ? Number.NaN : Number(wordOf(found(look, from)) || Number.NaN),
  );
  const placed = Math.abs(longitude!) <= 180 && Math.abs(latitude!) <= 90;
  return {
    ...Object.fromEntries(texts),
    ...(drill === undefined ? {} : { drill }),
    ...(test === undefined ? {} : { test }),
    ...(placed ? { location: { longitude: longitude!, latitude: latitude!, ...(rule.coordinates ? { coordinates: rule.coordinates } : {}) } } : {}),
  };
}

function found({ names, body }: Look, from: string): unknown {
  return from.startsWith('{') ? names.get(from.slice(1, -1)) : valueAt(body, jsonPath(from) ?? []);
}

/** A single value as text; undefined for what is none. */
function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.trim() : typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function said(look: Look, source: Source | undefined): string | undefined {
  if (source === undefined) return undefined;
  if ('always' in source) return source.always;
  const word = wordOf(found(look, source.from));
  if (word === undefined || !('map' in source)) return word;
  const meant = source.map && Object.hasOwn(source.map, word) ? source.map[word] : undefined;
  return meant ?? source.otherwise ?? word;
}

function flag(look: Look, source: Source | undefined): boolean | undefined {
  const word = said(look, source);
  const value = booleanOf(word);
  if (word !== undefined && value === undefined) throw look.heard.refuse('active, drill or test', 'yes or no', JSON.stringify(word.slice(0, 60)));
  return value;
}

const modes: readonly ArmMode[] = ['disarmed', 'home', 'away', 'night'];

function modeIn(look: Look, rule: Rule): ArmMode {
  const word = said(look, rule.mode);
  const mode = modes.find((each) => each === word);
  if (mode === undefined) throw look.heard.refuse('mode', modes.join(', '), JSON.stringify(word?.slice(0, 60) ?? null));
  return mode;
}

/** A time that cannot be read costs the alarm its time, not itself. */
function timeIn(look: Look, { at }: Rule): Instant | undefined {
  const word = at && wordOf(found(look, at.from));
  if (at === undefined || word === undefined) return undefined;
  switch (at.format) {
    case 'iso':
      return timeOf(word);
    case 'seconds':
      return timeOf(Number(word) * 1_000);
    case 'milliseconds':
      return timeOf(Number(word));
    case 'local':
      return localTimeOf(word, look.settings.timeZone);
  }
}

/**
 * Home Assistant discovery (alarm-panels §1.2): devices tell in `…/config` where their states come and how they are read. What was told is learned; a
 * state that comes before its configuration is kept until then.
 */
import { z } from 'zod';
import { panelState, press, saysOnline } from '../common-words.ts';
import { deviceClass } from '../device-classes.ts';
import { commandsOf, commandsText, componentOf, configSchema, type Entity, entitiesText, entityOf, templatePath, topicIn } from '../discovery.ts';
import { valueAt } from '../json-path.ts';
import { type Heard, prefixText, readDialect } from '../read-dialect.ts';
import { type Reading, state } from '../reading.ts';

const settings = z.strictObject({
  /** The beginning of the topics that the states come on. */
  prefix: prefixText,
  discoveryPrefix: prefixText.default('homeassistant/'),
  /** The node level of its configurations; without it those of every node whose states begin with the prefix. */
  node: z
    .string()
    .max(100)
    .regex(/^[^/+#]+$/, 'one level of a topic')
    .optional(),
});
type Settings = z.output<typeof settings>;

const mostEntities = 32;
const longestWaiting = 512;

export const homeAssistantDialect = readDialect({
  name: 'home-assistant',
  settings,
  prefix: ({ prefix }) => prefix,
  topics: ({ prefix, discoveryPrefix, node }) => [
    `${prefix}#`,
    ...['alarm_control_panel', 'binary_sensor', 'event'].flatMap((component) =>
      node === undefined
        ? [`${discoveryPrefix}${component}/+/config`, `${discoveryPrefix}${component}/+/+/config`]
        : [`${discoveryPrefix}${component}/${node}/+/config`, `${discoveryPrefix}${component}/${node}/config`],
    ),
  ],
  read(heard, own): readonly Reading[] {
    const { fullTopic } = heard;
    if (fullTopic.startsWith(own.discoveryPrefix) && fullTopic.endsWith('/config')) return configReadings(heard, own);
    if (heard.learned(`available ${fullTopic}`)) return [{ kind: 'alive', online: saysOnline(heard) }];
    const known = heard.learned(`state ${fullTopic}`);
    if (known !== undefined) return entitiesText.parse(known).flatMap((entity) => entityReadings(heard, entity, heard.text(), heard.retained));
    return heard.payload.byteLength > longestWaiting ? [] : [{ kind: 'learned', key: `waiting ${fullTopic}`, value: heard.text() }];
  },
  tell: {
    orders: () => ['arm', 'disarm'],
    say(command, _own, { learned }) {
      if (command.op !== 'arm' && command.op !== 'disarm') return undefined;
      const told = command.partition === undefined ? onlyOne(learned) : learned.get(`command ${command.partition}`);
      if (told === undefined) return undefined;
      const words = commandsText.parse(told);
      return [{ topic: words.topic, payload: words[command.op === 'arm' ? (command.mode ?? 'away') : 'disarm'] }];
    },
  },
});

/** A command that names no partition is clear where there is one alarm panel. */
function onlyOne(learned: ReadonlyMap<string, string>): string | undefined {
  const all = [...learned].filter(([key]) => key.startsWith('command '));
  return all.length === 1 ? all[0]?.[1] : undefined;
}

function configReadings(heard: Heard, own: Settings): readonly Reading[] {
  const [word, ...rest] = heard.fullTopic.slice(own.discoveryPrefix.length).split('/');
  const component = componentOf(word);
  // An empty one takes the entity away; it says no more, and the device is silent from then on.
  if (component === undefined || heard.payload.byteLength === 0) return [];
  const config = heard.json(configSchema);
  const topic = topicIn(config, config.state_topic);
  if (!topic.startsWith(own.prefix)) return [];
  const path = templatePath(config.value_template);
  if (path === undefined) throw heard.refuse('/value_template', '{{ value }} or {{ value_json.name }}', JSON.stringify(config.value_template));
  const entity = entityOf(config, component, rest.at(-2) ?? '', path);
  const before = heard.learned(`state ${topic}`);
  const others = before === undefined ? [] : entitiesText.parse(before).filter(({ key }) => key !== entity.key);
  const entities = [...others, entity].slice(-mostEntities);
  const available = component === 'alarm_control_panel' && config.availability_topic ? topicIn(config, config.availability_topic) : undefined;
  // Only below its own prefix: a device must not name the topics of another.
  const commands = component === 'alarm_control_panel' ? commandsOf(config) : undefined;
  const waiting = heard.learned(`waiting ${topic}`);
  return [
    { kind: 'learned', key: `state ${topic}`, value: JSON.stringify(entities) },
    ...(commands?.topic.startsWith(own.prefix) ? [{ kind: 'learned', key: `command ${entity.zone}`, value: JSON.stringify(commands) } as const] : []),
    ...(available === undefined ? [] : [{ kind: 'learned', key: `available ${available}`, value: 'yes' } as const]),
    // It may be old by now: a state it is, an event no more.
    ...(waiting === undefined ? [] : entityReadings(heard, entity, waiting, true)),
  ];
}

const eventBody = z.object({ event_type: z.string().max(63) });

function entityReadings(heard: Heard, entity: Entity, text: string, old: boolean): readonly Reading[] {
  const { component, zone } = entity;
  if (component === 'event') return old ? [] : press(heard.json(eventBody).event_type, { zone });
  const word = wordAt(heard, entity, text);
  if (word === undefined) return [];
  if (component === 'alarm_control_panel') return panelState(heard, zone, word);
  const on = onOrOff(entity, word);
  if (on === undefined) return [];
  const { type, inverted } = deviceClass(entity.deviceClass);
  return [state(type, on !== inverted, entity.deviceClass ?? 'binary_sensor', { zone })];
}

/** Undefined where the message says nothing of this entity: several share one topic. */
function wordAt(heard: Heard, { path }: Entity, text: string): string | undefined {
  if (path.length === 0) return text.trim();
  let value: unknown;
  try {
    value = valueAt(JSON.parse(text), path);
  } catch {
    throw heard.refuse('/', 'JSON', JSON.stringify(text.slice(0, 60)));
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** A template writes true as `True`; both are one word. */
function onOrOff({ on, off }: Entity, word: string): boolean | undefined {
  const same = (one: string) => one.toLowerCase() === word.toLowerCase();
  return same(on) ? true : same(off) ? false : undefined;
}

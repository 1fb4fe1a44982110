/** The discovery messages of Home Assistant (alarm-panels §1.2), as far as alarms need them: where an entity's state comes, and how it is read. Pure. */
import { z } from 'zod';
import { type JsonPath, jsonPath } from './json-path.ts';

const entitySchema = z.object({
  component: z.enum(['alarm_control_panel', 'binary_sensor', 'event']),
  /** Names it for good: a second configuration of the same replaces the first. */
  key: z.string(),
  zone: z.string(),
  deviceClass: z.string().optional(),
  on: z.string(),
  off: z.string(),
  path: z.array(z.union([z.string(), z.number()])),
});
/** Kept as JSON between messages. */
export type Entity = z.output<typeof entitySchema>;

export const entitiesText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.array(entitySchema));

export type Component = Entity['component'];

export function componentOf(word: string | undefined): Component | undefined {
  return entitySchema.shape.component.options.find((each) => each === word);
}

/** Short keys of a configuration (`stat_t`), those that matter here. */
const long: Readonly<Record<string, string>> = {
  stat_t: 'state_topic',
  avty_t: 'availability_topic',
  dev_cla: 'device_class',
  pl_on: 'payload_on',
  pl_off: 'payload_off',
  val_tpl: 'value_template',
  uniq_id: 'unique_id',
  obj_id: 'object_id',
  cmd_t: 'command_topic',
  pl_arm_away: 'payload_arm_away',
  pl_arm_home: 'payload_arm_home',
  pl_arm_nite: 'payload_arm_night',
  pl_disarm: 'payload_disarm',
};

const payload = z.union([z.string().max(100), z.number(), z.boolean()]).transform(String);
const configBody = z.object({
  '~': z.string().max(200).optional(),
  state_topic: z.string().max(300),
  availability_topic: z.string().max(300).optional(),
  device_class: z.string().max(40).nullish(),
  payload_on: payload.optional(),
  payload_off: payload.optional(),
  value_template: z.string().max(300).nullish(),
  unique_id: z.string().max(200).optional(),
  object_id: z.string().max(200).optional(),
  command_topic: z.string().max(300).optional(),
  payload_arm_away: payload.optional(),
  payload_arm_home: payload.optional(),
  payload_arm_night: payload.optional(),
  payload_disarm: payload.optional(),
});

export const configSchema = z.record(z.string(), z.unknown()).transform(expanded).pipe(configBody);
export type Config = z.output<typeof configBody>;

function expanded(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [Object.hasOwn(long, key) ? long[key]! : key, value]));
}

/** `~` at the beginning or the end of a topic stands for the base. */
export function topicIn(config: Config, topic: string): string {
  const base = config['~'];
  if (base === undefined) return topic;
  if (topic.startsWith('~')) return `${base}${topic.slice(1)}`;
  return topic.endsWith('~') ? `${topic.slice(0, -1)}${base}` : topic;
}

export function entityOf(config: Config, component: Component, object: string, path: JsonPath): Entity {
  return {
    component,
    key: config.unique_id ?? `${component}.${object}`,
    zone: (config.object_id ?? object).slice(0, 100),
    ...(config.device_class ? { deviceClass: config.device_class } : {}),
    on: config.payload_on ?? 'ON',
    off: config.payload_off ?? 'OFF',
    path: [...path],
  };
}

const commandsSchema = z.object({ topic: z.string(), away: z.string(), home: z.string(), night: z.string(), disarm: z.string() });
/** How an alarm panel is told something; kept as JSON between messages. */
export const commandsText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(commandsSchema);

export function commandsOf(config: Config): z.output<typeof commandsSchema> | undefined {
  if (config.command_topic === undefined) return undefined;
  const { payload_arm_away: away, payload_arm_home: home, payload_arm_night: night, payload_disarm: disarm } = config;
  const words = { away: away ?? 'ARM_AWAY', home: home ?? 'ARM_HOME', night: night ?? 'ARM_NIGHT', disarm: disarm ?? 'DISARM' };
  return { topic: topicIn(config, config.command_topic), ...words };
}

/** Templates are a language of their own; these are the two that devices write: the value, or a member of it. Undefined for any other. */
export function templatePath(template: string | null | undefined): JsonPath | undefined {
  if (!template) return [];
  const [, inner] = template.match(/^\s*\{\{-?\s*([^{}|]+?)\s*-?\}\}\s*$/) ?? [];
  if (inner === 'value') return [];
  return inner?.startsWith('value_json') ? jsonPath(`$${inner.slice('value_json'.length)}`) : undefined;
}

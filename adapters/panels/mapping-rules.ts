/** The settings of the `mapped` dialect: how the messages of a panel that nobody wrote a dialect for are to be read (docs/protocols/mapped-panel.md). */
import { z } from 'zod';
import { jsonPath } from './json-path.ts';
import { prefixText, timeZoneText } from './read-dialect.ts';
import { isTopicPattern } from './topic-pattern.ts';

const place = z
  .string()
  .max(200)
  .refine((text) => /^\{[a-zA-Z0-9]+\}$/.test(text) || jsonPath(text) !== undefined, 'a path such as $.zone, or a name of the topic such as {imei}');

/** Where a value stands, or the value itself. */
const source = z.union(
  [
    place.transform((from) => ({ from })),
    z
      .string()
      .max(200)
      .regex(/^[^${]/, 'a path such as $.zone')
      .transform((always) => ({ always })),
    z.strictObject({
      from: place,
      /** What it says → what that means; numbers and true or false as text. */
      map: z.record(z.string().max(100), z.string().max(100)).optional(),
      /** For what the map does not name. */
      otherwise: z.string().max(100).optional(),
    }),
  ],
  'a path such as $.zone, a name such as {imei}, a word, or {from, map}',
);
export type Source = z.output<typeof source>;

const rule = z
  .strictObject({
    topic: z.string().min(1).max(200).refine(isTopicPattern, 'a topic whose levels may be {name}, + or, at the end, #'),
    /** All of these must say so, or the rule is passed over. */
    when: z.record(place, z.union([z.string().max(100), z.number(), z.boolean()])).default({}),
    says: z.enum(['event', 'state', 'arming', 'online'], 'event, state, arming or online'),
    /** A canonical type. What a map does not know becomes `unknown.…`, and is delivered. */
    type: source.optional(),
    /** Q and three digits, as `1122`. */
    contactId: source.optional(),
    /** Two letters, as `PA`. */
    sia: source.optional(),
    /** Yes or no; yes where it is not said. */
    active: source.optional(),
    mode: source.optional(),
    zone: source.optional(),
    partition: source.optional(),
    user: source.optional(),
    text: source.optional(),
    at: z
      .strictObject({ from: place, format: z.enum(['iso', 'seconds', 'milliseconds', 'local'], 'iso, seconds, milliseconds or local') })
      .optional(),
    drill: source.optional(),
    test: source.optional(),
    longitude: place.optional(),
    latitude: place.optional(),
    coordinates: z.enum(['GCJ02', 'WGS84']).optional(),
  })
  .refine(
    ({ says, type, contactId, sia }) => /arming|online/.test(says) || type || contactId || sia,
    'type, contactId or sia, as it says an event or a state',
  )
  .refine(({ says, mode }) => says !== 'arming' || mode, 'mode, as it says an arming');
export type Rule = z.output<typeof rule>;

/** How it is told something; `{id}`, `{partition}`, `{zone}`, `{mode}` and `{expires}` (epoch seconds) stand for what the order says. */
const command = z.strictObject({
  topic: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^+#]+$/, 'a topic without + and #'),
  payload: z.string().max(1_000),
});

export const mappedSettings = z
  .strictObject({
    prefix: prefixText,
    charset: z.enum(['utf-8', 'gb18030', 'gbk'], 'utf-8, gb18030 or gbk').default('utf-8'),
    body: z.enum(['json', 'text']).default('json'),
    timeZone: timeZoneText,
    rules: z.array(rule).min(1).max(100),
    commands: z.partialRecord(z.enum(['arm', 'disarm', 'reset', 'siren', 'bypass', 'unbypass', 'received', 'sync']), command).default({}),
  })
  // Otherwise one panel could speak in the name of another.
  .refine(({ prefix, rules }) => rules.every(({ topic }) => topic.startsWith(prefix)), 'topics that begin with the prefix');
export type MappedSettings = z.output<typeof mappedSettings>;

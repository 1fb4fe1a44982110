/** Settings of a DC-09 uplink, as the inventory holds them. */
import { z } from 'zod';
import { addressKey } from '../../uplink-settings.ts';

/** What a receiver is told unless the settings say otherwise, and what it can be told. */
const usual = ['alarm.raised', 'alarm.restored', 'arming.changed', 'fault.raised', 'fault.cleared'] as const;
const tellable = [...usual, 'test.sent'] as const;

const receiver = addressKey(['tcp:', 'udp:'], 'tcp://receiver.example:12009').refine(
  (text) => !URL.canParse(text) || (new URL(text).port !== '' && new URL(text).hostname !== '' && /^\/?$/.test(new URL(text).pathname)),
  'an address with a port and nothing behind it',
);

export const dc09Config = z.strictObject({
  /** tcp://host:port or udp://host:port. */
  primary: receiver,
  /** Told what the primary does not answer. */
  backup: receiver.optional(),
  account: z.string().regex(/^[0-9A-Fa-f]{3,16}$/, 'an account of 3 to 16 hexadecimal digits'),
  receiver: z
    .string()
    .regex(/^[0-9A-Fa-f]{1,6}$/, '1 to 6 hexadecimal digits')
    .optional(),
  line: z
    .string()
    .regex(/^[0-9A-Fa-f]{1,6}$/, '1 to 6 hexadecimal digits')
    .default('0'),
  format: z.enum(['contact-id', 'sia']).default('contact-id'),
  /** True allows to do without a key: whoever is on the way can then read and forge alarms. */
  unencrypted: z.boolean().default(false),
  /** Seconds between polls; 0: none. */
  pollSeconds: z.int().min(0).max(3_600).default(20),
  /** Longest wait for an answer, seconds. */
  timeout: z.number().min(0.1).max(30).default(5),
  /** There is no drill in DC-09: they leave as a manual test (601, RX), or not at all. */
  drills: z.enum(['as-test', 'not-sent']).default('as-test'),
  /** In what the words beside the code are written. Some receivers count characters where the standard has bytes: in the clear, Chinese is a damaged frame to them. */
  texts: z.enum(['utf-8', 'ascii', 'none']).default('utf-8'),
  /** Numbers of zones by `panel/zone`; usual: the digits of the zone's id. */
  zones: z.record(z.string().max(130), z.int().min(0).max(999)).default({}),
  accepts: z
    .array(z.enum(tellable))
    .min(1)
    .default([...usual]),
});
export type Dc09Config = z.output<typeof dc09Config>;

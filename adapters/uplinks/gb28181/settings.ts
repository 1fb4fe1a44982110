/** What a person enters for one police platform. Codes are issued by the bureau and never made up here; the password is the uplink's secret. */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Channel } from '../../../gateway/domain/campus.ts';
import type { ManscdpCharset } from '../../protocols/manscdp/charset.ts';
import type { SipTransportName } from '../../protocols/sip/flow.ts';
import { deliveryKeys } from '../../uplink-settings.ts';
import { alarmKeys } from './alarms/settings.ts';
import { codesSchema } from './codes/code-map.ts';

const code = z.string().regex(/^\d{20}$/, '20 decimal digits, as the bureau issued them');
const shared = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}(\/[\w.-]{1,64})?$/, 'the id of a channel, or panel/zone');
const address = z.string().refine((text) => isIP(text) !== 0, 'an IP address');
const host = z.string().regex(/^[\w.:-]{1,253}$/, 'an IP address or a host name');
const port = z.int().min(1).max(65_535);
/** It goes into headers, logs and terminals. */
const name = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u, 'no control characters');
/** IP addresses, or the start of some with the number of bits: `10.1.0.0/16`. */
const network = z.string().refine((text) => {
  const [start = '', bits, ...more] = text.split('/');
  const family = isIP(start);
  return (
    family !== 0 &&
    !start.includes('%') &&
    more.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
  );
}, 'an IP address, or a network such as 10.1.0.0/16');

/** How long a registration is asked to hold, s; a keepalive every so many s; so many without an answer are a loss. */
export const basics = z.strictObject({
  expires: z.int().min(60).max(604_800),
  every: z.int().min(5).max(255),
  misses: z.int().min(1).max(10),
});
export type Basics = z.output<typeof basics>;

export const config = z.strictObject({
  /** Edition of the standard that is spoken: 2016 with tolerance for 2022 fits most platforms. */
  version: z.enum(['2016', '2022']).default('2016'),
  transport: z.enum(['udp', 'tcp']).default('udp'),
  /** Of what we send; usual: GB2312 for 2016, GB18030 for 2022. */
  charset: z.enum(['GB2312', 'GB18030', 'UTF-8']).optional(),
  platform: z.strictObject({
    code,
    address: host,
    port: port.default(5_060),
    /** Usual: the first ten digits of its code. */
    domain: host.optional(),
    /** Other addresses from which it may speak to us; the one above may always. */
    alsoFrom: z.array(network).max(64).default([]),
  }),
  /** How our requests name the platform: by domain or by address and port. Both are in use. */
  requestUri: z.enum(['domain', 'address']).default('domain'),
  /** Name to sign in with; usual: our own code. */
  username: name(64).optional(),
  /** The one that the platform should name; only compared, by the doctor. */
  realm: name(128).optional(),
  local: z
    .strictObject({
      /** SIP, SDP and media leave by it. Usual: the one by which the platform is reached. */
      address: address.optional(),
      /** Instead of an address: that of this network interface. */
      interface: name(15).optional(),
      /** 0: any that is free. */
      port: z.int().min(0).max(65_535).default(5_060),
    })
    .refine((local) => local.address === undefined || local.interface === undefined, 'an address or an interface, not both')
    .prefault({}),
  /** What the platform is told to call, where somebody maps an address to ours. */
  advertised: z.strictObject({ address, port: port.default(5_060) }).optional(),
  /** Seconds that a registration is asked to hold. */
  expires: basics.shape.expires.default(86_400),
  /** Every so many seconds; after so many without an answer the platform is taken for lost. BasicParam says the same. */
  keepalive: z.strictObject({ every: basics.shape.every.default(20), misses: basics.shape.misses.default(3) }).prefault({}),
  /** What each thing is called at this platform. */
  codes: codesSchema,
  catalogue: z
    .strictObject({
      /** All in one list, below the regions of their codes, or in a business group with an organisation for each place. */
      tree: z.enum(['flat', 'civil', 'groups']).default('flat'),
      /** Names of regions, by their code of 2 to 8 digits. */
      regions: z.record(z.string().regex(/^(\d{2}){1,4}$/, 'a region of 2, 4, 6 or 8 digits'), z.string().min(1).max(60)).default({}),
    })
    .prefault({}),
  /** Channels that this platform may see, and with them the zones that they look at; others as `panel/zone`. Alarms are sent of every zone. */
  share: z.union([z.literal('all'), z.array(shared).max(4_096)]).default('all'),
  /** What this platform may do beyond watching. */
  may: z
    .strictObject({
      move: z.boolean().default(true),
      guard: z.boolean().default(true),
      resetAlarms: z.boolean().default(true),
      /** The link alone: the box is never restarted. */
      reboot: z.boolean().default(false),
      /** How long a registration holds and how often we say that we are alive, until the process ends. */
      configure: z.boolean().default(false),
    })
    .prefault({}),
  media: z
    .strictObject({
      /** Where pictures may go; usual: the address of the platform and of `alsoFrom`. */
      to: z.array(network).max(64).optional(),
      ports: z.strictObject({ from: port, to: port }).optional(),
      /** Plays at once. */
      most: z.int().min(1).max(256).default(32),
    })
    .prefault({}),
  alarms: alarmKeys,
  timeout: deliveryKeys.timeout,
  window: deliveryKeys.window,
});
export type GbSettings = z.output<typeof config>;

export function charsetOf({ charset, version }: GbSettings): ManscdpCharset {
  return charset ?? (version === '2022' ? 'GB18030' : 'GB2312');
}

/** May this platform see that channel? */
export function mayShow({ share }: GbSettings, { id }: Pick<Channel, 'id'>): boolean {
  return share === 'all' || share.includes(id);
}

/** The same of a zone. */
export function mayShowZone({ share }: GbSettings, path: string, channels: readonly string[]): boolean {
  return share === 'all' || share.includes(path) || channels.some((channel) => share.includes(channel));
}

export function domainOf({ platform }: GbSettings, server = platform.code): string {
  return server === platform.code && platform.domain !== undefined ? platform.domain : server.slice(0, 10);
}

export function transportOf({ transport }: GbSettings): SipTransportName {
  return transport === 'tcp' ? 'TCP' : 'UDP';
}

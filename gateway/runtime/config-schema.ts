/** Every key of gateway.yaml with its type, default and limits. `config/gateway.schema.json` is made from this; the example documents it. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { keysOf } from './problems.ts';

function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: keysOf(shape) });
}

/** A listening port; 0 lets the system choose one. */
const port = z.int().min(0).max(65_535);

const address = z
  .string()
  .refine((text) => isIP(text) !== 0 || text === 'localhost', 'an IP address to listen on, for example 0.0.0.0, :: or 127.0.0.1')
  .meta({ description: 'IP address to listen on.' });

/** Relative to the folder of gateway.yaml. */
const file = z
  .string()
  .min(1)
  .max(1_024)
  .refine((text) => !text.startsWith('~'), 'a path without "~": it is not expanded');

/** Plain text on the wire: off unless enabled; beyond loopback only where `exposed` says that this is meant. */
const plain = (usual: number) =>
  section({
    enabled: z.boolean().default(false),
    /** Must be true for an address other than loopback: everyone on that network can then read and forge what passes. */
    exposed: z.boolean().default(false),
    address: address.default('127.0.0.1'),
    port: port.default(usual),
  }).prefault({});

const ownCertificate = section({ certificate: file.optional(), key: file.optional() })
  .refine((tls) => (tls.certificate === undefined) === (tls.key === undefined), 'certificate and key together, or neither')
  .prefault({});

const origin = z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text, {
  error: 'an origin such as https://gateway.school.example:8443, without path',
});

const brokerUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^(mqtts?|wss?):$/.test(new URL(text).protocol), 'an address such as mqtts://broker.example:8883')
  .refine((text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '', 'an address without user name and password');

const externalBroker = section({
  /** Panels name it in `broker`. */
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'lower-case letters, digits, "-" and "_", at most 63')
    .refine((text) => text !== 'embedded' && text !== 'dc09', 'another name than "embedded" and "dc09", which are our own'),
  url: brokerUrl,
  username: z.string().min(1).max(256).optional(),
  passwordFile: file.optional(),
  /** Certificate authority to trust instead of the system's, PEM. */
  authorityFile: file.optional(),
  /** MQTT protocol version as the wire says it: 4 is 3.1.1, 5 is 5.0. */
  version: z.union([z.literal(4), z.literal(5)], { error: '4 (MQTT 3.1.1) or 5 (MQTT 5.0)' }).default(5),
});

export const configSchema = section({
  dataFolder: file.default('./data'),
  log: section({ level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info') }).prefault({}),
  http: section({
    address: address.default('0.0.0.0'),
    port: port.default(8443),
    tls: ownCertificate,
    plain: plain(8080),
    allowedOrigins: z.array(origin).max(32).default([]),
  }).prefault({}),
  mqtt: section({
    tls: section({ enabled: z.boolean().default(true), address: address.default('0.0.0.0'), port: port.default(8883) }).prefault({}),
    plain: plain(1883),
    external: z.array(externalBroker).max(8).default([]),
  }).prefault({}),
  /** Receiver for panels that speak SIA DC-09; a panel names it in `broker: dc09`. */
  dc09: section({
    enabled: z.boolean().default(false),
    address: address.default('0.0.0.0'),
    port: port.default(12_009),
    tcp: z.boolean().default(true),
    udp: z.boolean().default(true),
  })
    .refine(({ enabled, tcp, udp }) => !enabled || tcp || udp, 'tcp or udp, or both')
    .prefault({}),
  rtsp: section({
    enabled: z.boolean().default(true),
    address: address.default('0.0.0.0'),
    port: port.default(8554),
    /** RTSP over TLS, with the certificate of the pages. */
    tls: section({ enabled: z.boolean().default(true), address: address.default('0.0.0.0'), port: port.default(8322) }).prefault({}),
    /** RTP by UDP from this port, RTCP from the next; only ever to the address that the viewer connected from. */
    udp: section({ enabled: z.boolean().default(true), address: address.default('0.0.0.0'), port: port.max(65_534).default(8556) }).prefault({}),
  }).prefault({}),
  media: section({
    /** A camera is pulled this long after its last viewer left. */
    lingerSeconds: z.number().min(0).max(3_600).default(10),
    /** What one slow viewer may owe before it skips to the next keyframe. */
    viewerBytes: z
      .int()
      .min(256 * 1024)
      .max(256 * 1024 * 1024)
      .default(4 * 1024 * 1024),
    /** What all slow viewers together may owe; beyond it the one that owes most is closed. */
    allViewersBytes: z
      .int()
      .min(8 * 1024 * 1024)
      .max(4 * 1024 * 1024 * 1024)
      .default(64 * 1024 * 1024),
    /** The seconds before an alarm: every channel that a zone names is pulled all the time into a ring in memory. */
    ring: section({
      enabled: z.boolean().default(true),
      seconds: z.number().min(5).max(300).default(30),
      profile: z.enum(['main', 'sub']).default('main'),
      /** Memory of all rings together, in MiB. */
      megabytes: z.int().min(16).max(65_536).default(512),
    }).prefault({}),
    /** H.265 for browsers that cannot play it, made into H.264 by ffmpeg: each slot takes up to a core. */
    transcoding: section({ slots: z.int().min(0).max(16).default(2) }).prefault({}),
    /** UDP ports on which cameras are heard that do not send over TCP: two for each video or audio track. */
    cameraPorts: section({
      first: z.int().min(1_024).max(65_532).default(22_000),
      last: z.int().min(1_027).max(65_535).default(23_999),
    })
      .refine(({ first, last }) => last - first >= 3, 'a last port at least 3 above the first')
      .prefault({}),
  }).prefault({}),
  /** Stills and clips of alarms, out of the rings, in `evidence` of the data folder. */
  evidence: section({
    enabled: z.boolean().default(true),
    /** A clip begins so long before the press, and ends so long after it. The rings reach at least 5 s further back. */
    beforeSeconds: z.number().min(0).max(240).default(30),
    afterSeconds: z.number().min(5).max(540).default(60),
    /** Clips have the sound of cameras that send any. */
    sound: z.boolean().default(true),
    /** Kept so long; longer while nobody has taken the alarm on. */
    days: z.number().min(1).max(3_650).default(30),
    /** Disk of all evidence together, in MiB; beyond it the oldest goes. */
    megabytes: z.int().min(64).max(16_777_216).default(20_480),
    /** Disk that is left free for the journal before all, in MiB: beyond it nothing is kept. */
    leaveFreeMegabytes: z.int().min(0).max(1_048_576).default(2_048),
  }).prefault({}),
  /** All pictures that leave towards the police side together, Mbit/s; 0: no limit. Alarms go first, patrol viewing makes do with sub-streams. */
  uplinkBudget: section({ megabitsPerSecond: z.number().min(0).max(10_000).default(0) }).prefault({}),
  /** WebRTC viewers. The dearest way to watch: beyond `viewers` a page is served by WebSocket. */
  webrtc: section({
    enabled: z.boolean().default(true),
    viewers: z.int().min(1).max(256).default(16),
    /** UDP ports from which they are served, one per viewer and address of this box; 0: the system chooses. */
    udp: section({ from: port.default(8_560), to: port.default(8_659) })
      .refine(({ from, to }) => from <= to, 'from no larger than to')
      .prefault({}),
  }).prefault({}),
  metrics: section({ tokenFile: file.optional() }).prefault({}),
  ffmpeg: section({ path: file.optional() }).prefault({}),
  /** Breaks the gateway on purpose, so that a check can be seen to fail. Refused unless CAMPUS_GATEWAY_TESTING=1. */
  testing: section({
    acknowledgeBeforeCommit: z.boolean().default(false),
    sendTwice: z.boolean().default(false),
    commitDelayMillis: z.number().min(0).max(60_000).default(0),
    /** Of the journal's SQLite. NORMAL: a commit is on the disk only once the kernel gets round to it. */
    synchronous: z.enum(['FULL', 'NORMAL']).default('FULL'),
    /** Breaks the media worker when a line on standard input says so. */
    mediaFaults: z.boolean().default(false),
    /** False: a media worker that is stuck, or takes too much memory, is left alone. */
    mediaWatchdog: z.boolean().default(true),
    /**
     * `wall-clock`: lengths of time are read from the clock that people set. `silence-is-yes`: what got no answer counts as accepted. `no-session`: a
     * broker of the site need not keep what comes while we are away. `one-certificate`: what was shown first is shown for ever.
     */
    mistakes: z.array(z.enum(['wall-clock', 'silence-is-yes', 'no-session', 'one-certificate'])).default([]),
  }).prefault({}),
});

/** Paths are absolute after `parseConfig`. */
export type GatewayConfig = z.output<typeof configSchema>;

/** JSON Schema (2020-12) of the file as people write it, for editors: `config/gateway.schema.json`. */
export function configJsonSchema(): Record<string, unknown> {
  return {
    title: 'campus-gateway gateway.yaml',
    ...z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12', reused: 'inline' }),
  };
}

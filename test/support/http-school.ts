/** A school behind a real HTTPS server: real inventory, real sessions; journal, health and media stand in for the parts that http does not own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { panelTrials, settingsProblems, uplinkDoubts } from '../../gateway/assemble-adapters.ts';
import { codeDeskOf } from '../../gateway/assemble-codes.ts';
import { isUndelivered, undelivered } from '../../gateway/delivery/undelivered.ts';
import type { Role } from '../../gateway/domain/campus.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { CameraId, ChannelId, PanelId, UplinkId, ZoneId } from '../../gateway/domain/ids.ts';
import type { Clock, Logger } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { seconds } from '../../gateway/domain/time.ts';
import type { HttpLimits, HttpParts } from '../../gateway/http/ports.ts';
import { openHttp } from '../../gateway/http/server.ts';
import { hashPassword } from '../../gateway/http/sessions/password.ts';
import { openAlarmDesk } from '../../gateway/intake/alarm-desk.ts';
import { openInventory } from '../../gateway/inventory/store.ts';
import { TelemetryCache } from '../../gateway/media/telemetry-cache.ts';
import { boxCertificate } from '../../gateway/runtime/box-certificate.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { openLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { FakeHealth, FakeMedia } from './http-stand-ins.ts';
import { MemoryJournal } from './memory-journal.ts';

/** Planted everywhere a secret can be; must come out nowhere. */
export const canary = 'CANARY-7f3a9c-secret';
export const password = 'correct horse 9 battery';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
  readonly json: any;
  readonly cookie: string | undefined;
}

export interface Call {
  readonly body?: unknown;
  readonly cookie?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Over the plain listener. */
  readonly plain?: boolean;
}

export interface SchoolOptions {
  readonly clock?: Clock;
  readonly limits?: Partial<HttpLimits>;
  readonly webFolder?: string;
  /** Instead of the stand-in. */
  readonly media?: HttpParts['media'];
  readonly webrtc?: HttpParts['webrtc'];
  readonly uplinkBudget?: HttpParts['uplinkBudget'];
  readonly evidence?: HttpParts['evidence'];
  readonly mediaRestarts?: ReturnType<HttpParts['mediaRestarts']>;
  /** Does not add users: the claim is open. */
  readonly unclaimed?: boolean;
}

export type School = Awaited<ReturnType<typeof school>>;

/** One hash for all users of all tests: made once, with little work. */
const hash = hashPassword(password, 10);

export async function school({
  clock = systemClock,
  limits = {},
  webFolder,
  media: plane,
  webrtc,
  uplinkBudget,
  mediaRestarts,
  evidence,
  unclaimed = false,
}: SchoolOptions = {}) {
  const scope = new Scope();
  const folder = await mkdtemp(join(tmpdir(), 'http-school-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const lines: string[] = [];
  const log: Logger = openLogger('debug', { write: (line: string) => lines.push(line) });
  const inventory = scope.own(await openInventory({ folder, clock, log }));
  inventory.putCampus({ ...inventory.current().campus, name: 'No. 1 School', address: '1 School Road' });
  inventory.putCamera({
    id: 'gate' as CameraId,
    name: 'Gate',
    adapter: 'rtsp',
    address: 'rtsp://192.0.2.10/stream',
    credentials: { username: 'viewer', password: new Secret(canary) },
    settings: {},
    enabled: true,
    maintenance: false,
  });
  const zone = { id: 'z1' as ZoneId, name: 'Guard room button', channels: ['gate' as ChannelId] };
  inventory.putPanel({
    id: 'gate-panel' as PanelId,
    name: 'Gate panel',
    dialect: 'campus',
    broker: 'embedded',
    settings: {},
    heartbeatEvery: seconds(30),
    zones: [zone],
    enabled: true,
    maintenance: false,
  });
  inventory.putUplink({
    id: 'police' as UplinkId,
    name: 'Police',
    adapter: 'webhook',
    settings: { url: 'https://192.0.2.20/alarms' },
    secret: new Secret(canary),
    enabled: true,
  });
  if (!unclaimed) for (const role of ['administrator', 'operator', 'technician', 'viewer'] as const) inventory.addUser(role, role, await hash);

  const journal = new MemoryJournal(clock);
  const health = new FakeHealth();
  const stand = new FakeMedia();
  const certificate = await boxCertificate({ folder, clock });
  const desk = openAlarmDesk({
    read: journal.read,
    record: (event) => journal.record(event, []),
    nextId: () => journal.nextId(),
    clock,
    twoPersonClosing: () => inventory.current().campus.practice?.twoPersonClosing ?? true,
  });
  const commanded: string[] = [];
  const commands: Pick<HttpParts['fleet'], 'orders' | 'command'> = {
    orders: () => ['arm', 'disarm', 'bypass', 'sync'],
    command: async (panel, { op, expires }, { by, reason }) => {
      commanded.push(`${panel} ${op} by ${by === 'gateway' || 'uplink' in by ? 'nobody' : by.user}: ${reason}`);
      return { ok: false, outcome: expires > clock.now() ? 'unknown' : 'not-sent', words: { zh: '已发送。', en: 'It was sent.' } };
    },
  };
  const parts: HttpParts = {
    clock,
    log,
    folder,
    inventory,
    journal,
    health,
    media: plane ?? stand,
    telemetry: new TelemetryCache(stand, clock),
    version: '0.1.0',
    startedAt: clock.now(),
    listen: { https: { address: '127.0.0.1', port: 0 }, plain: { address: '127.0.0.1', port: 0 }, tls: certificate },
    faultTitle: (code) => ({ zh: `故障 ${code}`, en: `Fault ${code}` }),
    fleet: { cameraStatus: () => undefined, panelStatus: () => undefined, ...commands, discover: async () => [], introduce: async () => ({}) },
    alarms: {
      take: desk.take,
      shown: (alarm, by, screen) => journal.receipt(alarm, { hop: 'shown', at: clock.now(), by: `${by}@${screen}` }),
    },
    settingsProblems,
    uplinkDoubts: (uplink) => uplinkDoubts(uplink, inventory.current()),
    tryPanel: panelTrials(inventory, clock),
    codes: codeDeskOf(inventory),
    examineUplink: async (id) => {
      if (id !== 'police') throw new GatewayError('NOT_FOUND', `There is no uplink ${id}.`);
      return { sentence: { zh: '正常。', en: 'All is well.' }, findings: [], ladder: [] };
    },
    undelivered: () => undelivered({ inventory, clock, backlog: (uplink) => journal.read.backlog(uplink) }),
    isUndelivered: (alarm, since) => isUndelivered(alarm, since, { inventory, clock }),
    uplinkViews: () => [{ id: 'police', name: 'Police', adapter: 'webhook', state: 'normal', pending: 0, refused: 0 }],
    readiness: () => [{ name: 'journal', ready: true, sentence: { zh: '日志可用', en: 'The journal takes events' } }],
    hopTimes: () => [],
    uplinkBudget: uplinkBudget ?? { pressed: false, take: () => true, limit: 0, used: () => ({ alarm: 0, patrol: 0 }) },
    mediaRestarts: () => mediaRestarts ?? {},
    ...(webrtc ? { webrtc } : {}),
    evidence: evidence ?? { of: () => undefined, file: () => undefined, fetched: async () => undefined, holder: () => undefined },
    snapshots: { take: async () => ({ jpeg: Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), capturedAt: clock.now() }) },
    limits,
    ...(webFolder === undefined ? {} : { webFolder }),
  };
  const open = async () => openHttp(parts);
  let http = await open();
  scope.defer(() => http[Symbol.asyncDispose]());

  const origin = (plain = false) => (plain ? `http://127.0.0.1:${http.plain?.port}` : `https://127.0.0.1:${http.https.port}`);

  function call(method: string, path: string, { body, cookie, headers = {}, plain = false }: Call = {}): Promise<Answer> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = (plain ? httpRequest : httpsRequest)(
        `${origin(plain)}${path}`,
        {
          method,
          agent: false,
          ca: certificate.cert,
          headers: {
            ...(method === 'GET' ? {} : { origin: origin(plain) }),
            ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
            ...(cookie === undefined ? {} : { cookie }),
            ...headers,
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('end', () => {
            const bytes = Buffer.concat(chunks);
            const answer = bytes.toString();
            const set = incoming.headers['set-cookie']?.[0];
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text: answer,
              bytes,
              json: /json/.test(incoming.headers['content-type'] ?? '') ? JSON.parse(answer) : undefined,
              cookie: set?.split(';')[0],
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  }

  async function signIn(name: Role = 'administrator', more: Call & { readonly seat?: 'wall' } = {}): Promise<string> {
    const answer = await call('POST', '/api/v1/session', { ...more, body: { name, password, ...(more.seat ? { seat: more.seat } : {}) } });
    if (answer.status !== 200 || !answer.cookie) throw new Error(`sign-in answered ${answer.status}: ${answer.text}`);
    return answer.cookie;
  }

  function socket(path: string, headers: Readonly<Record<string, string>> = {}): WebSocket {
    const opened = new WebSocket(`wss://127.0.0.1:${http.https.port}${path}`, { ca: certificate.cert, headers: { origin: origin(), ...headers } });
    opened.on('error', () => undefined); // refusals are read from the status
    return opened;
  }

  return {
    ...{ commanded, inventory, journal, health, media: stand, folder, lines, certificate, origin, call, signIn, socket },
    get port() {
      return http.https.port;
    },
    get plainPort() {
      return http.plain?.port;
    },
    get mounted() {
      return http.mounted;
    },
    async restart() {
      await http[Symbol.asyncDispose]();
      http = await open();
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/** Cameras that speak RTSP only: their stream addresses are entered by hand, and DESCRIBE is the proof that they are there and take our credentials. */
import type { Camera } from '../../gateway/domain/campus.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { StreamProfile, StreamTransport } from '../../gateway/domain/media.ts';
import type { CameraAdapter, CameraSession } from '../../gateway/domain/ports.ts';
import type { Words } from '../../gateway/domain/words.ts';
import { parseTarget, type RtspTarget, redirectTarget } from '../protocols/rtsp/address.ts';
import { RtspConnection } from '../protocols/rtsp/connection.ts';
import { RtspFailure } from '../protocols/rtsp/failure.ts';
import { headerOf } from '../protocols/rtsp/message.ts';
import type { RtspCredentials } from '../protocols/rtsp/order.ts';
import { parseSdp, rtpMapsOf } from '../protocols/sdp/sdp.ts';
import type { Timers } from '../protocols/timers.ts';
import { coded } from './coded.ts';
import { legible } from './legible.ts';
import { noReports } from './no-reports.ts';
import { type RtspConfig, rtspConfig } from './rtsp-settings.ts';

const tellsNothing: Words = {
  zh: 'RTSP 摄像机不会上报事件，请改用 ONVIF 添加。',
  en: 'A bare RTSP camera tells nothing by itself: enter it as ONVIF.',
};

const exchangeWithin = 5_000;

export const rtsp: CameraAdapter<RtspConfig> = {
  kind: 'rtsp',
  config: rtspConfig,
  async connect(camera, config, { clock }, signal) {
    try {
      const credentials = camera.credentials && { username: camera.credentials.username, password: camera.credentials.password.reveal() };
      const main = parseTarget(camera.address);
      const sub = config.sub === undefined ? undefined : parseTarget(config.sub);
      const { fingerprint256 } = camera;
      const seen = await describe({ target: main, credentials, fingerprint256, timers: clock }, signal);
      return sessionOf(camera, { main, sub, transport: config.transport, credentials, timers: clock, seen });
    } catch (error) {
      throw coded(error, camera.id);
    }
  },
};

interface Asked {
  readonly target: RtspTarget;
  readonly credentials: RtspCredentials | undefined;
  readonly fingerprint256: string | undefined;
  readonly timers: Timers;
}

interface Described {
  /** `Server` header, for want of a model. */
  readonly server: string;
  readonly codec: string;
}

/** Opens a connection, describes the stream, hangs up. At most two requests carry credentials. Throws RtspFailure. */
async function describe({ timers, ...asked }: Asked, signal: AbortSignal): Promise<Described> {
  const connection = await RtspConnection.open({ ...asked, timers, userAgent: 'campus-gateway', within: exchangeWithin }, signal);
  const { target } = asked;
  try {
    const response = await connection.ask({ method: 'DESCRIBE', uri: target.uri, headers: { Accept: 'application/sdp' } }, signal);
    const { status, reason } = response;
    if (status >= 300 && status < 400) {
      // Followed by whoever plays it; here it proves the camera, as long as it stays on its host.
      redirectTarget(target, headerOf(response, 'location'));
      return { server: headerOf(response, 'server') ?? '', codec: '' };
    }
    if (status === 403) throw new RtspFailure('credentials', 'refused the user name or password (403).');
    if (status < 200 || status >= 300) throw new RtspFailure('reply', `answered DESCRIBE with ${status} ${JSON.stringify(reason.slice(0, 80))}.`);
    return { server: headerOf(response, 'server') ?? '', codec: codecOf(response.body) };
  } finally {
    connection.close();
  }
}

/** The first video encoding that is offered, as the camera writes it. */
function codecOf(body: Uint8Array): string {
  let video: ReturnType<typeof parseSdp>['media'][number] | undefined;
  try {
    video = parseSdp(body).media.find(({ kind }) => kind === 'video');
  } catch (cause) {
    throw new RtspFailure('reply', `described its stream in a way that cannot be read: ${cause instanceof Error ? cause.message : ''}`, cause);
  }
  if (!video) throw new RtspFailure('unsupported', 'offers no video.');
  return (rtpMapsOf(video)[0]?.encoding ?? '').slice(0, 20);
}

interface Signed {
  readonly main: RtspTarget;
  readonly sub: RtspTarget | undefined;
  readonly transport: StreamTransport | undefined;
  readonly credentials: RtspCredentials | undefined;
  readonly timers: Timers;
  readonly seen: Described;
}

function sessionOf(camera: Camera, { main, sub, transport, credentials, timers, seen }: Signed): CameraSession {
  const { fingerprint256 } = camera;
  const profile = (use: StreamProfile, codec: string) => ({ token: use, name: use, codec, width: 0, height: 0, use });
  return {
    model: legible(seen.server),
    firmware: '',
    serial: '',
    profiles: [profile('main', seen.codec), ...(sub ? [profile('sub', '')] : [])],
    reports: (signal) => noReports(signal, (camera.events ?? []).length > 0 ? { kind: 'lost', camera: camera.id, why: tellsNothing } : undefined),
    offeredEvents: async () => undefined,
    async probe(signal) {
      try {
        await describe({ target: main, credentials, fingerprint256, timers }, signal);
        return {}; // RTSP tells no clock before it plays
      } catch (error) {
        throw coded(error, camera.id);
      }
    },
    async streamAddress(use) {
      const { uri } = use === 'sub' && sub ? sub : main;
      const how = { ...(fingerprint256 === undefined ? {} : { fingerprint256 }), ...(transport ? { transport } : {}) };
      return { camera: camera.id, profile: use, url: uri, ...how, ...credentials };
    },
    snapshotAddress: async () => undefined,
    async perform() {
      throw new GatewayError('COMMAND_UNSUPPORTED', `Camera ${camera.id} cannot be turned: it is entered as a bare RTSP camera.`, {
        context: { camera: camera.id },
      });
    },
    async [Symbol.asyncDispose]() {
      // Nothing stays open between probes.
    },
  };
}

/** ONVIF cameras: HTTP, or HTTPS with a confirmed certificate; Device, Media, Media2 and PTZ. */
import type { Camera } from '../../../gateway/domain/campus.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { StreamAddress, StreamProfile } from '../../../gateway/domain/media.ts';
import type { CameraAdapter, CameraSession } from '../../../gateway/domain/ports.ts';
import { millis } from '../../../gateway/domain/time.ts';
import { DeviceFailure } from '../../protocols/soap/failure.ts';
import { textAt } from '../../protocols/xml.ts';
import { coded } from '../coded.ts';
import { pinSnapshot, pinStream } from './addresses.ts';
import { connectOnvif } from './connect.ts';
import { type CameraEventsParts, cameraEventsOf } from './events.ts';
import { getSnapshotUri2, getStreamUri2 } from './operations.ts';
import { performerOf } from './performer.ts';
import { getSnapshotUri, getStreamUri } from './services.ts';
import { type OnvifConfig, onvifConfig } from './settings.ts';

export const onvif: CameraAdapter<OnvifConfig> = {
  kind: 'onvif',
  config: onvifConfig,
  async connect(camera, config, { clock, log }, signal) {
    const { id, credentials } = camera;
    try {
      const connected = await connectOnvif(
        {
          address: httpAddress(camera),
          fingerprint256: camera.fingerprint256,
          credentials: credentials && { username: credentials.username, password: credentials.password.reveal() },
          otherHosts: config.otherHosts,
          wanted: { main: config.mainProfile, sub: config.subProfile },
          timers: clock,
          log: log.child({ camera: id }),
        },
        signal,
      );
      return sessionOf({ camera, connected, clock, log }, config);
    } catch (error) {
      throw coded(error, id);
    }
  },
};

function httpAddress({ id, address }: Camera): string {
  if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return address;
  throw new GatewayError(
    'INVENTORY_INVALID',
    `Camera ${id} needs an http:// or https:// address of its ONVIF device service, but has ${JSON.stringify(address)}.`,
    {
      context: { camera: id },
    },
  );
}

function sessionOf(parts: CameraEventsParts, { transport }: OnvifConfig): CameraSession {
  const { camera, connected } = parts;
  const { http, client, home, facts, media, profiles, chosen } = connected;
  const perform = performerOf(camera.id, connected);
  const streams = new Map<StreamProfile, string>();

  /** Runs one operation; its failures are coded. */
  const attempt = async <Result>(operation: () => Promise<Result>): Promise<Result> => {
    try {
      return await operation();
    } catch (error) {
      throw coded(error, camera.id);
    }
  };
  const at = (signal: AbortSignal) => ({ client, url: media.url, signal });

  async function streamUrl(profile: StreamProfile, signal: AbortSignal): Promise<string> {
    const known = streams.get(profile);
    if (known !== undefined) return known;
    const { token } = chosen[profile];
    const answer = media.version === 2 ? await getStreamUri2(at(signal), token) : await getStreamUri(at(signal), token);
    // Media2 answers with Uri, Media with MediaUri/Uri.
    const text = textAt(answer, 'Uri') ?? textAt(answer, 'MediaUri', 'Uri');
    if (text === undefined) throw new DeviceFailure('reply', 'answered GetStreamUri without an address.');
    const url = pinStream(home, text);
    // An address that is good for one connection only is asked for each time.
    if (textAt(answer, 'MediaUri', 'InvalidAfterConnect') !== 'true') streams.set(profile, url);
    return url;
  }

  async function snapshotUrl(signal: AbortSignal): Promise<string | undefined> {
    const { token } = chosen.main;
    try {
      const answer = media.version === 2 ? await getSnapshotUri2(at(signal), token) : await getSnapshotUri(at(signal), token);
      const text = textAt(answer, 'Uri') ?? textAt(answer, 'MediaUri', 'Uri');
      return text === undefined ? undefined : pinSnapshot(home, text).href;
    } catch (error) {
      if (error instanceof DeviceFailure && error.reason === 'fault') return undefined; // GetSnapshotUri is optional
      throw error;
    }
  }

  return {
    ...facts,
    ...clockOf(connected.clockOffset()),
    profiles: profiles.map((profile) => ({ ...profile, use: profile === chosen.main ? 'main' : profile === chosen.sub ? 'sub' : 'other' })),
    ...cameraEventsOf(parts),
    probe: (signal) => attempt(async () => clockOf(await connected.probe(signal))),
    streamAddress: (profile, signal) =>
      attempt(async () => ({ ...withCredentials(camera, profile, await streamUrl(profile, signal)), ...(transport ? { transport } : {}) })),
    snapshotAddress: (signal) => attempt(() => snapshotUrl(signal)),
    perform: (command, signal) => attempt(() => perform(command, signal)),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}

function withCredentials({ id, credentials, fingerprint256 }: Camera, profile: StreamProfile, url: string): StreamAddress {
  const secret = credentials ? { username: credentials.username, password: credentials.password.reveal() } : {};
  return { camera: id, profile, url, ...(fingerprint256 === undefined ? {} : { fingerprint256 }), ...secret };
}

const clockOf = (offset: number | undefined) => (offset === undefined ? {} : { clockOffset: millis(offset) });

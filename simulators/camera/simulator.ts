/** A whole camera on this machine: ONVIF, RTSP, snapshots, its own moving picture, and every way of going wrong. */
import { DigestDoor } from '../../adapters/protocols/digest.ts';
import type { Endpoint, StreamProfile } from '../../gateway/domain/media.ts';
import type { Clock, Logger } from '../../gateway/domain/ports.ts';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import { type Ffmpeg, findFfmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import type { DiscoveryResponder } from './discovery-responder.ts';
import type { CameraEvents } from './events.ts';
import { type CameraFault, wrongHost } from './faults.ts';
import { certificatesOf, describeCamera } from './identity.ts';
import { lockout } from './lockout.ts';
import { scopesOf, servicePaths } from './onvif/device.ts';
import { type HttpCounters, OnvifDoor } from './onvif/door.ts';
import { openOnvifServer } from './onvif/server.ts';
import { captionOf } from './picture.ts';
import type { Direction } from './ptz.ts';
import { openRecording } from './recording.ts';
import { openRtspDoor } from './rtsp.ts';
import type { RtspCounters } from './rtsp-answer.ts';
import { openSound, type SoundCodec } from './sound.ts';
import { CameraStream } from './stream.ts';

export interface PictureChoice {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** Most kbit/s. */
  readonly kbps: number;
  readonly codec: 'h264' | 'h265';
  readonly sound: SoundCodec | 'none';
}

export interface CameraSimulatorOptions {
  readonly id: string;
  /** In scopes and in the picture, where only ASCII letters, digits and `-_.,:/()#+` can be drawn. */
  readonly name: string;
  readonly place?: string;
  readonly username: string;
  readonly password: string;
  /** Port 0 lets the system choose; it then stays the same for the camera's life, power cuts included. */
  readonly http: Endpoint;
  readonly rtsp: Endpoint;
  /** Encoded pictures are kept here and shared by whoever uses the folder. */
  readonly cacheFolder: string;
  readonly ffmpeg?: Ffmpeg;
  /** H.264, 1280×720 at 15 pictures/s and at most 1500 kbit/s, no sound, in every part that is not given. */
  readonly main?: Partial<PictureChoice>;
  /** 640×360 at 15 pictures/s and at most 400 kbit/s. */
  readonly sub?: Partial<PictureChoice>;
  /** Of both pictures; 20 s and 2 s. */
  readonly loopSeconds?: number;
  readonly gopSeconds?: number;
  /** What ONVIF takes; RTSP and snapshots take Digest unless it is `none`. Default `both`. */
  readonly auth?: 'digest' | 'token' | 'both' | 'none';
  /** Of Digest; the preferred one first. Default both. */
  readonly algorithms?: readonly ('SHA-256' | 'MD5')[];
  /** WS-UsernameTokens are taken within 5 s of the camera's clock, and once. */
  readonly strictTokens?: boolean;
  /** False: the time, too, is told only to whoever signs in. */
  readonly anonymousTime?: boolean;
  /** ONVIF by HTTPS alone, with a certificate that is kept beside the pictures. */
  readonly https?: boolean;
  /** True: its iris is left to people. */
  readonly manualExposure?: boolean;
  /** Of RTSP; 60 s. */
  readonly sessionTimeout?: Millis;
  /** Lets the camera be found; absent: it keeps quiet. */
  readonly discovery?: DiscoveryResponder;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface CameraSimulator extends AsyncDisposable {
  readonly id: string;
  /** Of the ONVIF device service. */
  readonly onvifAddress: string;
  /** SHA-256 of the certificate that it shows; undefined over plain HTTP. */
  readonly fingerprint256: string | undefined;
  /** Without credentials. */
  readonly rtspAddress: Readonly<Record<StreamProfile, string>>;
  /** Switches a fault on or off; resolves once it is so. */
  fault(name: CameraFault, on: boolean): Promise<void>;
  /** Camera clock minus ours, from now on. */
  drift(by: Millis): void;
  readonly faults: ReadonlySet<CameraFault>;
  /** Presses an input, moves something in its picture …; false: it has no such event (events.ts). Pulses happen, whatever `active` says. */
  event(name: string, active: boolean): boolean;
  /** Loses its power for so long, and with it everybody who listened. */
  reboot(lasts: Millis): Promise<void>;
  /** Where it looks, and what else it was told to do. */
  optics(): Direction & { readonly focusSpeed: number; readonly wiper: boolean; readonly iris: number };
  readonly counters: {
    readonly http: Readonly<HttpCounters>;
    readonly events: Readonly<CameraEvents['counters']>;
    readonly rtsp: Readonly<RtspCounters>;
    /** Requests that carried credentials, at either door. */
    readonly credentialed: number;
    /** Open connections that are being sent pictures. */
    readonly playing: number;
  };
}

const usual: Readonly<Record<StreamProfile, PictureChoice>> = {
  main: { width: 1280, height: 720, framesPerSecond: 15, kbps: 1_500, codec: 'h264', sound: 'none' },
  sub: { width: 640, height: 360, framesPerSecond: 15, kbps: 400, codec: 'h264', sound: 'none' },
};
const strictTokenWindow = 5_000;

/** Throws TRANSCODER_MISSING where a picture must be made and nothing can make it, REQUEST_INVALID for a picture that cannot be. */
export async function runCameraSimulator(options: CameraSimulatorOptions): Promise<CameraSimulator> {
  const { id, username, password, clock, auth = 'both', algorithms } = options;
  const log = options.log.child({ camera: id });
  await using opening = new Scope();
  const faults = new Set<CameraFault>();
  let offset = 0;
  const now = () => clock.now() + offset;
  const streams = await openStreams(options, faults, now);

  const newDigest = (realm: string) => new DigestDoor({ realm, now: () => clock.now(), ...(algorithms ? { algorithms } : {}) });
  const passwordOf = (name: string) => (name === username ? password : undefined);
  const life = new AbortController();
  opening.defer(() => life.abort());
  const locks = lockout(clock, () => faults.has('lockout'));

  const rtsp = openRtspDoor({
    listen: options.rtsp,
    streams,
    digest: auth === 'none' ? undefined : newDigest('Simulated camera RTSP'),
    passwordOf,
    faults,
    lockout: locks,
    sessionTimeout: options.sessionTimeout ?? seconds(60),
    clock,
  });
  const camera = describeCamera(
    options,
    { streams, faults, now },
    { digest: auth === 'digest' || auth === 'both', token: auth === 'token' || auth === 'both' },
  );
  const counters: HttpCounters = { requests: 0, credentialed: 0, refused: 0, snapshots: 0 };
  const tls = options.https ? await certificatesOf(options) : undefined;
  const http = openOnvifServer({
    listen: options.http,
    camera,
    door: new OnvifDoor({
      digest: camera.auth.digest ? newDigest('Simulated camera') : undefined,
      token: camera.auth.token,
      tokenWithin: options.strictTokens ? strictTokenWindow : undefined,
      passwordOf,
      faults,
      lockout: locks,
      counters,
      now,
    }),
    counters,
    still: (path) => streams.get(path)?.still(),
    rtspPort: () => rtsp.listener.port,
    tls,
    faults,
    anonymousTime: options.anonymousTime ?? true,
    clock,
    signal: life.signal,
  });
  await rtsp.listener.open();
  opening.defer(() => rtsp.listener.close());
  await http.open();
  opening.defer(() => http.close());

  const at = (host: string) => `${options.https ? 'https' : 'http'}://${host}:${http.port}${servicePaths.device}`;
  const onvifAddress = at(named(options.http.address));
  const setFault = async (name: CameraFault, on: boolean) => {
    if (faults.has(name) === on) return;
    if (on) faults.add(name);
    else faults.delete(name);
    log.info('simulated camera fault', { fault: name, on });
    if (name === 'events-dead' && on) camera.events.deaden();
    if (name !== 'off') return;
    // Without power it forgets who listened.
    if (on) camera.events.forget();
    if (on) await Promise.all([http.close(), rtsp.listener.close()]);
    else await Promise.all([http.open(), rtsp.listener.open()]);
  };
  const announced = {
    endpoint: `urn:uuid:${camera.uuid}`,
    scopes: scopesOf(camera),
    get address() {
      return faults.has('wildcard-xaddr') ? at('0.0.0.0') : faults.has('wrong-host-xaddr') ? at(wrongHost) : onvifAddress;
    },
    answers: () => !faults.has('off'),
  };
  if (options.discovery) opening.own(options.discovery.announce(announced));
  const lives = [rtsp.run(life.signal), ...[...streams.values()].map((stream) => stream.run(life.signal))];
  opening.defer(() => life.abort());
  const scope = opening.release();
  log.info('simulated camera stands', { address: onvifAddress });

  return {
    id,
    onvifAddress,
    fingerprint256: tls?.own.fingerprint256,
    rtspAddress: {
      main: `rtsp://${named(options.rtsp.address)}:${rtsp.listener.port}/main`,
      sub: `rtsp://${named(options.rtsp.address)}:${rtsp.listener.port}/sub`,
    },
    faults,
    fault: setFault,
    event: (name, active) => camera.events.tell(name, active),
    async reboot(lasts) {
      await setFault('off', true);
      await clock.sleep(lasts, life.signal).catch(() => undefined); // closed meanwhile
      if (!life.signal.aborted) await setFault('off', false);
    },
    drift: (by) => {
      offset = by;
    },
    optics: () => ({ ...camera.ptz.position, focusSpeed: camera.lens.focusSpeed, wiper: camera.lens.wiper, iris: camera.lens.iris }),
    counters: {
      http: counters,
      events: camera.events.counters,
      rtsp: rtsp.counters,
      get credentialed() {
        return counters.credentialed + rtsp.counters.credentialed;
      },
      get playing() {
        return [...streams.values()].reduce((sum, stream) => sum + stream.readers, 0);
      },
    },
    [Symbol.asyncDispose]: async () => {
      await scope[Symbol.asyncDispose]();
      await Promise.all(lives);
    },
  };
}

async function openStreams(
  options: CameraSimulatorOptions,
  faults: ReadonlySet<CameraFault>,
  wallClock: () => number,
): Promise<Map<string, CameraStream>> {
  const { id, name, cacheFolder, clock, loopSeconds = 20, gopSeconds = 2 } = options;
  const ffmpeg = async () => options.ffmpeg ?? (await findFfmpeg());
  const open = async (profile: StreamProfile) => {
    const { sound, ...choice } = { ...usual[profile], ...options[profile] };
    const settings = { camera: id, caption: captionOf(name, id) === id ? id : `${captionOf(name, id)} (${id})`, ...choice, loopSeconds, gopSeconds };
    const recording = await openRecording(settings, cacheFolder, ffmpeg);
    const heard = sound === 'none' ? {} : { sound: await openSound(sound, id, cacheFolder, ffmpeg) };
    return [profile, new CameraStream({ recording, ...heard, clock, wallClock, faults })] as const;
  };
  return new Map(await Promise.all([open('main'), open('sub')]));
}

/** As in a URL; whoever listens on every address is reached at loopback. */
function named(address: string): string {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}

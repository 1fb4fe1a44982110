/** A school with one small camera behind several channels, linked to a platform that asks for pictures. */
import { type GbSession, parseGbSession, writeGbSession } from '../../adapters/protocols/sdp/gb-session.ts';
import { writeGbSsrc } from '../../adapters/protocols/sdp/gb-ssrc.ts';
import type { Asked } from '../../adapters/protocols/sip/dialog.ts';
import type { OutgoingCall } from '../../adapters/protocols/sip/outbound.ts';
import { writeSubject } from '../../adapters/protocols/sip/subject.ts';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import type { Inventory } from '../../gateway/domain/campus.ts';
import type { CommandResult } from '../../gateway/domain/command.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { cameraId, campusId, channelId } from '../../gateway/domain/ids.ts';
import type { RtpWay } from '../../gateway/domain/media.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import type { PlatformCommand } from '../../gateway/domain/uplink-ports.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { eventually } from './eventually.ts';
import { gbDevice } from './gb-device.ts';
import { device, GbRegistrar, server } from './gb-registrar.ts';
import { openRtpReceiver, type RtpReceiver } from './rtp-receiver.ts';
import { type CameraOptions, openTestCamera } from './rtsp-camera.ts';
import { never } from './sip-endpoint.ts';

/** Of the last one the camera is off. */
const names = [...['gate', 'yard', 'hall'], ...Array.from({ length: 12 }, (_, index) => `room-${index + 1}`), 'lane'];
export const codes = names.map((_, index) => `34020000001310${String(index + 1).padStart(6, '0')}`);
export const codeOf = (name: 'gate' | 'yard' | 'hall' | 'lane') => codes[names.indexOf(name)]!;

/** Waits pass in a twentieth of their time; deadlines do not: the machine may be loaded. */
export const hasty: Clock = { ...systemClock, sleep: (length, during) => systemClock.sleep(millis(length / 20), during) };

const school: Inventory = {
  campus: { id: campusId('school'), name: '第三小学', timeZone: 'Asia/Shanghai', address: '' },
  cameras: [{ id: cameraId('cam-1'), name: 'cam-1', adapter: 'onvif', address: 'http://10.0.0.1/', settings: {}, enabled: true, maintenance: false }],
  ...{ places: [], panels: [], uplinks: [], rules: [] },
  channels: names.map((name, index) => ({ id: channelId(name), name, camera: cameraId('cam-1'), number: index + 1 })),
};

export interface LiveSchoolOptions {
  /** Of a box that has another uplink too; default: one of its own. */
  readonly plane?: Awaited<ReturnType<typeof openLivePlane>>;
  readonly camera?: CameraOptions;
  readonly clock?: Clock;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What the camera does when it is ordered; default: nothing, and says so. */
  readonly obey?: (command: PlatformCommand) => Promise<CommandResult>;
}

const disobedient = async () => {
  throw new GatewayError('COMMAND_UNSUPPORTED', 'This camera obeys nobody.');
};

/** A media plane and the one camera that is behind all channels; of `lane` it is off. Of calls that are over nothing lingers. */
export async function openLivePlane(odd: CameraOptions = {}, asked: (stream: string) => void = () => undefined) {
  await using opening = new Scope();
  const camera = opening.own(await openTestCamera(odd));
  const plane = opening.own(
    openMediaPlane({
      resolve: async (channel, profile) => {
        asked(`${channel}/${profile}`);
        if (channel === 'lane') throw new GatewayError('CAMERA_UNREACHABLE', 'The camera of lane is off.');
        return { camera: cameraId('cam-1'), profile, url: camera.url };
      },
      ...{ clock: systemClock, log: silentLogger, worker: false },
      settings: { linger: millis(50), rtpReach: seconds(1), rtpSilence: seconds(2) },
    }),
  );
  const scope = opening.release();
  return { camera, plane, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

/** The box, linked to a platform. */
export async function liveBox(
  platform: { readonly port: number },
  { plane: shared, camera: odd = {}, clock = systemClock, settings = {}, obey = disobedient }: LiveSchoolOptions = {},
) {
  await using opening = new Scope();
  const alarmed = new Set<string>();
  const asked: string[] = [];
  const commands: PlatformCommand[] = [];
  const { camera, plane } = shared ?? opening.own(await openLivePlane(odd, (stream) => asked.push(stream)));
  const channels = Object.fromEntries(names.map((name, index) => [name, codes[index]]));
  const box = opening.own(
    gbDevice(platform, clock, { codes: { device, channels }, ...settings }, undefined, {
      media: plane,
      alarmed: (channel) => alarmed.has(channel),
      execute: async (command) => {
        commands.push(command);
        return obey(command);
      },
      inventory: { current: () => school, async *changes() {} },
    }),
  );
  const scope = opening.release();
  return {
    ...{ camera, plane, box, alarmed, asked, commands },
    /** Nothing may be left of calls that are over. */
    receivers: async () => (await plane.figures()).rtpReceivers,
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/** The same, with a platform that does as it is told. */
export async function liveSchool(options: LiveSchoolOptions = {}) {
  await using opening = new Scope();
  const registrar = opening.own(await new GbRegistrar(options.clock ?? systemClock).open());
  const box = opening.own(await liveBox(registrar, options));
  await eventually(() => {
    if (!registrar.registered) throw new Error('Nobody has registered.');
  });
  const scope = opening.release();
  return { ...box, registrar, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}
export type LiveSchool = Awaited<ReturnType<typeof liveSchool>>;

export interface ViewOptions {
  readonly code?: string;
  /** What the device does. */
  readonly transport?: RtpWay['transport'];
  readonly ssrc?: number;
  readonly offer?: Partial<GbSession>;
  /** Instead of an offer. */
  readonly body?: string;
  readonly acknowledge?: boolean;
  readonly signal?: AbortSignal;
  readonly asked?: (asked: Asked) => void;
}

export interface View extends AsyncDisposable {
  readonly status: number;
  readonly answer: GbSession | undefined;
  readonly call: OutgoingCall | undefined;
  readonly receiver: RtpReceiver;
  readonly offer: GbSession;
}

let ssrcs = 200_000_000;

/** An INVITE of the platform; tcp-passive is connected to, as the answer says. */
export async function view({ registrar }: Pick<LiveSchool, 'registrar'>, options: ViewOptions = {}): Promise<View> {
  ssrcs += 1;
  const { code = codeOf('gate'), transport = 'tcp-active', ssrc = ssrcs, acknowledge = true, signal = never } = options;
  const { asked = (one: Asked) => one.answer(200) } = options;
  const receiver = await openRtpReceiver(transport, ssrc);
  const { way } = receiver;
  const port = way.transport === 'tcp-passive' ? 9 : way.remote.port;
  const offer: GbSession = {
    ...{ name: 'Play', owner: server, start: 0, stop: 0, kind: 'video', address: '127.0.0.1', port, direction: 'recvonly', ssrc },
    transport: ({ udp: 'udp', 'tcp-active': 'tcp-passive', 'tcp-passive': 'tcp-active' } as const)[transport],
    formats: [
      { payloadType: 96, encoding: 'PS', clockRate: 90_000 },
      { payloadType: 98, encoding: 'H264', clockRate: 90_000 },
    ],
    ...options.offer,
  };
  const to = `sip:${code}@3402000000`;
  const { response, call } = await registrar.endpoint.invite(
    {
      ...{ uri: to, to, from: `sip:${server}@3402000000` },
      headers: { Subject: writeSubject({ sender: { id: code, stream: writeGbSsrc(ssrc) }, receiver: { id: server, stream: '0' } }) },
      body: { type: 'APPLICATION/SDP', content: options.body ?? writeGbSession(offer) },
    },
    { transport: registrar.flow!.transport, ...registrar.flow!.remote },
    asked,
    signal,
  );
  const answer = call ? parseGbSession(response.body) : undefined;
  if (acknowledge) call?.acknowledge();
  if (answer && transport === 'tcp-passive') await receiver.dial(answer);
  return {
    ...{ status: response.status, answer, call, receiver, offer },
    [Symbol.asyncDispose]: async () => {
      await call?.dialog.bye(never);
      await receiver[Symbol.asyncDispose]();
    },
  };
}

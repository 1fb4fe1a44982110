/** `simulate camera`: one camera on this machine, and its faults at the keyboard. */

import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { findFfmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { aborted } from '../../gateway/runtime/shutdown.ts';
import { endpointOf, obeyTyped, type Simulator, textOf, understood } from '../command-line.ts';
import { openDiscoveryResponder } from './discovery-responder.ts';
import { simulatedEvents } from './events.ts';
import { type CameraFault, cameraFaults } from './faults.ts';
import { type CameraSimulator, type CameraSimulatorOptions, type PictureChoice, runCameraSimulator } from './simulator.ts';
import { soundCodecs } from './sound.ts';

interface Options {
  readonly id: string;
  readonly name?: string;
  readonly http: string;
  readonly rtsp: string;
  readonly username: string;
  readonly passwordFile?: string;
  readonly auth: string;
  readonly strict?: boolean;
  readonly digest: string;
  readonly anonymousTime: boolean;
  readonly main?: string;
  readonly sub?: string;
  readonly cache: string;
  readonly ffmpeg?: string;
  readonly interface: readonly string[];
  readonly discovery: boolean;
  readonly https?: boolean;
}

const typed =
  `press|release INPUT | event EVENT on|off | reboot SECONDS | FAULT on|off | drift MILLIS | status; INPUT is input-1 or input-2; ` +
  `EVENT is one of: ${simulatedEvents.join(', ')}; FAULT is one of: ${cameraFaults.join(', ')}`;

export const cameraCommand: Simulator = {
  name: 'camera',
  summary: { zh: '一台 ONVIF/RTSP 摄像机：自带画面，可随时制造故障', en: 'an ONVIF and RTSP camera with its own moving picture and faults at will' },
  async run(args, context, signal) {
    const command = new Command('camera')
      .description('Plays one IP camera: ONVIF, RTSP over TCP and UDP, snapshots, WS-Discovery.')
      .option('--id <id>', 'tells it apart in its picture', 'camera-1')
      .option('--name <text>', 'shown in its picture and when it is found; the id unless given')
      .option('--http <[address:]port>', 'of ONVIF (0: any free port)', '0')
      .option('--rtsp <[address:]port>', 'of RTSP (0: any free port)', '0')
      .option('--username <name>', 'of its account', 'admin')
      .option('--password-file <file>', 'with the password of its account; made and printed unless given')
      .option('--auth <digest|token|both|none>', 'what its ONVIF services take', 'both')
      .option('--strict', 'refuse tokens more than 5 s from its clock, and repeated ones')
      .option('--digest <both|sha-256|md5>', 'what its Digest challenges offer', 'both')
      .option('--no-anonymous-time', 'tell the time only to whoever signs in')
      .option('--main <WxH@fps:kbps[:codec][:sound]>', 'main stream: h264 or h265; none, pcma, pcmu or aac', '1280x720@15:1500')
      .option('--sub <WxH@fps:kbps[:codec][:sound]>', 'sub stream', '640x360@15:400')
      .option('--cache <folder>', 'for encoded pictures', join(tmpdir(), 'campus-gateway-pictures'))
      .option('--ffmpeg <path>', 'encoder; searched for unless given')
      .option(
        '--interface <address>',
        'to be found on; repeat it (loopback unless given)',
        (text: string, all: readonly string[]) => [...all, text],
        [],
      )
      .option('--no-discovery', 'do not answer searches')
      .option('--https', 'ONVIF by HTTPS alone, with a certificate of its own')
      .addHelpText('after', `\nWhile it runs, type: ${typed}`);
    if (!understood(command, args, context)) return;
    const options = command.opts<Options>();
    const made = randomBytes(12).toString('base64url');
    const password = options.passwordFile === undefined ? made : (await textOf(options.passwordFile, '--password-file')).trim();
    await using scope = new Scope();
    const interfaces = options.interface.length > 0 ? options.interface : ['127.0.0.1'];
    const discovery = options.discovery ? scope.own(await openDiscoveryResponder({ interfaces, clock: context.clock, log: context.log })) : undefined;
    const camera = scope.own(
      await runCameraSimulator({
        id: options.id,
        name: options.name ?? options.id,
        username: options.username,
        password,
        http: endpointOf(options.http, '--http'),
        rtsp: endpointOf(options.rtsp, '--rtsp'),
        cacheFolder: options.cache,
        ...(options.ffmpeg === undefined ? {} : { ffmpeg: await findFfmpeg(options.ffmpeg) }),
        auth: authOf(options.auth),
        ...algorithmsOf(options.digest),
        strictTokens: options.strict ?? false,
        anonymousTime: options.anonymousTime,
        ...(options.main === undefined ? {} : { main: pictureOf(options.main, '--main') }),
        ...(options.sub === undefined ? {} : { sub: pictureOf(options.sub, '--sub') }),
        https: options.https ?? false,
        ...(discovery ? { discovery } : {}),
        clock: context.clock,
        log: context.log,
      }),
    );
    context.print(
      `onvif ${camera.onvifAddress}  user ${options.username}  password ${options.passwordFile === undefined ? password : '(from the file)'}`,
    );
    if (camera.fingerprint256 !== undefined) context.print(`certificate SHA-256 ${camera.fingerprint256}`);
    context.print(`rtsp ${camera.rtspAddress.main}  ${camera.rtspAddress.sub}`);
    context.print(`type: ${typed}`);
    void obeyTyped(context, (words) => actOnCamera(camera, words, context.print), signal);
    await aborted(signal);
  },
};

async function actOnCamera(camera: CameraSimulator, words: readonly string[], print: (line: string) => void): Promise<void> {
  const [verb = '', how = ''] = words;
  if (verb === 'status') {
    const { playing, credentialed, http, rtsp, events } = camera.counters;
    const faults = [...camera.faults].join(', ') || 'none';
    print(
      `faults: ${faults}; playing ${playing}; requests ${http.requests} http, ${rtsp.requests} rtsp, ${credentialed} with credentials; ${events.subscriptions} subscriptions, ${events.pulls} pulls`,
    );
    return;
  }
  const [, name = '', onOff = ''] = words;
  if (verb === 'press' || verb === 'release') happen(camera, name, verb === 'press');
  else if (verb === 'event' && (onOff === 'on' || onOff === 'off')) happen(camera, name, onOff === 'on');
  else if (verb === 'reboot' && /^\d{1,4}$/.test(how)) await camera.reboot(seconds(Number(how)));
  else if (verb === 'drift' && /^-?\d{1,12}$/.test(how)) camera.drift(millis(Number(how)));
  else if (isFault(verb) && (how === 'on' || how === 'off')) await camera.fault(verb, how === 'on');
  else throw new GatewayError('REQUEST_INVALID', `Not understood; type: ${typed}`);
  print(`now: ${words.join(' ')}`);
}

function happen(camera: CameraSimulator, name: string, active: boolean): void {
  if (camera.event(name, active)) return;
  throw new GatewayError('REQUEST_INVALID', `There is no event ${JSON.stringify(name.slice(0, 40))}; there are ${simulatedEvents.join(', ')}.`);
}

const isFault = (text: string): text is CameraFault => cameraFaults.some((fault) => fault === text);

function authOf(text: string): NonNullable<CameraSimulatorOptions['auth']> {
  if (text === 'digest' || text === 'token' || text === 'both' || text === 'none') return text;
  throw new GatewayError('REQUEST_INVALID', `--auth wants digest, token, both or none, but ${JSON.stringify(text)} came.`);
}

function algorithmsOf(text: string): Pick<CameraSimulatorOptions, 'algorithms'> {
  if (text === 'both') return {};
  if (text === 'sha-256' || text === 'md5') return { algorithms: [text === 'md5' ? 'MD5' : 'SHA-256'] };
  throw new GatewayError('REQUEST_INVALID', `--digest wants both, sha-256 or md5, but ${JSON.stringify(text)} came.`);
}

function pictureOf(text: string, option: string): Partial<PictureChoice> {
  const parts = /^(\d{1,4})x(\d{1,4})@(\d{1,2}):(\d{1,5})(?::(h264|h265))?(?::(none|pcma|pcmu|aac))?$/.exec(text);
  if (!parts) {
    throw new GatewayError(
      'REQUEST_INVALID',
      `${option} wants WIDTHxHEIGHT@FPS:KBPS, then perhaps :h265 and :pcma, :pcmu or :aac, for example 1280x720@15:1500:h265:aac, but ${JSON.stringify(text)} came.`,
    );
  }
  const [width = 0, height = 0, framesPerSecond = 0, kbps = 0] = parts.slice(1, 5).map(Number);
  const codec = parts[5] === 'h265' ? 'h265' : 'h264';
  const sound = soundCodecs.find((name) => name === parts[6]) ?? 'none';
  return { width, height, framesPerSecond, kbps, codec, sound };
}

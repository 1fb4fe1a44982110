/** What an ONVIF camera can be told to do: its PTZ, imaging and media services. */
import type { CameraCommand, CommandResult } from '../../../gateway/domain/command.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { CameraId } from '../../../gateway/domain/ids.ts';
import { DeviceFailure } from '../../protocols/soap/failure.ts';
import { findAll, textAt, type XmlElement } from '../../protocols/xml.ts';
import { legible } from '../legible.ts';
import { pinService } from './addresses.ts';
import type { Connected } from './connect.ts';
import { getExposure, getIrisRange, moveFocus, sendAuxiliary, setIris, setSynchronizationPoint, stopFocus, type Target } from './operations.ts';
import { continuousMove, getPresets, goHome, goToPreset, removePreset, setPreset, stopMove } from './services.ts';

/** After this long a camera stops turning by itself, s. */
const longestMove = 5;
/** Cameras of the field have 255 or 300. */
const mostPresets = 1_024;
/** Of what the iris can do, at full speed. */
const irisStep = 0.25;

/** Throws COMMAND_UNSUPPORTED and DeviceFailure; a camera that says no, or lets this account do less, is a result. */
export function performerOf(camera: CameraId, connected: Connected): (command: CameraCommand, signal: AbortSignal) => Promise<CommandResult> {
  const { client, home, media, profiles, chosen } = connected;
  const profileOf = (profile: string) =>
    profile === 'main' || profile === 'sub' ? chosen[profile] : (profiles.find(({ token }) => token === profile) ?? chosen.main);

  function bindingOf(address: string | undefined, cannot: string, service: string, signal: AbortSignal) {
    if (address !== undefined) return { client, url: pinService(home, address, `its ${service} service`), signal };
    throw new GatewayError('COMMAND_UNSUPPORTED', `Camera ${camera} ${cannot}: it offers no ${service} service.`, { context: { camera } });
  }

  async function obey(command: CameraCommand, signal: AbortSignal): Promise<CommandResult> {
    const { token, source } = profileOf(command.profile);
    const ptz = () => bindingOf(connected.ptz, 'cannot be turned', 'PTZ', signal);
    const imaging = () => bindingOf(connected.imaging, 'cannot be focused', 'imaging', signal);
    switch (command.op) {
      case 'ptz-move': {
        const { pan, tilt, zoom } = command;
        await continuousMove(ptz(), { token, pan: speed(pan), tilt: speed(tilt), zoom: speed(zoom), seconds: longestMove });
        break;
      }
      case 'ptz-stop':
        await stopMove(ptz(), token);
        break;
      case 'focus-move':
        await moveFocus(imaging(), source, speed(command.speed));
        break;
      case 'focus-stop':
        await stopFocus(imaging(), source);
        break;
      case 'iris':
        return stepIris(imaging(), source, command.by);
      case 'presets':
        return { ok: true, presets: presetsIn(await getPresets(ptz(), token)) };
      case 'preset-go':
        await goToPreset(ptz(), token, command.preset);
        break;
      case 'preset-remove':
        await removePreset(ptz(), token, command.preset);
        break;
      case 'preset-save':
        await setPreset(ptz(), token, { name: command.name, ...(command.preset === undefined ? {} : { token: command.preset }) });
        break;
      case 'home':
        await goHome(ptz(), token);
        break;
      case 'wiper':
        await sendAuxiliary(ptz(), token, `tt:Wiper|${command.on ? 'On' : 'Off'}`);
        break;
      case 'keyframe':
        await setSynchronizationPoint({ client, url: media.url, signal }, token, media.version);
        break;
    }
    return { ok: true };
  }

  /** What this account may not do. */
  const refused = new Map<CameraCommand['op'], CommandResult>();

  return async (command, signal) => {
    const known = refused.get(command.op);
    if (known) return known;
    try {
      return await obey(command, signal);
    } catch (error) {
      if (!(error instanceof DeviceFailure)) throw error;
      const result = { ok: false, sentence: `Camera ${camera} ${error.message}` };
      if (error.reason === 'credentials') {
        // Accounts that may look but not turn are refused in the same words as wrong passwords: what they may do tells.
        await connected.probe(signal);
        refused.set(command.op, result);
      } else if (error.reason !== 'fault') throw error;
      return result;
    }
  };
}

/** Where the camera sees to its exposure itself, nothing is taken from it: what is left to a person would be dark at night. */
async function stepIris(target: Target, source: string, by: number): Promise<CommandResult> {
  const { manual, iris } = await getExposure(target, source);
  if (!manual) return { ok: false, sentence: 'The camera sees to its exposure itself: its iris is not moved by hand.' };
  const range = iris === undefined ? undefined : await getIrisRange(target, source);
  if (iris === undefined || !range) return { ok: false, sentence: 'The camera has no iris that can be moved.' };
  const [least, most] = range;
  const wanted = Math.max(least, Math.min(most, iris - speed(by) * irisStep * (most - least)));
  await setIris(target, source, Math.round(wanted * 100) / 100);
  return { ok: true };
}

function presetsIn(answer: XmlElement) {
  return findAll(answer, 'Preset')
    .slice(0, mostPresets)
    .flatMap((preset) => {
      const token = preset.attributes.get('token');
      return token ? [{ token: token.slice(0, 200), name: legible(textAt(preset, 'Name') ?? '') }] : [];
    });
}

const speed = (value: number) => (Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0);

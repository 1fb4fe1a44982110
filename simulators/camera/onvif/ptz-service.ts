/** ONVIF PTZ service (ver20/ptz/wsdl): the moves change a position that shows in GetStatus. */
import { escapeXml, find, textAt, type XmlElement } from '../../../adapters/protocols/xml.ts';
import { type Direction, mostPresets } from '../ptz.ts';
import {
  panTiltPosition,
  panTiltSpeed,
  panTiltTranslation,
  panTiltVelocity,
  ptzConfiguration,
  range,
  zoomPosition,
  zoomSpeed,
  zoomTranslation,
  zoomVelocity,
} from './configurations.ts';
import { ptzServiceCapabilities } from './device.ts';
import {
  invalidArgument,
  noConfiguration,
  noProfile,
  type Operation,
  type Operations,
  profileOf,
  ptzConfigToken,
  ptzNodeToken,
} from './operation.ts';

const noPreset = invalidArgument('NoToken', 'The requested preset token does not exist');
const badSpeed = invalidArgument('InvalidVelocity', 'A velocity must be a number from -1 to 1');
const badPosition = invalidArgument('InvalidPosition', 'A position must be a number from -1 to 1, a zoom from 0 to 1');
/** ms, where a ContinuousMove names none: the DefaultPTZTimeout of the configuration. */
const usualTimeout = 10_000;

export const ptzOperations: Operations = {
  GetServiceCapabilities: () => `<tptz:GetServiceCapabilitiesResponse>${ptzServiceCapabilities}</tptz:GetServiceCapabilitiesResponse>`,
  GetNodes: () => `<tptz:GetNodesResponse>${node}</tptz:GetNodesResponse>`,
  GetNode: ({ request }) =>
    textAt(request, 'NodeToken') === ptzNodeToken
      ? `<tptz:GetNodeResponse>${node}</tptz:GetNodeResponse>`
      : invalidArgument('NoEntity', 'The requested node does not exist'),
  GetConfigurations: ({ camera }) =>
    `<tptz:GetConfigurationsResponse>${ptzConfiguration('tptz:PTZConfiguration', camera.profiles)}</tptz:GetConfigurationsResponse>`,
  GetConfiguration: ({ request, camera }) =>
    textAt(request, 'PTZConfigurationToken') === ptzConfigToken
      ? `<tptz:GetConfigurationResponse>${ptzConfiguration('tptz:PTZConfiguration', camera.profiles)}</tptz:GetConfigurationResponse>`
      : noConfiguration,
  GetCompatibleConfigurations: ({ camera }) =>
    `<tptz:GetCompatibleConfigurationsResponse>${ptzConfiguration('tptz:PTZConfiguration', camera.profiles)}</tptz:GetCompatibleConfigurationsResponse>`,
  GetConfigurationOptions: ({ request }) =>
    textAt(request, 'ConfigurationToken') === ptzConfigToken
      ? `<tptz:GetConfigurationOptionsResponse><tptz:PTZConfigurationOptions><tt:Spaces>${nodeSpaces}</tt:Spaces><tt:PTZTimeout><tt:Min>PT1S</tt:Min><tt:Max>PT60S</tt:Max></tt:PTZTimeout></tptz:PTZConfigurationOptions></tptz:GetConfigurationOptionsResponse>`
      : noConfiguration,

  GetStatus: ofProfile(({ camera }) => {
    const state = (moving: boolean) => (moving ? 'MOVING' : 'IDLE');
    return (
      `<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position>${vector(camera.ptz.position)}</tt:Position><tt:MoveStatus>` +
      `<tt:PanTilt>${state(camera.ptz.moving('pan', 'tilt'))}</tt:PanTilt><tt:Zoom>${state(camera.ptz.moving('zoom'))}</tt:Zoom></tt:MoveStatus>` +
      `<tt:UtcTime>${new Date(camera.now()).toISOString()}</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>`
    );
  }),

  ContinuousMove: ofProfile(({ request, camera }) => {
    const speed = directionOf(find(request, 'Velocity'), -1);
    if (!speed) return badSpeed;
    const timeout = textAt(request, 'Timeout');
    camera.ptz.drive(speed, timeout === undefined ? usualTimeout : durationOf(timeout));
    return '<tptz:ContinuousMoveResponse/>';
  }),
  AbsoluteMove: ofProfile(({ request, camera }) => {
    const target = directionOf(find(request, 'Position'), 0);
    if (!target) return badPosition;
    camera.ptz.goTo(target);
    return '<tptz:AbsoluteMoveResponse/>';
  }),
  RelativeMove: ofProfile(({ request, camera }) => {
    const translation = directionOf(find(request, 'Translation'), -1);
    if (!translation) return badPosition;
    camera.ptz.goBy(translation);
    return '<tptz:RelativeMoveResponse/>';
  }),
  Stop: ofProfile(({ request, camera }) => {
    // Neither named: both are meant (PTZ §5.3.5).
    const named = (name: string) => textAt(request, name) === undefined || /^(true|1)$/.test(textAt(request, name)!);
    camera.ptz.stop(named('PanTilt'), named('Zoom'));
    return '<tptz:StopResponse/>';
  }),
  GotoHomePosition: ofProfile(({ camera }) => {
    camera.ptz.goHome();
    return '<tptz:GotoHomePositionResponse/>';
  }),
  SetHomePosition: ofProfile(({ camera }) => {
    camera.ptz.saveHome();
    return '<tptz:SetHomePositionResponse/>';
  }),

  SendAuxiliaryCommand: ofProfile(({ request, camera }) => {
    const said = textAt(request, 'AuxiliaryData') ?? '';
    const wiper = /^tt:Wiper\|(On|Off)$/.exec(said);
    if (!wiper) return invalidArgument('InvalidArgVal', 'The requested auxiliary command is not supported');
    camera.lens.wiper = wiper[1] === 'On';
    return `<tptz:SendAuxiliaryCommandResponse><tptz:AuxiliaryResponse>${said}</tptz:AuxiliaryResponse></tptz:SendAuxiliaryCommandResponse>`;
  }),

  GetPresets: ofProfile(({ camera }) => {
    const presets = camera.ptz.presets.map(
      ({ token, name, position }) =>
        `<tptz:Preset token="${token}"><tt:Name>${escapeXml(name)}</tt:Name><tt:PTZPosition>${vector(position)}</tt:PTZPosition></tptz:Preset>`,
    );
    return `<tptz:GetPresetsResponse>${presets.join('')}</tptz:GetPresetsResponse>`;
  }),
  SetPreset: ofProfile(({ request, camera }) => {
    const token = textAt(request, 'PresetToken');
    const preset = camera.ptz.savePreset((textAt(request, 'PresetName') ?? 'Preset').slice(0, 64), token);
    if (preset) return `<tptz:SetPresetResponse><tptz:PresetToken>${preset.token}</tptz:PresetToken></tptz:SetPresetResponse>`;
    return token === undefined ? { side: 'Receiver', subcodes: ['Action', 'TooManyPresets'], reason: 'No room for another preset' } : noPreset;
  }),
  GotoPreset: ofProfile(({ request, camera }) =>
    camera.ptz.goToPreset(textAt(request, 'PresetToken') ?? '') ? '<tptz:GotoPresetResponse/>' : noPreset,
  ),
  RemovePreset: ofProfile(({ request, camera }) =>
    camera.ptz.removePreset(textAt(request, 'PresetToken') ?? '') ? '<tptz:RemovePresetResponse/>' : noPreset,
  ),
};

function ofProfile(operation: Operation): Operation {
  return (asked) => (profileOf(asked) ? operation(asked) : noProfile);
}

const vector = ({ pan, tilt, zoom }: Direction) =>
  `<tt:PanTilt x="${rounded(pan)}" y="${rounded(tilt)}" space="${panTiltPosition}"/><tt:Zoom x="${rounded(zoom)}" space="${zoomPosition}"/>`;
const rounded = (value: number) => Math.round(value * 10_000) / 10_000;

/** Undefined for anything that is not a number in its range. */
function directionOf(element: XmlElement | undefined, leastZoom: number): Partial<Direction> | undefined {
  const panTilt = find(element, 'PanTilt');
  const zoom = find(element, 'Zoom');
  const [pan, tilt, magnification] = [panTilt?.attributes.get('x'), panTilt?.attributes.get('y'), zoom?.attributes.get('x')].map(Number);
  const fits = (value: number | undefined, least: number) => value !== undefined && value >= least && value <= 1;
  if (!element || (panTilt && !(fits(pan, -1) && fits(tilt, -1))) || (zoom && !fits(magnification, leastZoom))) return undefined;
  return { ...(panTilt ? { pan: pan!, tilt: tilt! } : {}), ...(zoom ? { zoom: magnification! } : {}) };
}

/** xs:duration in seconds, minutes and hours, as ms. */
function durationOf(text: string): number {
  const parts = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/.exec(text);
  if (!parts) return usualTimeout;
  return (Number(parts[1] ?? 0) * 3_600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0)) * 1_000;
}

const space = (name: string, uri: string, ...ranges: readonly string[]) => `<tt:${name}><tt:URI>${uri}</tt:URI>${ranges.join('')}</tt:${name}>`;
const [x, y, zeroX] = [range('XRange', -1, 1), range('YRange', -1, 1), range('XRange', 0, 1)];
const nodeSpaces =
  space('AbsolutePanTiltPositionSpace', panTiltPosition, x, y) +
  space('AbsoluteZoomPositionSpace', zoomPosition, zeroX) +
  space('RelativePanTiltTranslationSpace', panTiltTranslation, x, y) +
  space('RelativeZoomTranslationSpace', zoomTranslation, x) +
  space('ContinuousPanTiltVelocitySpace', panTiltVelocity, x, y) +
  space('ContinuousZoomVelocitySpace', zoomVelocity, x) +
  space('PanTiltSpeedSpace', panTiltSpeed, zeroX) +
  space('ZoomSpeedSpace', zoomSpeed, zeroX);
const node =
  `<tptz:PTZNode token="${ptzNodeToken}" FixedHomePosition="false"><tt:Name>PTZ</tt:Name><tt:SupportedPTZSpaces>${nodeSpaces}</tt:SupportedPTZSpaces>` +
  `<tt:MaximumNumberOfPresets>${mostPresets}</tt:MaximumNumberOfPresets><tt:HomeSupported>true</tt:HomeSupported><tt:AuxiliaryCommands>tt:Wiper|On</tt:AuxiliaryCommands><tt:AuxiliaryCommands>tt:Wiper|Off</tt:AuxiliaryCommands></tptz:PTZNode>`;

/** ONVIF PTZ service of a simulated camera: one node, moves, status and presets. Element order as in onvif.xsd. */
import { find, textAt, type XmlElement } from '../../adapters/protocols/soap/xml.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { OnvifFault, type OnvifService } from './onvif-service.ts';
import { type Axis, axes, inRange, PanTiltZoom, type Position } from './pan-tilt-zoom.ts';
import { element, value } from './xml-writer.ts';

export interface PtzFacts {
  readonly clock: Clock;
  readonly cameraNow: () => number;
  readonly profiles: readonly string[];
}

export interface Ptz {
  readonly service: OnvifService;
  readonly head: PanTiltZoom;
  configuration(name: string): string;
}

const nodeToken = 'node';
const configurationToken = 'ptz-configuration';
const mostPresets = 64;
const defaultTimeout = 10_000;
const longestTimeout = 60_000;
const space = (kind: string) => `http://www.onvif.org/ver10/tptz/${kind}`;
const panTiltPosition = space('PanTiltSpaces/PositionGenericSpace');
const zoomPosition = space('ZoomSpaces/PositionGenericSpace');
const panTiltStep = space('PanTiltSpaces/TranslationGenericSpace');
const zoomStep = space('ZoomSpaces/TranslationGenericSpace');
const panTiltVelocity = space('PanTiltSpaces/VelocityGenericSpace');
const zoomVelocity = space('ZoomSpaces/VelocityGenericSpace');
const panTiltSpeed = space('PanTiltSpaces/GenericSpeedSpace');
const zoomSpeed = space('ZoomSpaces/ZoomGenericSpeedSpace');

export function openPtz({ clock, cameraNow, profiles }: PtzFacts): Ptz {
  const head = new PanTiltZoom(clock);
  const presets = new Map<string, { name: string; position: Position }>();
  const configuration = (name: string) => element(name, configurationContent(profiles.length), { token: configurationToken });
  const capabilities = element('tptz:Capabilities', '', {
    EFlip: false,
    Reverse: false,
    GetCompatibleConfigurations: false,
    MoveStatus: true,
    StatusPosition: true,
  });

  /** Every operation but the listing ones names a profile. */
  const checked = (operate: (request: XmlElement) => string) => (request: XmlElement) => {
    if (!profiles.includes(textAt(request, 'ProfileToken') ?? '')) {
      throw new OnvifFault('Sender', ['InvalidArgVal', 'NoProfile'], 'There is no such profile.');
    }
    return operate(request);
  };
  const presetOf = (request: XmlElement) => {
    const preset = presets.get(textAt(request, 'PresetToken') ?? '');
    if (!preset) throw new OnvifFault('Sender', ['InvalidArgVal', 'NoToken'], 'There is no such preset.');
    return preset;
  };
  const setPreset = (request: XmlElement) => {
    const asked = textAt(request, 'PresetToken');
    if (asked !== undefined) presetOf(request);
    if (asked === undefined && presets.size >= mostPresets)
      throw new OnvifFault('Receiver', ['Action', 'TooManyPresets'], 'No room for another preset.');
    let number = 1;
    while (presets.has(`${number}`)) number += 1;
    const token = asked ?? `${number}`;
    presets.set(token, {
      name: (textAt(request, 'PresetName') ?? presets.get(token)?.name ?? `Preset ${token}`).slice(0, 64),
      position: head.position,
    });
    return value('tptz:PresetToken', token);
  };

  const service: OnvifService = {
    prefix: 'tptz',
    path: '/onvif/ptz_service',
    capabilities,
    operations: {
      GetServiceCapabilities: () => capabilities,
      GetNodes: () => node('tptz:PTZNode'),
      GetNode: (request) => {
        if (textAt(request, 'NodeToken') !== nodeToken) throw new OnvifFault('Sender', ['InvalidArgVal', 'NoEntity'], 'There is no such node.');
        return node('tptz:PTZNode');
      },
      GetConfigurations: () => configuration('tptz:PTZConfiguration'),
      GetStatus: checked(() =>
        element('tptz:PTZStatus', [
          position('tt:Position', head.position),
          element('tt:MoveStatus', [
            value('tt:PanTilt', head.moving('pan') || head.moving('tilt') ? 'MOVING' : 'IDLE'),
            value('tt:Zoom', head.moving('zoom') ? 'MOVING' : 'IDLE'),
          ]),
          value('tt:UtcTime', new Date(cameraNow()).toISOString()),
        ]),
      ),
      ContinuousMove: checked((request) => {
        const velocity = vector(find(request, 'Velocity'), (_axis, share) => Math.abs(share) <= 1, ['InvalidArgVal', 'InvalidVelocity']);
        head.drive(velocity, durationOf(textAt(request, 'Timeout')));
        return '';
      }),
      AbsoluteMove: checked((request) => {
        head.goTo(vector(find(request, 'Position'), inRange, ['InvalidArgVal', 'InvalidPosition']), speedOf(request));
        return '';
      }),
      RelativeMove: checked((request) => {
        const from = head.position;
        const step = vector(find(request, 'Translation'), (axis, by) => inRange(axis, from[axis] + by), ['InvalidArgVal', 'InvalidTranslation']);
        head.goBy(step, speedOf(request));
        return '';
      }),
      Stop: checked((request) => {
        const stops = (name: string) => (textAt(request, name) ?? 'true') !== 'false';
        head.stop([...(stops('PanTilt') ? (['pan', 'tilt'] as const) : []), ...(stops('Zoom') ? (['zoom'] as const) : [])]);
        return '';
      }),
      GetPresets: checked(() =>
        [...presets]
          .map(([token, preset]) => element('tptz:Preset', [value('tt:Name', preset.name), position('tt:PTZPosition', preset.position)], { token }))
          .join(''),
      ),
      SetPreset: checked(setPreset),
      GotoPreset: checked((request) => {
        head.goTo(presetOf(request).position, speedOf(request));
        return '';
      }),
      RemovePreset: checked((request) => {
        presetOf(request);
        presets.delete(textAt(request, 'PresetToken') ?? '');
        return '';
      }),
    },
  };
  return { service, head, configuration };
}

function vector(from: XmlElement | undefined, allowed: (axis: Axis, share: number) => boolean, subcodes: readonly string[]): Partial<Position> {
  const panTilt = find(from, 'PanTilt')?.attributes;
  const given: Readonly<Record<Axis, string | undefined>> = {
    pan: panTilt?.get('x'),
    tilt: panTilt?.get('y'),
    zoom: find(from, 'Zoom')?.attributes.get('x'),
  };
  const read: Partial<Record<Axis, number>> = {};
  for (const axis of axes) {
    const text = given[axis];
    if (text === undefined) continue;
    const number = Number(text);
    if (text.trim() === '' || !Number.isFinite(number) || !allowed(axis, number))
      throw new OnvifFault('Sender', subcodes, 'A value is out of range.');
    read[axis] = number;
  }
  return read;
}

/** One share of the full speed for all axes: the smallest that was given. */
function speedOf(request: XmlElement): number {
  const speeds = Object.values(vector(find(request, 'Speed'), (_axis, share) => share >= 0 && share <= 1, ['InvalidArgVal', 'InvalidSpeed']));
  const wanted = speeds.filter((share) => share > 0);
  return wanted.length > 0 ? Math.min(...wanted) : 1;
}

/** xs:duration as clients write it here, in ms: `PT5S`, `PT1M`, `PT0.5S`. */
function durationOf(text: string | undefined): number {
  if (text === undefined) return defaultTimeout;
  const parts = /^PT(?:(\d{1,4})M)?(?:(\d{1,6}(?:\.\d{1,6})?)S)?$/.exec(text);
  if (!parts || text === 'PT')
    throw new OnvifFault('Sender', ['InvalidArgVal', 'TimeoutNotSupported'], 'The timeout is no duration of minutes and seconds.');
  return Math.min(longestTimeout, Number(parts[1] ?? 0) * 60_000 + Number(parts[2] ?? 0) * 1_000);
}

function position(name: string, at: Position): string {
  const number = (place: number) => Number(place.toFixed(5));
  return element(name, [
    element('tt:PanTilt', '', { x: number(at.pan), y: number(at.tilt), space: panTiltPosition }),
    element('tt:Zoom', '', { x: number(at.zoom), space: zoomPosition }),
  ]);
}

const range = (name: string, least: number, most: number) => element(name, [value('tt:Min', least), value('tt:Max', most)]);
const flat = (name: string, uri: string, least: number) =>
  element(name, [value('tt:URI', uri), range('tt:XRange', least, 1), range('tt:YRange', -1, 1)]);
const line = (name: string, uri: string, least: number) => element(name, [value('tt:URI', uri), range('tt:XRange', least, 1)]);

function node(name: string): string {
  return element(
    name,
    [
      value('tt:Name', 'head'),
      element('tt:SupportedPTZSpaces', [
        flat('tt:AbsolutePanTiltPositionSpace', panTiltPosition, -1),
        line('tt:AbsoluteZoomPositionSpace', zoomPosition, 0),
        flat('tt:RelativePanTiltTranslationSpace', panTiltStep, -1),
        line('tt:RelativeZoomTranslationSpace', zoomStep, -1),
        flat('tt:ContinuousPanTiltVelocitySpace', panTiltVelocity, -1),
        line('tt:ContinuousZoomVelocitySpace', zoomVelocity, -1),
        line('tt:PanTiltSpeedSpace', panTiltSpeed, 0),
        line('tt:ZoomSpeedSpace', zoomSpeed, 0),
      ]),
      value('tt:MaximumNumberOfPresets', mostPresets),
      value('tt:HomeSupported', false),
    ],
    { token: nodeToken, FixedHomePosition: false },
  );
}

function configurationContent(useCount: number): readonly string[] {
  return [
    value('tt:Name', 'head'),
    value('tt:UseCount', useCount),
    value('tt:NodeToken', nodeToken),
    // "Pant" is how the schema spells it.
    value('tt:DefaultAbsolutePantTiltPositionSpace', panTiltPosition),
    value('tt:DefaultAbsoluteZoomPositionSpace', zoomPosition),
    value('tt:DefaultRelativePanTiltTranslationSpace', panTiltStep),
    value('tt:DefaultRelativeZoomTranslationSpace', zoomStep),
    value('tt:DefaultContinuousPanTiltVelocitySpace', panTiltVelocity),
    value('tt:DefaultContinuousZoomVelocitySpace', zoomVelocity),
    element('tt:DefaultPTZSpeed', [
      element('tt:PanTilt', '', { x: 1, y: 1, space: panTiltSpeed }),
      element('tt:Zoom', '', { x: 1, space: zoomSpeed }),
    ]),
    value('tt:DefaultPTZTimeout', `PT${defaultTimeout / 1_000}S`),
    element('tt:PanTiltLimits', flat('tt:Range', panTiltPosition, -1)),
    element('tt:ZoomLimits', line('tt:Range', zoomPosition, 0)),
  ];
}

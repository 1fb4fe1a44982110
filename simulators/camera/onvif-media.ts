/** ONVIF Media (ver10) and Media2 (ver20) of a simulated camera: one source, two profiles. Element order as in onvif.xsd. */
import { findAll, textAt, type XmlElement } from '../../adapters/protocols/soap/xml.ts';
import { OnvifFault, type OnvifService } from './onvif-service.ts';
import { element, value } from './xml-writer.ts';

export type ProfileToken = 'main' | 'sub';

export interface MediaProfile {
  readonly token: ProfileToken;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly kilobitsPerSecond: number;
  /** Frames between two key frames. */
  readonly govLength: number;
}

export interface MediaFacts {
  readonly profiles: readonly MediaProfile[];
  /** `<tt:…>` content and attributes of the PTZ configuration, written under the name asked for. */
  readonly ptzConfiguration: (name: string) => string;
  readonly requestKeyframe: () => void;
}

const sourceToken = 'source';
/** A minute: what most cameras say, and what RTSP servers default to (RFC 2326 §12.37). */
const sessionTimeout = value('tt:SessionTimeout', 'PT60S');

export function mediaService(facts: MediaFacts): OnvifService {
  const uri = (address: string) =>
    element('trt:MediaUri', [
      value('tt:Uri', address),
      value('tt:InvalidAfterConnect', false),
      value('tt:InvalidAfterReboot', false),
      value('tt:Timeout', 'PT0S'),
    ]);
  const profile = (name: string, each: MediaProfile) =>
    element(
      name,
      [
        value('tt:Name', each.token),
        sourceConfiguration('tt:VideoSourceConfiguration', facts),
        encoderConfiguration('tt:VideoEncoderConfiguration', each),
        facts.ptzConfiguration('tt:PTZConfiguration'),
      ],
      { token: each.token, fixed: true },
    );
  const capabilities = element(
    'trt:Capabilities',
    [
      element('trt:ProfileCapabilities', '', { MaximumNumberOfProfiles: facts.profiles.length }),
      element('trt:StreamingCapabilities', '', { RTPMulticast: false, RTP_TCP: true, RTP_RTSP_TCP: true }),
    ],
    { SnapshotUri: true, Rotation: false, VideoSourceMode: false, OSD: false },
  );
  return {
    prefix: 'trt',
    path: '/onvif/media_service',
    capabilities,
    operations: {
      GetServiceCapabilities: () => capabilities,
      GetProfiles: () => facts.profiles.map((each) => profile('trt:Profiles', each)).join(''),
      GetProfile: (request) => profile('trt:Profile', chosen(facts, request)),
      GetVideoSources: () => {
        const { width, height, framesPerSecond } = facts.profiles[0]!;
        return element('trt:VideoSources', [value('tt:Framerate', framesPerSecond), resolution(width, height)], { token: sourceToken });
      },
      GetVideoEncoderConfigurations: () => facts.profiles.map((each) => encoderConfiguration('trt:Configurations', each)).join(''),
      GetStreamUri: (request, { rtsp }) => uri(`${rtsp}/${chosen(facts, request).token}`),
      GetSnapshotUri: (request, { http }) => uri(`${http}/snapshot/${chosen(facts, request).token}`),
      SetSynchronizationPoint: (request) => {
        chosen(facts, request);
        facts.requestKeyframe();
        return '';
      },
    },
  };
}

export function media2Service(facts: MediaFacts): OnvifService {
  const profile = (each: MediaProfile, wanted: ReadonlySet<string>) => {
    const wants = (kind: string) => wanted.has('All') || wanted.has(kind);
    const configurations = [
      wants('VideoSource') ? sourceConfiguration('tr2:VideoSource', facts) : '',
      wants('VideoEncoder') ? encoder2Configuration('tr2:VideoEncoder', each) : '',
      wants('PTZ') ? facts.ptzConfiguration('tr2:PTZ') : '',
    ].join('');
    // Without a Type only tokens and names are asked for (Media2 §5.2.2).
    const inside = wanted.size === 0 ? '' : element('tr2:Configurations', configurations);
    return element('tr2:Profiles', [value('tr2:Name', each.token), inside], { token: each.token, fixed: true });
  };
  const capabilities = element(
    'tr2:Capabilities',
    [
      element('tr2:ProfileCapabilities', '', {
        MaximumNumberOfProfiles: facts.profiles.length,
        ConfigurationsSupported: 'VideoSource VideoEncoder PTZ',
      }),
      element('tr2:StreamingCapabilities', '', { RTSPStreaming: true, RTPMulticast: false, RTP_RTSP_TCP: true }),
    ],
    { SnapshotUri: true },
  );
  return {
    prefix: 'tr2',
    path: '/onvif/media2_service',
    capabilities,
    operations: {
      GetServiceCapabilities: () => capabilities,
      GetProfiles: (request) => {
        const profiles = textAt(request, 'Token') === undefined ? facts.profiles : [chosen(facts, request, 'Token')];
        const wanted = new Set(findAll(request, 'Type').map((each) => each.text));
        return profiles.map((each) => profile(each, wanted)).join('');
      },
      GetVideoEncoderConfigurations: (request) => {
        const only = textAt(request, 'ConfigurationToken');
        const profiles = facts.profiles.filter((each) => only === undefined || only === encoderToken(each));
        if (profiles.length === 0) throw new OnvifFault('Sender', ['InvalidArgVal', 'NoConfig'], 'There is no such configuration.');
        return profiles.map((each) => encoder2Configuration('tr2:Configurations', each)).join('');
      },
      GetStreamUri: (request, { rtsp }) => value('tr2:Uri', `${rtsp}/${chosen(facts, request).token}`),
      GetSnapshotUri: (request, { http }) => value('tr2:Uri', `${http}/snapshot/${chosen(facts, request).token}`),
      SetSynchronizationPoint: (request) => {
        chosen(facts, request);
        facts.requestKeyframe();
        return '';
      },
    },
  };
}

function chosen({ profiles }: MediaFacts, request: XmlElement, name = 'ProfileToken'): MediaProfile {
  const token = textAt(request, name);
  const found = profiles.find((each) => each.token === token);
  if (!found) throw new OnvifFault('Sender', ['InvalidArgVal', 'NoProfile'], 'There is no such profile.');
  return found;
}

const encoderToken = ({ token }: MediaProfile) => `encoder-${token}`;
const resolution = (width: number, height: number) => element('tt:Resolution', [value('tt:Width', width), value('tt:Height', height)]);

function sourceConfiguration(name: string, { profiles }: MediaFacts): string {
  const { width, height } = profiles[0]!;
  return element(
    name,
    [
      value('tt:Name', 'source'),
      value('tt:UseCount', profiles.length),
      value('tt:SourceToken', sourceToken),
      element('tt:Bounds', '', { x: 0, y: 0, width, height }),
    ],
    { token: 'source-configuration' },
  );
}

function encoderConfiguration(name: string, profile: MediaProfile): string {
  return element(
    name,
    [
      value('tt:Name', profile.token),
      value('tt:UseCount', 1),
      value('tt:Encoding', 'H264'),
      resolution(profile.width, profile.height),
      value('tt:Quality', 5),
      element('tt:RateControl', [
        value('tt:FrameRateLimit', profile.framesPerSecond),
        value('tt:EncodingInterval', 1),
        value('tt:BitrateLimit', profile.kilobitsPerSecond),
      ]),
      element('tt:H264', [value('tt:GovLength', profile.govLength), value('tt:H264Profile', 'Baseline')]),
      multicast,
      sessionTimeout,
    ],
    { token: encoderToken(profile) },
  );
}

/** ver20 has the group length and profile as attributes, and the quality at the end. */
function encoder2Configuration(name: string, profile: MediaProfile): string {
  return element(
    name,
    [
      value('tt:Name', profile.token),
      value('tt:UseCount', 1),
      value('tt:Encoding', 'H264'),
      resolution(profile.width, profile.height),
      element('tt:RateControl', [value('tt:FrameRateLimit', profile.framesPerSecond), value('tt:BitrateLimit', profile.kilobitsPerSecond)], {
        ConstantBitRate: false,
      }),
      value('tt:Quality', 5),
    ],
    { token: encoderToken(profile), GovLength: profile.govLength, Profile: 'Baseline' },
  );
}

const multicast = element('tt:Multicast', [
  element('tt:Address', [value('tt:Type', 'IPv4'), value('tt:IPv4Address', '0.0.0.0')]),
  value('tt:Port', 0),
  value('tt:TTL', 0),
  value('tt:AutoStart', false),
]);

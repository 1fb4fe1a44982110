/** ONVIF Media service (media.wsdl), reads only. */
import { escapeXml, textAt } from '../../../adapters/protocols/xml.ts';
import { gopLength, ptzConfiguration, range, resolution, videoEncoderConfiguration, videoSourceConfiguration } from './configurations.ts';
import { mediaServiceCapabilities } from './device.ts';
import {
  type Asked,
  encoderToken,
  noConfiguration,
  noProfile,
  type OnvifFault,
  type OnvifProfile,
  type Operation,
  type Operations,
  profileOf,
  videoSourceConfigToken,
  videoSourceToken,
} from './operation.ts';

export const snapshotPath = '/onvif/snapshot/';

export const mediaOperations: Operations = {
  GetServiceCapabilities: () => `<trt:GetServiceCapabilitiesResponse>${mediaServiceCapabilities}</trt:GetServiceCapabilitiesResponse>`,

  GetProfiles: ({ camera }) =>
    `<trt:GetProfilesResponse>${camera.profiles.map((profile) => profileXml('trt:Profiles', profile, camera.profiles)).join('')}</trt:GetProfilesResponse>`,

  GetProfile: (asked) => {
    const profile = profileOf(asked);
    if (!profile) return noProfile;
    return `<trt:GetProfileResponse>${profileXml('trt:Profile', profile, asked.camera.profiles)}</trt:GetProfileResponse>`;
  },

  GetVideoSources: ({ camera }) => {
    const best = camera.profiles[0]!;
    return (
      `<trt:GetVideoSourcesResponse><trt:VideoSources token="${videoSourceToken}"><tt:Framerate>${best.settings.framesPerSecond}</tt:Framerate>` +
      `${resolution(best)}</trt:VideoSources></trt:GetVideoSourcesResponse>`
    );
  },

  GetVideoSourceConfigurations: ({ camera }) =>
    `<trt:GetVideoSourceConfigurationsResponse>${videoSourceConfiguration('trt:Configurations', camera.profiles)}</trt:GetVideoSourceConfigurationsResponse>`,

  GetVideoSourceConfiguration: ({ request, camera }) =>
    textAt(request, 'ConfigurationToken') === videoSourceConfigToken
      ? `<trt:GetVideoSourceConfigurationResponse>${videoSourceConfiguration('trt:Configuration', camera.profiles)}</trt:GetVideoSourceConfigurationResponse>`
      : noConfiguration,

  GetVideoEncoderConfigurations: ({ camera }) =>
    `<trt:GetVideoEncoderConfigurationsResponse>${camera.profiles.map((profile) => videoEncoderConfiguration('trt:Configurations', profile)).join('')}</trt:GetVideoEncoderConfigurationsResponse>`,

  GetVideoEncoderConfiguration: ({ request, camera }) => {
    const token = textAt(request, 'ConfigurationToken');
    const profile = camera.profiles.find((each) => encoderToken(each) === token);
    if (!profile) return noConfiguration;
    return `<trt:GetVideoEncoderConfigurationResponse>${videoEncoderConfiguration('trt:Configuration', profile)}</trt:GetVideoEncoderConfigurationResponse>`;
  },

  GetVideoEncoderConfigurationOptions: (asked) => {
    const { request, camera } = asked;
    const token = textAt(request, 'ConfigurationToken');
    const profile = camera.profiles.find((each) => encoderToken(each) === token) ?? profileOf(asked) ?? camera.profiles[0]!;
    const size = resolution(profile).replaceAll('Resolution>', 'ResolutionsAvailable>');
    const { framesPerSecond } = profile.settings;
    return (
      `<trt:GetVideoEncoderConfigurationOptionsResponse><trt:Options>${range('QualityRange', 1, 6)}<tt:H264>${size}` +
      `${range('GovLengthRange', gopLength(profile), gopLength(profile))}${range('FrameRateRange', framesPerSecond, framesPerSecond)}` +
      `${range('EncodingIntervalRange', 1, 1)}<tt:H264ProfilesSupported>Main</tt:H264ProfilesSupported></tt:H264></trt:Options></trt:GetVideoEncoderConfigurationOptionsResponse>`
    );
  },

  GetAudioSources: () => '<trt:GetAudioSourcesResponse/>',
  GetAudioSourceConfigurations: () => '<trt:GetAudioSourceConfigurationsResponse/>',
  GetAudioEncoderConfigurations: () => '<trt:GetAudioEncoderConfigurationsResponse/>',
  GetMetadataConfigurations: () => '<trt:GetMetadataConfigurationsResponse/>',
  GetVideoAnalyticsConfigurations: () => '<trt:GetVideoAnalyticsConfigurationsResponse/>',

  GetStreamUri: (asked) => {
    const profile = profileOf(asked);
    if (!profile) return noProfile;
    if (textAt(asked.request, 'StreamSetup', 'Stream') === 'RTP-Multicast') {
      return { side: 'Sender', subcodes: ['InvalidArgVal', 'InvalidStreamSetup'], reason: 'Multicast is not supported' };
    }
    return mediaUri('GetStreamUriResponse', `${asked.rtsp}/${profile.path}`);
  },

  GetSnapshotUri: (asked) => {
    const profile = profileOf(asked);
    return profile ? mediaUri('GetSnapshotUriResponse', `${asked.http}${snapshotPath}${profile.path}`) : noProfile;
  },

  SetSynchronizationPoint: synchronise('trt'),
};

/** In Media and Media2 alike: the next picture of this profile is a keyframe. */
export function synchronise(prefix: 'trt' | 'tr2'): Operation {
  return (asked: Asked): string | OnvifFault => {
    const profile = profileOf(asked);
    profile?.synchronise();
    return profile ? `<${prefix}:SetSynchronizationPointResponse/>` : noProfile;
  };
}

function profileXml(element: string, profile: OnvifProfile, all: readonly OnvifProfile[]): string {
  return (
    `<${element} token="${escapeXml(profile.token)}" fixed="true"><tt:Name>${escapeXml(profile.name)}</tt:Name>${videoSourceConfiguration('tt:VideoSourceConfiguration', all)}` +
    `${videoEncoderConfiguration('tt:VideoEncoderConfiguration', profile)}${ptzConfiguration('tt:PTZConfiguration', all)}</${element}>`
  );
}

function mediaUri(response: string, uri: string): string {
  return (
    `<trt:${response}><trt:MediaUri><tt:Uri>${escapeXml(uri)}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>` +
    `<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:${response}>`
  );
}

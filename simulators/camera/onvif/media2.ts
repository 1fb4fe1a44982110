/** ONVIF Media2 service (ver20/media/wsdl), reads only. */
import { escapeXml, findAll, textAt } from '../../../adapters/protocols/xml.ts';
import { encoding, gopLength, ptzConfiguration, range, resolution, videoEncoder2Configuration, videoSourceConfiguration } from './configurations.ts';
import { media2ServiceCapabilities } from './device.ts';
import { snapshotPath, synchronise } from './media.ts';
import { type Asked, encoderToken, noConfiguration, noProfile, type OnvifProfile, type Operations, profileOf } from './operation.ts';

export const media2Operations: Operations = {
  GetServiceCapabilities: () => `<tr2:GetServiceCapabilitiesResponse>${media2ServiceCapabilities}</tr2:GetServiceCapabilitiesResponse>`,

  GetProfiles: ({ request, camera }) => {
    const token = textAt(request, 'Token');
    const chosen = token === undefined ? camera.profiles : camera.profiles.filter((profile) => profile.token === token);
    if (chosen.length === 0) return noProfile;
    // Without Type a device names its profiles and nothing more (Media2 §5.2.2).
    const types = new Set(findAll(request, 'Type').map((type) => type.text));
    return `<tr2:GetProfilesResponse>${chosen.map((profile) => profileXml(profile, camera.profiles, types)).join('')}</tr2:GetProfilesResponse>`;
  },

  GetVideoSourceConfigurations: ({ camera }) =>
    `<tr2:GetVideoSourceConfigurationsResponse>${videoSourceConfiguration('tr2:Configurations', camera.profiles)}</tr2:GetVideoSourceConfigurationsResponse>`,

  GetVideoEncoderConfigurations: (asked) => {
    const chosen = encodersAsked(asked);
    if (chosen.length === 0) return noConfiguration;
    return `<tr2:GetVideoEncoderConfigurationsResponse>${chosen.map((profile) => videoEncoder2Configuration('tr2:Configurations', profile)).join('')}</tr2:GetVideoEncoderConfigurationsResponse>`;
  },

  GetVideoEncoderConfigurationOptions: (asked) => {
    const chosen = encodersAsked(asked);
    const options = chosen.map((profile) => {
      const { framesPerSecond, kbps } = profile.settings;
      const gop = gopLength(profile);
      return (
        `<tr2:Options GovLengthRange="${gop} ${gop}" FrameRatesSupported="${framesPerSecond}" ProfilesSupported="Main" ConstantBitRateSupported="false">` +
        `${encoding(profile)}${range('QualityRange', 1, 6)}${resolution(profile).replaceAll('Resolution>', 'ResolutionsAvailable>')}` +
        `${range('BitrateRange', kbps, kbps)}</tr2:Options>`
      );
    });
    if (options.length === 0) return noConfiguration;
    return `<tr2:GetVideoEncoderConfigurationOptionsResponse>${options.join('')}</tr2:GetVideoEncoderConfigurationOptionsResponse>`;
  },

  GetStreamUri: (asked) => {
    const profile = profileOf(asked);
    if (!profile) return noProfile;
    return `<tr2:GetStreamUriResponse><tr2:Uri>${escapeXml(`${asked.rtsp}/${profile.path}`)}</tr2:Uri></tr2:GetStreamUriResponse>`;
  },

  GetSnapshotUri: (asked) => {
    const profile = profileOf(asked);
    if (!profile) return noProfile;
    return `<tr2:GetSnapshotUriResponse><tr2:Uri>${escapeXml(`${asked.http}${snapshotPath}${profile.path}`)}</tr2:Uri></tr2:GetSnapshotUriResponse>`;
  },

  SetSynchronizationPoint: synchronise('tr2'),
};

/** By ConfigurationToken or ProfileToken; all where neither is named. */
function encodersAsked(asked: Asked): readonly OnvifProfile[] {
  const { request, camera } = asked;
  const token = textAt(request, 'ConfigurationToken');
  const profile = textAt(request, 'ProfileToken');
  return camera.profiles.filter((each) => (token === undefined || encoderToken(each) === token) && (profile === undefined || each.token === profile));
}

function profileXml(profile: OnvifProfile, all: readonly OnvifProfile[], types: ReadonlySet<string>): string {
  const has = (type: string) => types.has('All') || types.has(type);
  const parts =
    (has('VideoSource') ? videoSourceConfiguration('tr2:VideoSource', all) : '') +
    (has('VideoEncoder') ? videoEncoder2Configuration('tr2:VideoEncoder', profile) : '') +
    (has('PTZ') ? ptzConfiguration('tr2:PTZ', all) : '');
  const configurations = parts === '' ? '' : `<tr2:Configurations>${parts}</tr2:Configurations>`;
  return `<tr2:Profiles token="${escapeXml(profile.token)}" fixed="true"><tr2:Name>${escapeXml(profile.name)}</tr2:Name>${configurations}</tr2:Profiles>`;
}

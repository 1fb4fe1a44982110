/** Configurations that Media, Media2 and PTZ all show, in schema order (onvif.xsd). The element's name comes from the service. */
import { escapeXml } from '../../../adapters/protocols/xml.ts';
import { encoderToken, type OnvifProfile, ptzConfigToken, ptzNodeToken, videoSourceConfigToken, videoSourceToken } from './operation.ts';

const spaces = 'http://www.onvif.org/ver10/tptz';
export const panTiltPosition = `${spaces}/PanTiltSpaces/PositionGenericSpace`;
export const zoomPosition = `${spaces}/ZoomSpaces/PositionGenericSpace`;
export const panTiltTranslation = `${spaces}/PanTiltSpaces/TranslationGenericSpace`;
export const zoomTranslation = `${spaces}/ZoomSpaces/TranslationGenericSpace`;
export const panTiltVelocity = `${spaces}/PanTiltSpaces/VelocityGenericSpace`;
export const zoomVelocity = `${spaces}/ZoomSpaces/VelocityGenericSpace`;
export const panTiltSpeed = `${spaces}/PanTiltSpaces/GenericSpeedSpace`;
export const zoomSpeed = `${spaces}/ZoomSpaces/ZoomGenericSpeedSpace`;

export const resolution = ({ settings }: OnvifProfile) =>
  `<tt:Resolution><tt:Width>${settings.width}</tt:Width><tt:Height>${settings.height}</tt:Height></tt:Resolution>`;
export const gopLength = ({ settings }: OnvifProfile) => Math.max(1, Math.round(settings.gopSeconds * settings.framesPerSecond));
export const range = (name: string, least: number, most: number) => `<tt:${name}><tt:Min>${least}</tt:Min><tt:Max>${most}</tt:Max></tt:${name}>`;

const noMulticast =
  '<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>';

export function videoSourceConfiguration(element: string, profiles: readonly OnvifProfile[]): string {
  const best = profiles[0]!.settings;
  return (
    `<${element} token="${videoSourceConfigToken}"><tt:Name>VideoSource</tt:Name><tt:UseCount>${profiles.length}</tt:UseCount>` +
    `<tt:SourceToken>${videoSourceToken}</tt:SourceToken><tt:Bounds x="0" y="0" width="${best.width}" height="${best.height}"/></${element}>`
  );
}

/** Of Media: tt:VideoEncoderConfiguration, whose schema knows no H.265: that is called H264, as by real cameras (onvif-rtsp §1.2, 26). */
export function videoEncoderConfiguration(element: string, profile: OnvifProfile): string {
  const { framesPerSecond, kbps } = profile.settings;
  return (
    `<${element} token="${encoderToken(profile)}"><tt:Name>${escapeXml(profile.name)}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>` +
    `${resolution(profile)}<tt:Quality>4</tt:Quality><tt:RateControl><tt:FrameRateLimit>${framesPerSecond}</tt:FrameRateLimit>` +
    `<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>${kbps}</tt:BitrateLimit></tt:RateControl>` +
    `<tt:H264><tt:GovLength>${gopLength(profile)}</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>` +
    `${noMulticast}<tt:SessionTimeout>PT60S</tt:SessionTimeout></${element}>`
  );
}

/** Of Media2: names of encodings as IANA has them. */
export const encoding = ({ settings }: OnvifProfile) => `<tt:Encoding>${settings.codec.toUpperCase()}</tt:Encoding>`;

/** Of Media2: tt:VideoEncoder2Configuration. */
export function videoEncoder2Configuration(element: string, profile: OnvifProfile): string {
  const { framesPerSecond, kbps } = profile.settings;
  return (
    `<${element} token="${encoderToken(profile)}" GovLength="${gopLength(profile)}" Profile="Main"><tt:Name>${escapeXml(profile.name)}</tt:Name>` +
    `<tt:UseCount>1</tt:UseCount>${encoding(profile)}${resolution(profile)}<tt:RateControl ConstantBitRate="false">` +
    `<tt:FrameRateLimit>${framesPerSecond}</tt:FrameRateLimit><tt:BitrateLimit>${kbps}</tt:BitrateLimit></tt:RateControl>` +
    `${noMulticast}<tt:Quality>4</tt:Quality></${element}>`
  );
}

/** The schema itself writes "DefaultAbsolutePantTiltPositionSpace". */
export function ptzConfiguration(element: string, profiles: readonly OnvifProfile[]): string {
  return (
    `<${element} token="${ptzConfigToken}"><tt:Name>PTZ</tt:Name><tt:UseCount>${profiles.length}</tt:UseCount><tt:NodeToken>${ptzNodeToken}</tt:NodeToken>` +
    `<tt:DefaultAbsolutePantTiltPositionSpace>${panTiltPosition}</tt:DefaultAbsolutePantTiltPositionSpace>` +
    `<tt:DefaultAbsoluteZoomPositionSpace>${zoomPosition}</tt:DefaultAbsoluteZoomPositionSpace>` +
    `<tt:DefaultRelativePanTiltTranslationSpace>${panTiltTranslation}</tt:DefaultRelativePanTiltTranslationSpace>` +
    `<tt:DefaultRelativeZoomTranslationSpace>${zoomTranslation}</tt:DefaultRelativeZoomTranslationSpace>` +
    `<tt:DefaultContinuousPanTiltVelocitySpace>${panTiltVelocity}</tt:DefaultContinuousPanTiltVelocitySpace>` +
    `<tt:DefaultContinuousZoomVelocitySpace>${zoomVelocity}</tt:DefaultContinuousZoomVelocitySpace>` +
    `<tt:DefaultPTZSpeed><tt:PanTilt x="1" y="1" space="${panTiltSpeed}"/><tt:Zoom x="1" space="${zoomSpeed}"/></tt:DefaultPTZSpeed>` +
    '<tt:DefaultPTZTimeout>PT10S</tt:DefaultPTZTimeout>' +
    `<tt:PanTiltLimits><tt:Range><tt:URI>${panTiltPosition}</tt:URI>${range('XRange', -1, 1)}${range('YRange', -1, 1)}</tt:Range></tt:PanTiltLimits>` +
    `<tt:ZoomLimits><tt:Range><tt:URI>${zoomPosition}</tt:URI>${range('XRange', 0, 1)}</tt:Range></tt:ZoomLimits></${element}>`
  );
}

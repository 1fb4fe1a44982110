/** ONVIF Device service (devicemgmt.wsdl): elements in the order of the schema, as strict clients read them. */
import { escapeXml, findAll, textAt } from '../../../adapters/protocols/xml.ts';
import { eventServiceCapabilities } from './events-service.ts';
import type { Asked, OnvifCamera, Operations } from './operation.ts';

export const servicePaths = {
  device: '/onvif/device_service',
  media: '/onvif/media',
  media2: '/onvif/media2',
  ptz: '/onvif/ptz',
  imaging: '/onvif/imaging',
  events: '/onvif/events',
} as const;

/** Access class PRE_AUTH (ONVIF Core §5.9.4.3): answered to whoever asks. */
export const openToAll: ReadonlySet<string> = new Set([
  'GetSystemDateAndTime',
  'GetWsdlUrl',
  'GetServices',
  'GetServiceCapabilities',
  'GetCapabilities',
  'GetHostname',
  'GetEndpointReference',
]);

export const deviceOperations: Operations = {
  GetSystemDateAndTime: ({ camera }) => {
    const now = new Date(camera.now());
    const utc =
      `<tt:UTCDateTime><tt:Time><tt:Hour>${now.getUTCHours()}</tt:Hour><tt:Minute>${now.getUTCMinutes()}</tt:Minute><tt:Second>${now.getUTCSeconds()}</tt:Second></tt:Time>` +
      `<tt:Date><tt:Year>${now.getUTCFullYear()}</tt:Year><tt:Month>${now.getUTCMonth() + 1}</tt:Month><tt:Day>${now.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime>`;
    return (
      '<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>' +
      `<tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>${utc}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`
    );
  },

  GetDeviceInformation: ({ camera }) =>
    '<tds:GetDeviceInformationResponse><tds:Manufacturer>Simulated</tds:Manufacturer>' +
    `<tds:Model>${escapeXml(camera.model)}</tds:Model>` +
    `<tds:FirmwareVersion>1.0.0</tds:FirmwareVersion><tds:SerialNumber>${camera.serial}</tds:SerialNumber><tds:HardwareId>SIM-1</tds:HardwareId></tds:GetDeviceInformationResponse>`,

  GetCapabilities: (asked) => {
    const wanted = findAll(asked.request, 'Category').map((category) => category.text);
    const events = asked.camera.faults.has('events-missing') ? [] : ['Events'];
    const offered = ['All', 'Device', 'PTZ', ...(asked.camera.media ? ['Media'] : []), ...events];
    const unknown = wanted.find((category) => !offered.includes(category));
    if (unknown !== undefined) {
      return { side: 'Receiver', subcodes: ['ActionNotSupported', 'NoSuchService'], reason: 'The requested service category is not supported' };
    }
    const has = (category: string) => wanted.length === 0 || wanted.includes('All') || wanted.includes(category);
    return (
      '<tds:GetCapabilitiesResponse><tds:Capabilities>' +
      (has('Device') ? deviceCapabilities(asked) : '') +
      (has('Events') && events.length > 0 ? eventCapabilities(asked) : '') +
      (has('Media') && asked.camera.media ? mediaCapabilities(asked) : '') +
      (has('Imaging') ? `<tt:Imaging><tt:XAddr>${asked.http}${servicePaths.imaging}</tt:XAddr></tt:Imaging>` : '') +
      (has('PTZ') ? `<tt:PTZ><tt:XAddr>${asked.http}${servicePaths.ptz}</tt:XAddr></tt:PTZ>` : '') +
      '</tds:Capabilities></tds:GetCapabilitiesResponse>'
    );
  },

  GetServices: (asked) => {
    const full = textAt(asked.request, 'IncludeCapability') === 'true' || textAt(asked.request, 'IncludeCapability') === '1';
    const one = (path: string, namespace: string, version: string, capabilities: string) =>
      `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${asked.http}${path}</tds:XAddr>` +
      (full ? `<tds:Capabilities>${capabilities}</tds:Capabilities>` : '') +
      `<tds:Version>${version}</tds:Version></tds:Service>`;
    const version = (major: number, minor: number) => `<tt:Major>${major}</tt:Major><tt:Minor>${minor}</tt:Minor>`;
    return (
      '<tds:GetServicesResponse>' +
      one(servicePaths.device, 'http://www.onvif.org/ver10/device/wsdl', version(2, 60), deviceServiceCapabilities(asked.camera)) +
      (asked.camera.media ? one(servicePaths.media, 'http://www.onvif.org/ver10/media/wsdl', version(2, 60), mediaServiceCapabilities) : '') +
      one(servicePaths.media2, 'http://www.onvif.org/ver20/media/wsdl', version(2, 60), media2ServiceCapabilities) +
      one(servicePaths.ptz, 'http://www.onvif.org/ver20/ptz/wsdl', version(2, 60), ptzServiceCapabilities) +
      one(servicePaths.imaging, 'http://www.onvif.org/ver20/imaging/wsdl', version(2, 60), imagingServiceCapabilities) +
      (asked.camera.faults.has('events-missing')
        ? ''
        : one(servicePaths.events, 'http://www.onvif.org/ver10/events/wsdl', version(2, 60), eventServiceCapabilities)) +
      '</tds:GetServicesResponse>'
    );
  },

  GetServiceCapabilities: ({ camera }) =>
    `<tds:GetServiceCapabilitiesResponse>${deviceServiceCapabilities(camera)}</tds:GetServiceCapabilitiesResponse>`,

  GetScopes: ({ camera }) => {
    const scopes = scopesOf(camera).map(
      (scope) => `<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>${escapeXml(scope)}</tt:ScopeItem></tds:Scopes>`,
    );
    return `<tds:GetScopesResponse>${scopes.join('')}</tds:GetScopesResponse>`;
  },

  GetHostname: ({ camera }) =>
    `<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP><tt:Name>${escapeXml(camera.id.replaceAll('_', '-'))}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>`,

  GetNetworkInterfaces: ({ camera, host }) => {
    const manual = /^[\d.]+$/.test(host)
      ? `<tt:Manual><tt:Address>${host}</tt:Address><tt:PrefixLength>${host.startsWith('127.') ? 8 : 24}</tt:PrefixLength></tt:Manual>`
      : '';
    return (
      '<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled>' +
      `<tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>${camera.mac}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info>` +
      `<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config>${manual}<tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4>` +
      '</tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>'
    );
  },

  GetNetworkProtocols: ({ http, rtsp }) => {
    const one = (name: string, url: string) =>
      `<tds:NetworkProtocols><tt:Name>${name}</tt:Name><tt:Enabled>true</tt:Enabled><tt:Port>${new URL(url).port}</tt:Port></tds:NetworkProtocols>`;
    return `<tds:GetNetworkProtocolsResponse>${one(http.startsWith('https:') ? 'HTTPS' : 'HTTP', http)}${one('RTSP', rtsp)}</tds:GetNetworkProtocolsResponse>`;
  },

  GetEndpointReference: ({ camera }) =>
    `<tds:GetEndpointReferenceResponse><tds:GUID>urn:uuid:${camera.uuid}</tds:GUID></tds:GetEndpointReferenceResponse>`,

  GetWsdlUrl: () => '<tds:GetWsdlUrlResponse><tds:WsdlUrl>http://www.onvif.org/</tds:WsdlUrl></tds:GetWsdlUrlResponse>',

  GetDiscoveryMode: () => '<tds:GetDiscoveryModeResponse><tds:DiscoveryMode>Discoverable</tds:DiscoveryMode></tds:GetDiscoveryModeResponse>',
};

export function scopesOf(camera: OnvifCamera): readonly string[] {
  const root = 'onvif://www.onvif.org';
  const place = camera.place === '' ? [] : [`${root}/location/${encodeURIComponent(camera.place)}`];
  return [
    ...[`${root}/type/video_encoder`, `${root}/type/ptz`, `${root}/Profile/Streaming`, `${root}/Profile/T`, `${root}/hardware/SIM-IPC-1`],
    ...[`${root}/name/${encodeURIComponent(camera.name)}`, ...place],
  ];
}

function deviceCapabilities({ http }: Asked): string {
  const no = (...names: readonly string[]) => names.map((name) => `<tt:${name}>false</tt:${name}>`).join('');
  return (
    `<tt:Device><tt:XAddr>${http}${servicePaths.device}</tt:XAddr>` +
    `<tt:Network>${no('IPFilter', 'ZeroConfiguration', 'IPVersion6', 'DynDNS')}</tt:Network>` +
    '<tt:System><tt:DiscoveryResolve>true</tt:DiscoveryResolve><tt:DiscoveryBye>true</tt:DiscoveryBye>' +
    `${no('RemoteDiscovery', 'SystemBackup', 'SystemLogging', 'FirmwareUpgrade')}` +
    '<tt:SupportedVersions><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tt:SupportedVersions></tt:System>' +
    '<tt:IO><tt:InputConnectors>2</tt:InputConnectors><tt:RelayOutputs>0</tt:RelayOutputs></tt:IO>' +
    `<tt:Security>${no('TLS1.1', 'TLS1.2', 'OnboardKeyGeneration', 'AccessPolicyConfig', 'X.509Token', 'SAMLToken', 'KerberosToken', 'RELToken')}</tt:Security></tt:Device>`
  );
}

function eventCapabilities({ http }: Asked): string {
  return (
    `<tt:Events><tt:XAddr>${http}${servicePaths.events}</tt:XAddr><tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>` +
    '<tt:WSPullPointSupport>true</tt:WSPullPointSupport><tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>'
  );
}

function mediaCapabilities({ http }: Asked): string {
  return (
    `<tt:Media><tt:XAddr>${http}${servicePaths.media}</tt:XAddr><tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast>` +
    '<tt:RTP_TCP>false</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>'
  );
}

function deviceServiceCapabilities({ auth }: OnvifCamera): string {
  return (
    '<tds:Capabilities><tds:Network IPFilter="false" ZeroConfiguration="false" IPVersion6="false" DynDNS="false"/>' +
    `<tds:Security TLS1.1="false" TLS1.2="false" OnboardKeyGeneration="false" AccessPolicyConfig="false" UsernameToken="${auth.token}" HttpDigest="${auth.digest}"/>` +
    '<tds:System DiscoveryResolve="true" DiscoveryBye="true" RemoteDiscovery="false" SystemBackup="false" SystemLogging="false" FirmwareUpgrade="false"/></tds:Capabilities>'
  );
}

const streaming = 'RTPMulticast="false" RTP_TCP="false" RTP_RTSP_TCP="true" NonAggregateControl="false"';

export const mediaServiceCapabilities =
  '<trt:Capabilities SnapshotUri="true" Rotation="false" VideoSourceMode="false" OSD="false">' +
  `<trt:ProfileCapabilities MaximumNumberOfProfiles="2"/><trt:StreamingCapabilities ${streaming} NoRTSPStreaming="false"/></trt:Capabilities>`;

export const media2ServiceCapabilities =
  '<tr2:Capabilities SnapshotUri="true" Rotation="false" VideoSourceMode="false" OSD="false">' +
  '<tr2:ProfileCapabilities MaximumNumberOfProfiles="2" ConfigurationsSupported="VideoSource VideoEncoder PTZ"/>' +
  `<tr2:StreamingCapabilities RTSPStreaming="true" RTPMulticast="false" RTP_RTSP_TCP="true" NonAggregateControl="false"/></tr2:Capabilities>`;

export const ptzServiceCapabilities = `<tptz:Capabilities EFlip="false" Reverse="false" GetCompatibleConfigurations="true" MoveStatus="true" StatusPosition="true"/>`;
export const imagingServiceCapabilities = '<timg:Capabilities ImageStabilization="false"/>';

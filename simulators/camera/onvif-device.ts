/** ONVIF Device service of a simulated camera. Element order as in devicemgmt.wsdl and onvif.xsd. */
import { textAt } from '../../adapters/protocols/soap/xml.ts';
import { namespaces, OnvifFault, type OnvifService, type Reached } from './onvif-service.ts';
import { element, value } from './xml-writer.ts';

export interface DeviceFacts {
  readonly id: string;
  readonly serial: string;
  /** Hardware address, `02:…`: locally administered. */
  readonly hardwareAddress: string;
  /** `urn:uuid:…` */
  readonly endpoint: string;
  readonly scopes: readonly string[];
  /** The camera's own clock, epoch ms. */
  readonly cameraNow: () => number;
  /** The other services, in the order to list them. */
  readonly services: readonly OnvifService[];
}

export const manufacturer = 'campus-gateway';
export const model = 'Simulated camera';
const path = '/onvif/device_service';
const version = element('tds:Version', [value('tt:Major', 2), value('tt:Minor', 60)]);
const no = (name: string) => value(name, false);

/** Readable by anybody: the access class PRE_AUTH (ONVIF Core, default access policy). */
export const openOperations: ReadonlySet<string> = new Set([
  'GetSystemDateAndTime',
  'GetServices',
  'GetServiceCapabilities',
  'GetCapabilities',
  'GetHostname',
  'GetEndpointReference',
]);

export function deviceService(facts: DeviceFacts): OnvifService {
  const capabilities = element('tds:Capabilities', [
    element('tds:Network', '', { IPFilter: false, ZeroConfiguration: false, IPVersion6: false, DynDNS: false, NTP: 0 }),
    element('tds:Security', '', { 'TLS1.2': false, HttpDigest: true, UsernameToken: true, MaxUsers: 1, DefaultAccessPolicy: true }),
    element('tds:System', '', { DiscoveryResolve: false, DiscoveryBye: true, RemoteDiscovery: false, SystemBackup: false, SystemLogging: false }),
  ]);
  const service: OnvifService = {
    prefix: 'tds',
    path,
    capabilities,
    operations: {
      GetSystemDateAndTime: () => systemDateAndTime(facts.cameraNow()),
      GetDeviceInformation: () =>
        [
          value('tds:Manufacturer', manufacturer),
          value('tds:Model', model),
          value('tds:FirmwareVersion', '1.0.0'),
          value('tds:SerialNumber', facts.serial),
          value('tds:HardwareId', 'simulated-camera-1'),
        ].join(''),
      GetCapabilities: (request, reached) => capabilitiesOf(textAt(request, 'Category') ?? 'All', reached),
      GetServices: (request, reached) => {
        const include = /^(true|1)$/.test(textAt(request, 'IncludeCapability') ?? '');
        return [service, ...facts.services]
          .map((each) =>
            element('tds:Service', [
              value('tds:Namespace', namespaces[each.prefix]),
              value('tds:XAddr', `${reached.http}${each.path}`),
              include ? element('tds:Capabilities', each.capabilities) : '',
              version,
            ]),
          )
          .join('');
      },
      GetServiceCapabilities: () => capabilities,
      GetScopes: () => facts.scopes.map((scope) => element('tds:Scopes', [value('tt:ScopeDef', 'Fixed'), value('tt:ScopeItem', scope)])).join(''),
      GetHostname: () => element('tds:HostnameInformation', [no('tt:FromDHCP'), value('tt:Name', facts.id)]),
      GetNetworkInterfaces: (_request, reached) =>
        element(
          'tds:NetworkInterfaces',
          [
            value('tt:Enabled', true),
            element('tt:Info', [value('tt:Name', 'eth0'), value('tt:HwAddress', facts.hardwareAddress), value('tt:MTU', 1500)]),
            element('tt:IPv4', [
              value('tt:Enabled', true),
              element('tt:Config', [
                element('tt:Manual', [value('tt:Address', reached.host), value('tt:PrefixLength', reached.host.startsWith('127.') ? 8 : 24)]),
                no('tt:DHCP'),
              ]),
            ]),
          ],
          { token: 'eth0' },
        ),
      GetEndpointReference: () => value('tds:GUID', facts.endpoint),
    },
  };
  return service;
}

function systemDateAndTime(now: number): string {
  const at = new Date(now);
  const moment = [
    element('tt:Time', [value('tt:Hour', at.getUTCHours()), value('tt:Minute', at.getUTCMinutes()), value('tt:Second', at.getUTCSeconds())]),
    element('tt:Date', [value('tt:Year', at.getUTCFullYear()), value('tt:Month', at.getUTCMonth() + 1), value('tt:Day', at.getUTCDate())]),
  ];
  return element('tds:SystemDateAndTime', [
    value('tt:DateTimeType', 'Manual'),
    no('tt:DaylightSavings'),
    element('tt:TimeZone', value('tt:TZ', 'UTC0')),
    element('tt:UTCDateTime', moment),
    element('tt:LocalDateTime', moment),
  ]);
}

function capabilitiesOf(category: string, { http }: Reached): string {
  const sections: Readonly<Record<string, string>> = {
    Device: element('tt:Device', [
      value('tt:XAddr', `${http}${path}`),
      element(
        'tt:Network',
        ['IPFilter', 'ZeroConfiguration', 'IPVersion6', 'DynDNS'].map((name) => no(`tt:${name}`)),
      ),
      element('tt:System', [
        no('tt:DiscoveryResolve'),
        value('tt:DiscoveryBye', true),
        ...['RemoteDiscovery', 'SystemBackup', 'SystemLogging', 'FirmwareUpgrade'].map((name) => no(`tt:${name}`)),
        element('tt:SupportedVersions', [value('tt:Major', 2), value('tt:Minor', 60)]),
      ]),
      element('tt:IO', [value('tt:InputConnectors', 0), value('tt:RelayOutputs', 0)]),
      element(
        'tt:Security',
        ['TLS1.1', 'TLS1.2', 'OnboardKeyGeneration', 'AccessPolicyConfig', 'X.509Token', 'SAMLToken', 'KerberosToken', 'RELToken'].map((name) =>
          no(`tt:${name}`),
        ),
      ),
    ]),
    Media: element('tt:Media', [
      value('tt:XAddr', `${http}/onvif/media_service`),
      element('tt:StreamingCapabilities', [no('tt:RTPMulticast'), value('tt:RTP_TCP', true), value('tt:RTP_RTSP_TCP', true)]),
    ]),
    PTZ: element('tt:PTZ', value('tt:XAddr', `${http}/onvif/ptz_service`)),
  };
  if (category === 'All') return element('tds:Capabilities', Object.values(sections));
  const section = sections[category];
  if (section === undefined) throw new OnvifFault('Receiver', ['ActionNotSupported', 'NoSuchService'], 'The requested service is not here.');
  return element('tds:Capabilities', section);
}

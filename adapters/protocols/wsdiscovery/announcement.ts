/** WS-Discovery Hello and Bye (April 2005, §4): how a device says by itself that it came or goes. */
import { escapeXml } from '../soap/xml.ts';
import type { ProbeMatch } from './message.ts';

const addressing = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
const discovery = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';

export interface Announcement {
  /** `urn:uuid:…` */
  readonly messageId: string;
  /** Seconds since 1970 at which the device started; with `messageNumber` it orders what one device says (§7). */
  readonly instance: number;
  readonly messageNumber: number;
}

export function encodeHello(announcement: Announcement, device: ProbeMatch): Buffer {
  const types = device.types.map((type) => (type === 'Device' ? 'tds:Device' : `dn:${escapeXml(type)}`)).join(' ');
  return envelope(
    announcement,
    'Hello',
    `${reference(device.endpoint)}<d:Types>${types}</d:Types><d:Scopes>${device.scopes.map(escapeXml).join(' ')}</d:Scopes>` +
      `<d:XAddrs>${device.addresses.map(escapeXml).join(' ')}</d:XAddrs><d:MetadataVersion>${device.metadataVersion}</d:MetadataVersion>`,
  );
}

export function encodeBye(announcement: Announcement, endpoint: string): Buffer {
  return envelope(announcement, 'Bye', reference(endpoint));
}

const reference = (endpoint: string) => `<a:EndpointReference><a:Address>${escapeXml(endpoint)}</a:Address></a:EndpointReference>`;

function envelope({ messageId, instance, messageNumber }: Announcement, kind: 'Hello' | 'Bye', body: string): Buffer {
  const spaces = [
    'xmlns:s="http://www.w3.org/2003/05/soap-envelope"',
    `xmlns:a="${addressing}"`,
    `xmlns:d="${discovery}"`,
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"',
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"',
  ].join(' ');
  const header = [
    `<a:MessageID>${escapeXml(messageId)}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>`,
    `<a:Action>${discovery}/${kind}</a:Action><d:AppSequence InstanceId="${instance}" MessageNumber="${messageNumber}"/>`,
  ].join('');
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><s:Envelope ${spaces}><s:Header>${header}</s:Header><s:Body><d:${kind}>${body}</d:${kind}></s:Body></s:Envelope>`,
  );
}

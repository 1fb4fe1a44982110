/** What the ONVIF services of a simulated camera have in common: the shape of an operation, faults, and envelopes. */
import type { XmlElement } from '../../adapters/protocols/soap/xml.ts';
import { element, value } from './xml-writer.ts';

export const namespaces = {
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  trt: 'http://www.onvif.org/ver10/media/wsdl',
  tr2: 'http://www.onvif.org/ver20/media/wsdl',
  tptz: 'http://www.onvif.org/ver20/ptz/wsdl',
} as const;

/** Where this caller reaches the camera: the address that it connected to, or a wrong one on purpose. */
export interface Reached {
  /** `http://host:port` */
  readonly http: string;
  /** `rtsp://host:port` */
  readonly rtsp: string;
  readonly host: string;
}

/** Content of `<operation>Response`, as XML. Throws OnvifFault. */
export type OnvifOperation = (request: XmlElement, reached: Reached) => string;

export interface OnvifService {
  readonly prefix: keyof typeof namespaces;
  readonly path: string;
  /** Content of its Capabilities element in GetServices and GetServiceCapabilities, attributes included. */
  readonly capabilities: string;
  readonly operations: Readonly<Record<string, OnvifOperation>>;
}

export class OnvifFault extends Error {
  override readonly name = 'OnvifFault';
  readonly code: 'Sender' | 'Receiver';
  /** Of the ter namespace, outermost first (ONVIF Core §5.11.2). */
  readonly subcodes: readonly string[];

  constructor(code: 'Sender' | 'Receiver', subcodes: readonly string[], reason: string) {
    super(reason);
    this.code = code;
    this.subcodes = subcodes;
  }
}

const envelopeNamespaces = {
  'xmlns:env': 'http://www.w3.org/2003/05/soap-envelope',
  'xmlns:tt': 'http://www.onvif.org/ver10/schema',
  'xmlns:ter': 'http://www.onvif.org/ver10/error',
  ...Object.fromEntries(Object.entries(namespaces).map(([prefix, uri]) => [`xmlns:${prefix}`, uri])),
};

export function envelopeOf(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('env:Envelope', element('env:Body', body), envelopeNamespaces)}`;
}

export function faultOf({ code, subcodes, message }: OnvifFault): string {
  const nested = subcodes.reduceRight((inner, each) => element('env:Subcode', [value('env:Value', `ter:${each}`), inner]), '');
  return envelopeOf(
    element('env:Fault', [
      element('env:Code', [value('env:Value', `env:${code}`), nested]),
      element('env:Reason', `<env:Text xml:lang="en">${message}</env:Text>`),
    ]),
  );
}

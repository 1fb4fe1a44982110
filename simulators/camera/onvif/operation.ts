/** What every ONVIF service of the simulated camera shares: the camera behind it, an operation's shape, faults and envelopes. */
import { escapeXml, textAt, type XmlElement } from '../../../adapters/protocols/xml.ts';
import type { CameraEvents } from '../events.ts';
import type { Faults } from '../faults.ts';
import type { Lens } from '../lens.ts';
import type { Ptz } from '../ptz.ts';
import type { RecordingSettings } from '../recording.ts';

export interface OnvifProfile {
  readonly token: string;
  readonly name: string;
  /** Path of its RTSP stream and of its snapshot. */
  readonly path: string;
  readonly settings: RecordingSettings;
  synchronise(): void;
}

export interface OnvifCamera {
  readonly id: string;
  readonly name: string;
  readonly place: string;
  /** Of the device, as `urn:uuid:…` without the prefix. */
  readonly uuid: string;
  readonly serial: string;
  /** Colon-separated. */
  readonly mac: string;
  /** Best first. */
  readonly profiles: readonly OnvifProfile[];
  readonly ptz: Ptz;
  readonly lens: Lens;
  readonly model: string;
  /** False: Media2 alone. */
  readonly media: boolean;
  readonly events: CameraEvents;
  readonly faults: Faults;
  readonly auth: { readonly digest: boolean; readonly token: boolean };
  /** The camera's clock, epoch ms. */
  now(): number;
}

export interface Asked {
  readonly request: XmlElement;
  readonly camera: OnvifCamera;
  /** As whoever asks reaches it; without a slash at the end: `http://host:port`, `rtsp://host:port`. */
  readonly http: string;
  readonly rtsp: string;
  /** Bare address. */
  readonly host: string;
  /** Of the request, without its query. */
  readonly path: string;
  /** Aborts when whoever asked has gone, and with the camera. */
  readonly signal: AbortSignal;
}

export interface OnvifFault {
  readonly side: 'Sender' | 'Receiver';
  /** Subcodes of the `ter` namespace, outermost first (ONVIF Core §5.8.2). */
  readonly subcodes: readonly string[];
  readonly reason: string;
}

/** The content of the Body, or why not; `hang-up`: no answer at all. */
type Answer = string | OnvifFault | 'hang-up';
export type Operation = (asked: Asked) => Answer | Promise<Answer>;
export type Operations = Readonly<Record<string, Operation>>;

const namespaces = [
  ['env', 'http://www.w3.org/2003/05/soap-envelope'],
  ['tt', 'http://www.onvif.org/ver10/schema'],
  ['tds', 'http://www.onvif.org/ver10/device/wsdl'],
  ['trt', 'http://www.onvif.org/ver10/media/wsdl'],
  ['tr2', 'http://www.onvif.org/ver20/media/wsdl'],
  ['tptz', 'http://www.onvif.org/ver20/ptz/wsdl'],
  ['timg', 'http://www.onvif.org/ver20/imaging/wsdl'],
  ['ter', 'http://www.onvif.org/ver10/error'],
  ['tev', 'http://www.onvif.org/ver10/events/wsdl'],
  ['wsnt', 'http://docs.oasis-open.org/wsn/b-2'],
  ['wstop', 'http://docs.oasis-open.org/wsn/t-1'],
  ['wsa', 'http://www.w3.org/2005/08/addressing'],
  ['tns1', 'http://www.onvif.org/ver10/topics'],
  ['tnssim', 'http://campus-gateway.invalid/simulated/topics'],
  ['xs', 'http://www.w3.org/2001/XMLSchema'],
] as const;
const declarations = namespaces.map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`).join(' ');

export function envelope(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope ${declarations}><env:Body>${body}</env:Body></env:Envelope>`;
}

export function faultBody({ side, subcodes, reason }: OnvifFault): string {
  const nested = subcodes.reduceRight((inner, code) => `<env:Subcode><env:Value>ter:${code}</env:Value>${inner}</env:Subcode>`, '');
  return `<env:Fault><env:Code><env:Value>env:${side}</env:Value>${nested}</env:Code><env:Reason><env:Text xml:lang="en">${escapeXml(reason)}</env:Text></env:Reason></env:Fault>`;
}

export const notAuthorized: OnvifFault = { side: 'Sender', subcodes: ['NotAuthorized'], reason: 'Sender not authorized' };
export const unknownAction: OnvifFault = {
  side: 'Receiver',
  subcodes: ['ActionNotSupported'],
  reason: 'The requested action is not supported',
};
export const noProfile = invalidArgument('NoProfile', 'The requested profile token does not exist');
export const noConfiguration = invalidArgument('NoConfig', 'The requested configuration token does not exist');

export function invalidArgument(subcode: string, reason: string): OnvifFault {
  return { side: 'Sender', subcodes: ['InvalidArgVal', subcode], reason };
}

/** The profile that the request names by `ProfileToken`. */
export function profileOf({ request, camera }: Asked, element = 'ProfileToken'): OnvifProfile | undefined {
  const token = textAt(request, element);
  return camera.profiles.find((profile) => profile.token === token);
}

export const videoSourceToken = 'video_source';
export const videoSourceConfigToken = 'video_source_config';
export const ptzNodeToken = 'ptz_node';
export const ptzConfigToken = 'ptz_config';
export const encoderToken = (profile: OnvifProfile) => `encoder_${profile.path}`;

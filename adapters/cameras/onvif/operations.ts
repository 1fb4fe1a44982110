/** ONVIF operations that node-onvif lacks, on the same transport (onvif-rtsp §1.4). */
import type { SoapClient } from '../../protocols/soap/client.ts';
import { DeviceFailure } from '../../protocols/soap/failure.ts';
import { escapeXml, find, findAll, textAt, type XmlElement } from '../../protocols/xml.ts';

export interface Target {
  readonly client: SoapClient;
  readonly url: URL;
  readonly signal: AbortSignal;
}

const device = 'http://www.onvif.org/ver10/device/wsdl';
const media1 = 'http://www.onvif.org/ver10/media/wsdl';
const media2 = 'http://www.onvif.org/ver20/media/wsdl';

const ptz = 'http://www.onvif.org/ver20/ptz/wsdl';
const imaging = 'http://www.onvif.org/ver20/imaging/wsdl';

const events = 'http://www.onvif.org/ver10/events/wsdl';

const latestTime = Date.UTC(2100, 0);

export interface ServiceAddresses {
  readonly media?: string;
  readonly media2?: string;
  readonly ptz?: string;
  readonly imaging?: string;
  readonly events?: string;
}

/**
 * The camera's clock, epoch ms, read without credentials: its tokens depend on it. Undefined where it keeps its time to itself, or gives none.
 * Throws DeviceFailure where there is no usable answer at all.
 */
export async function readClock({ client, url, signal }: Target): Promise<number | undefined> {
  let answer: XmlElement;
  try {
    answer = await client.call({ url, operation: 'GetSystemDateAndTime', ...body(device, 'GetSystemDateAndTime', ''), signed: false }, signal);
  } catch (error) {
    if (error instanceof DeviceFailure && (error.reason === 'credentials' || error.reason === 'fault')) return undefined;
    throw error;
  }
  const utc = find(answer, 'SystemDateAndTime', 'UTCDateTime');
  const part = (...path: readonly string[]) => Number(textAt(utc, ...path) ?? Number.NaN);
  const at = Date.UTC(
    part('Date', 'Year'),
    part('Date', 'Month') - 1,
    part('Date', 'Day'),
    part('Time', 'Hour'),
    part('Time', 'Minute'),
    part('Time', 'Second'),
  );
  // NaN is neither. A clock beyond that is none, and tokens could not be dated by it.
  return at >= 0 && at < latestTime ? at : undefined;
}

export async function getServices({ client, url, signal }: Target): Promise<ServiceAddresses> {
  const order = body(device, 'GetServices', '<m:IncludeCapability>false</m:IncludeCapability>');
  const answer = await client.call({ url, operation: 'GetServices', ...order }, signal);
  const found: { media?: string; media2?: string; ptz?: string; imaging?: string; events?: string } = {};
  for (const service of findAll(answer, 'Service')) {
    const address = textAt(service, 'XAddr');
    if (address === undefined) continue;
    switch (textAt(service, 'Namespace')) {
      case media1:
        found.media = address;
        break;
      case media2:
        found.media2 = address;
        break;
      case ptz:
        found.ptz = address;
        break;
      case imaging:
        found.imaging = address;
        break;
      case events:
        found.events = address;
        break;
    }
  }
  return found;
}

export function getProfiles2({ client, url, signal }: Target): Promise<XmlElement> {
  return client.call({ url, operation: 'GetProfiles', ...body(media2, 'GetProfiles', '<m:Type>All</m:Type>') }, signal);
}

/** For RTP over RTSP over TCP. */
export function getStreamUri2({ client, url, signal }: Target, token: string): Promise<XmlElement> {
  const inside = `<m:Protocol>RTSP</m:Protocol><m:ProfileToken>${escapeXml(token)}</m:ProfileToken>`;
  return client.call({ url, operation: 'GetStreamUri', ...body(media2, 'GetStreamUri', inside) }, signal);
}

export function getSnapshotUri2({ client, url, signal }: Target, token: string): Promise<XmlElement> {
  const inside = `<m:ProfileToken>${escapeXml(token)}</m:ProfileToken>`;
  return client.call({ url, operation: 'GetSnapshotUri', ...body(media2, 'GetSnapshotUri', inside) }, signal);
}

/** Asks for a keyframe now. */
export function setSynchronizationPoint({ client, url, signal }: Target, token: string, version: 1 | 2): Promise<XmlElement> {
  const inside = `<m:ProfileToken>${escapeXml(token)}</m:ProfileToken>`;
  const order = body(version === 2 ? media2 : media1, 'SetSynchronizationPoint', inside);
  return client.call({ url, operation: 'SetSynchronizationPoint', ...order }, signal);
}

/** For example `tt:Wiper|On` (ONVIF PTZ §5.8). */
export function sendAuxiliary({ client, url, signal }: Target, token: string, auxiliary: string): Promise<XmlElement> {
  const inside = `<m:ProfileToken>${escapeXml(token)}</m:ProfileToken><m:AuxiliaryData>${escapeXml(auxiliary)}</m:AuxiliaryData>`;
  return client.call({ url, operation: 'SendAuxiliaryCommand', ...body(ptz, 'SendAuxiliaryCommand', inside) }, signal);
}

/** Until it is stopped, or at its end. `source`: token of the video source; speed from -1, near, to 1, far. */
export function moveFocus({ client, url, signal }: Target, source: string, speed: number): Promise<XmlElement> {
  const focus = `<m:Focus><tt:Continuous><tt:Speed>${speed}</tt:Speed></tt:Continuous></m:Focus>`;
  const order = body(imaging, 'Move', `<m:VideoSourceToken>${escapeXml(source)}</m:VideoSourceToken>${focus}`);
  const namespaces = [...order.namespaces, 'xmlns:tt="http://www.onvif.org/ver10/schema"'];
  return client.call({ url, operation: 'Move', ...order, namespaces }, signal);
}

export function stopFocus({ client, url, signal }: Target, source: string): Promise<XmlElement> {
  const order = body(imaging, 'Stop', `<m:VideoSourceToken>${escapeXml(source)}</m:VideoSourceToken>`);
  return client.call({ url, operation: 'Stop', ...order }, signal);
}

/** Undefined parts: the camera does not tell them. Iris in dB of attenuation: 0 is open. */
export interface Exposure {
  readonly manual: boolean;
  readonly iris: number | undefined;
}

export async function getExposure({ client, url, signal }: Target, source: string): Promise<Exposure> {
  const order = body(imaging, 'GetImagingSettings', `<m:VideoSourceToken>${escapeXml(source)}</m:VideoSourceToken>`);
  const answer = await client.call({ url, operation: 'GetImagingSettings', ...order }, signal);
  const exposure = find(answer, 'ImagingSettings', 'Exposure');
  return { manual: textAt(exposure, 'Mode') === 'MANUAL', iris: decimal(textAt(exposure, 'Iris')) };
}

/** Least and most attenuation of the iris, dB; undefined: it cannot be set. */
export async function getIrisRange({ client, url, signal }: Target, source: string): Promise<readonly [number, number] | undefined> {
  const order = body(imaging, 'GetOptions', `<m:VideoSourceToken>${escapeXml(source)}</m:VideoSourceToken>`);
  const answer = await client.call({ url, operation: 'GetOptions', ...order }, signal);
  const range = find(answer, 'ImagingOptions', 'Exposure', 'Iris');
  const [least, most] = [decimal(textAt(range, 'Min')), decimal(textAt(range, 'Max'))];
  return least !== undefined && most !== undefined && least < most ? [least, most] : undefined;
}

/** Nothing else of the settings is named, so that nothing else changes. */
export function setIris({ client, url, signal }: Target, source: string, iris: number): Promise<XmlElement> {
  const settings = `<m:ImagingSettings><tt:Exposure><tt:Mode>MANUAL</tt:Mode><tt:Iris>${iris}</tt:Iris></tt:Exposure></m:ImagingSettings>`;
  const order = body(imaging, 'SetImagingSettings', `<m:VideoSourceToken>${escapeXml(source)}</m:VideoSourceToken>${settings}`);
  const namespaces = [...order.namespaces, 'xmlns:tt="http://www.onvif.org/ver10/schema"'];
  return client.call({ url, operation: 'SetImagingSettings', ...order, namespaces }, signal);
}

function decimal(text: string | undefined): number | undefined {
  const value = Number(text ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

function body(namespace: string, operation: string, inside: string) {
  return {
    namespaces: [`xmlns:m="${namespace}"`],
    body: `<m:${operation}>${inside}</m:${operation}>`,
    action: `${namespace}/${operation}`,
  };
}

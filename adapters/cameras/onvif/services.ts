/**
 * node-onvif's service classes over our own transport. As published its transport hangs, crashes and mixes up cameras (onvif-rtsp §1.2), and it is one
 * object for all: so it is told per call, by AsyncLocalStorage, which camera it serves. No credentials ever reach it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import OnvifServiceDevice from 'node-onvif/lib/modules/service-device.js';
import OnvifServiceMedia from 'node-onvif/lib/modules/service-media.js';
import OnvifServicePtz from 'node-onvif/lib/modules/service-ptz.js';
import soap from 'node-onvif/lib/modules/soap.js';
import type { SoapClient } from '../../protocols/soap/client.ts';
import { escapeXml, type XmlElement } from '../../protocols/xml.ts';

interface Binding {
  readonly client: SoapClient;
  readonly url: URL;
  readonly signal: AbortSignal;
}

const bindings = new AsyncLocalStorage<Binding>();

soap.createRequestSoap = (order) => order;
soap.requestCommand = async (_address, operation, order) => {
  const binding = bindings.getStore();
  if (!binding) throw new Error(`node-onvif called ${operation} outside a binding.`);
  const { client, url, signal } = binding;
  return { data: await client.call({ url, operation, body: order.body, namespaces: order.xmlns }, signal) };
};

async function bound(binding: Binding, call: () => Promise<{ readonly data: XmlElement }>): Promise<XmlElement> {
  return (await bindings.run(binding, call)).data;
}

// Its services refuse values that are not plain ASCII, and put them into the body as they are: they get them escaped.
const value = escapeXml;

export function getDeviceInformation(binding: Binding): Promise<XmlElement> {
  return bound(binding, () => new OnvifServiceDevice({ xaddr: binding.url.href }).getDeviceInformation());
}

export function getCapabilities(binding: Binding): Promise<XmlElement> {
  return bound(binding, () => new OnvifServiceDevice({ xaddr: binding.url.href }).getCapabilities());
}

export function getProfiles(binding: Binding): Promise<XmlElement> {
  return bound(binding, () => media(binding).getProfiles());
}

/** For RTP over RTSP over TCP. */
export function getStreamUri(binding: Binding, token: string): Promise<XmlElement> {
  return bound(binding, () => media(binding).getStreamUri({ ProfileToken: value(token), Protocol: 'RTSP' }));
}

export function getSnapshotUri(binding: Binding, token: string): Promise<XmlElement> {
  return bound(binding, () => media(binding).getSnapshotUri({ ProfileToken: value(token) }));
}

/** Speeds are -1 to 1. The camera stops by itself after `seconds`, so that a lost stop leaves nothing turning. */
export function continuousMove(
  binding: Binding,
  move: { readonly token: string; readonly pan: number; readonly tilt: number; readonly zoom: number; readonly seconds: number },
): Promise<XmlElement> {
  const { token, pan, tilt, zoom, seconds } = move;
  return bound(binding, () => ptz(binding).continuousMove({ ProfileToken: value(token), Velocity: { x: pan, y: tilt, z: zoom }, Timeout: seconds }));
}

export function stopMove(binding: Binding, token: string): Promise<XmlElement> {
  return bound(binding, () => ptz(binding).stop({ ProfileToken: value(token), PanTilt: true, Zoom: true }));
}

export function goHome(binding: Binding, token: string): Promise<XmlElement> {
  return bound(binding, () => ptz(binding).gotoHomePosition({ ProfileToken: value(token) }));
}

export function getPresets(binding: Binding, token: string): Promise<XmlElement> {
  return bound(binding, () => ptz(binding).getPresets({ ProfileToken: value(token) }));
}

export function goToPreset(binding: Binding, token: string, preset: string): Promise<XmlElement> {
  return bound(binding, () => ptz(binding).gotoPreset({ ProfileToken: value(token), PresetToken: value(preset) }));
}

export function removePreset(binding: Binding, token: string, preset: string): Promise<XmlElement> {
  return bound(binding, () => ptz(binding).removePreset({ ProfileToken: value(token), PresetToken: value(preset) }));
}

export function setPreset(binding: Binding, token: string, preset: { readonly token?: string; readonly name: string }): Promise<XmlElement> {
  const known = preset.token === undefined ? {} : { PresetToken: value(preset.token) };
  return bound(binding, () => ptz(binding).setPreset({ ProfileToken: value(token), ...known, PresetName: value(preset.name) }));
}

const media = ({ url }: Binding) => new OnvifServiceMedia({ xaddr: url.href, time_diff: 0 });
const ptz = ({ url }: Binding) => new OnvifServicePtz({ xaddr: url.href, time_diff: 0 });

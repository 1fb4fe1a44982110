/**
 * Signing in to an ONVIF camera: its clock first, without credentials (a token carries the camera's time), then what it offers, what it is, and its
 * profiles: from Media2 where there is one, as H.265 is invisible in Media.
 */
import type { Logger } from '../../../gateway/domain/ports.ts';
import { SoapClient } from '../../protocols/soap/client.ts';
import { type DeviceCredentials, DeviceHttp, type DeviceTimers } from '../../protocols/soap/device-http.ts';
import { DeviceFailure } from '../../protocols/soap/failure.ts';
import { find, textAt } from '../../protocols/xml.ts';
import { legible } from '../legible.ts';
import { type Home, type OtherHosts, pinService } from './addresses.ts';
import { getProfiles2, getServices, readClock, type ServiceAddresses } from './operations.ts';
import { type ChosenProfiles, chooseProfiles, type OnvifProfile, readProfiles, type WantedProfiles } from './profiles.ts';
import { getCapabilities, getDeviceInformation, getProfiles } from './services.ts';

export interface ConnectOrder {
  /** Device service address, http:// or https://. */
  readonly address: string;
  /** SHA-256 of the certificate that it must show over TLS. */
  readonly fingerprint256?: string | undefined;
  readonly credentials?: DeviceCredentials | undefined;
  readonly otherHosts: OtherHosts;
  readonly wanted: WantedProfiles;
  readonly timers: DeviceTimers;
  readonly log: Logger;
}

export interface OnvifDeviceFacts {
  readonly model: string;
  readonly firmware: string;
  readonly serial: string;
}

/** A camera that is signed in to. */
export interface Connected {
  readonly http: DeviceHttp;
  readonly client: SoapClient;
  readonly home: Home;
  readonly facts: OnvifDeviceFacts;
  readonly media: { readonly url: URL; readonly version: 1 | 2 };
  readonly ptz: string | undefined;
  readonly imaging: string | undefined;
  readonly events: string | undefined;
  readonly profiles: readonly OnvifProfile[];
  readonly chosen: ChosenProfiles;
  /** Reads the clock anew, and proves that the credentials are still taken. Returns the offset, ms, as `clockOffset` does. */
  probe(signal: AbortSignal): Promise<number | undefined>;
  /** Camera clock minus ours at the last reading, ms; undefined: the camera did not tell its time. */
  clockOffset(): number | undefined;
}

/** Two tokens more than this apart fail on strict cameras, which allow 5 s. */
const offsetThatMatters = 1_500;

/** Opens; whoever gets the result closes its `http`. Throws DeviceFailure. */
export async function connectOnvif(order: ConnectOrder, signal: AbortSignal): Promise<Connected> {
  const { timers, credentials, fingerprint256, log } = order;
  const url = new URL(order.address);
  const http = new DeviceHttp({ home: url, fingerprint256, credentials, timers });
  const home: Home = { url, peer: () => http.peerAddress, otherHosts: order.otherHosts };
  try {
    const client = new SoapClient(http);
    const device = (during: AbortSignal) => ({ client, url: home.url, signal: during });
    let told = false;
    const setClock = async (during: AbortSignal) => {
      const asked = timers.now();
      const camera = await readClock(device(during));
      told = camera !== undefined;
      // The camera's reading is cut to the second: half a one is added. It was taken about half way through the exchange.
      if (camera !== undefined) client.clockOffset = Math.round(camera + 500 - (asked + timers.now()) / 2);
    };
    await setClock(signal);
    client.resync = async (during) => {
      const before = client.clockOffset;
      await setClock(during);
      return Math.abs(client.clockOffset - before) > offsetThatMatters;
    };
    const addresses = await serviceAddresses(device(signal));
    const facts = factsOf(await getDeviceInformation(device(signal)));
    if (credentials && http.credentialed === 0) log.warn('camera answers without credentials', { address: home.url.host });
    const { media, profiles } = await listProfiles({ client, home, addresses, log }, signal);
    const chosen = chooseProfiles(profiles, order.wanted);
    if (!chosen) throw new DeviceFailure('reply', 'lists no media profile.');
    return {
      http,
      client,
      home,
      facts,
      media,
      ptz: addresses.ptz,
      imaging: addresses.imaging,
      events: addresses.events,
      profiles,
      chosen,
      clockOffset: () => (told ? client.clockOffset : undefined),
      async probe(during) {
        await setClock(during);
        await getDeviceInformation(device(during));
        return told ? client.clockOffset : undefined;
      },
    };
  } catch (error) {
    await http[Symbol.asyncDispose]();
    throw error;
  }
}

/** GetServices, or GetCapabilities of devices from before 2010. */
async function serviceAddresses(device: { readonly client: SoapClient; readonly url: URL; readonly signal: AbortSignal }): Promise<ServiceAddresses> {
  try {
    const services = await getServices(device);
    if (services.media !== undefined || services.media2 !== undefined) return services;
  } catch (error) {
    if (!(error instanceof DeviceFailure) || error.reason !== 'fault') throw error;
  }
  const capabilities = find(await getCapabilities(device), 'Capabilities');
  const media = textAt(capabilities, 'Media', 'XAddr');
  const media2 = textAt(capabilities, 'Extension', 'Media2', 'XAddr');
  const ptz = textAt(capabilities, 'PTZ', 'XAddr');
  const imaging = textAt(capabilities, 'Imaging', 'XAddr');
  const events = textAt(capabilities, 'Events', 'XAddr');
  return {
    ...{ ...(media ? { media } : {}), ...(media2 ? { media2 } : {}) },
    ...{ ...(ptz ? { ptz } : {}), ...(imaging ? { imaging } : {}), ...(events ? { events } : {}) },
  };
}

interface Listing {
  readonly client: SoapClient;
  readonly home: Home;
  readonly addresses: ServiceAddresses;
  readonly log: Logger;
}

/** Of Media2 where it works; some cameras announce it and have nothing behind it, or profiles without a word about their video. */
async function listProfiles(
  { client, home, addresses, log }: Listing,
  signal: AbortSignal,
): Promise<{ readonly media: Connected['media']; readonly profiles: readonly OnvifProfile[] }> {
  const { media, media2 } = addresses;
  if (media2 !== undefined) {
    const url = pinService(home, media2, 'its Media2 service');
    try {
      const profiles = readProfiles(await getProfiles2({ client, url, signal }), 2);
      if (media === undefined || profiles.some(({ codec }) => codec !== '')) return { media: { url, version: 2 }, profiles };
      log.info('camera has no video in its Media2 profiles', { address: home.url.host });
    } catch (error) {
      if (media === undefined || !(error instanceof DeviceFailure) || !/^(fault|reply)$/.test(error.reason)) throw error;
      log.info('camera does not list its Media2 profiles', { address: home.url.host, error });
    }
  }
  if (media === undefined) throw new DeviceFailure('reply', 'offers no media service.');
  const url = pinService(home, media, 'its media service');
  return { media: { url, version: 1 }, profiles: readProfiles(await getProfiles({ client, url, signal }), 1) };
}

function factsOf(answer: Parameters<typeof textAt>[0]): OnvifDeviceFacts {
  const text = (name: string) => legible(textAt(answer, name) ?? '');
  const [maker, model] = [text('Manufacturer'), text('Model')];
  return {
    model: model.toLowerCase().startsWith(maker.toLowerCase()) ? model : `${maker} ${model}`.trim(),
    firmware: text('FirmwareVersion'),
    serial: text('SerialNumber'),
  };
}

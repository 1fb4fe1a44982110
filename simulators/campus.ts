/** A whole school from one file: its cameras, its panels and the police side, with accounts that are made anew at every start. */
import { createHash, randomBytes } from 'node:crypto';
import type { TlsTrust } from '../adapters/protocols/net/dial.ts';
import type { Inventory } from '../gateway/domain/campus.ts';
import { cameraId, campusId, channelId, panelId, placeId, uplinkId, zoneId } from '../gateway/domain/ids.ts';
import type { Clock, Logger } from '../gateway/domain/ports.ts';
import { Secret } from '../gateway/domain/secret.ts';
import { seconds } from '../gateway/domain/time.ts';
import type { Language } from '../gateway/domain/words.ts';
import { Scope } from '../gateway/runtime/scope.ts';
import { type DiscoveryResponder, openDiscoveryResponder } from './camera/discovery-responder.ts';
import type { CameraDescription, CampusDescription } from './campus-file.ts';
import { type PanelSimulator, runPanelSimulator } from './panel/simulator.ts';
import type { LedgerRow } from './platform/ledger.ts';
import { type PoliceSimulator, runPoliceSimulator } from './platform/simulator.ts';

export interface CameraAccount {
  readonly username: string;
  readonly password: string;
}

/** A camera that stands: where its ONVIF device service answers. */
export interface RunningCamera extends AsyncDisposable {
  readonly address: string;
  /** Requests that carried credentials. */
  readonly signedRequests: number;
  /** Of those, the ones that were refused. */
  readonly refusedRequests: number;
  /** Times that its pictures were asked for. */
  readonly plays: number;
  /** Breaks it on purpose, and mends it. Throws for a fault that it does not know. */
  fault(name: string, on: boolean): Promise<void>;
  /** Presses an input, lets something move …; false: it has no such event. */
  event(name: string, active: boolean): boolean;
}

/** What plays one camera. */
export type CameraRunner = (
  camera: CameraDescription,
  account: CameraAccount,
  context: {
    readonly clock: Clock;
    readonly log: Logger;
    /** Where it may be found; undefined: nowhere. */
    readonly discovery?: DiscoveryResponder | undefined;
  },
) => Promise<RunningCamera>;

export interface SimulatedCampusOptions {
  /** Every camera of the file is played by this; without it the school has none, in the inventory neither. */
  readonly camera?: CameraRunner;
  /** File of the police ledger, or `memory`. */
  readonly ledger: string;
  readonly arrived?: (row: LedgerRow) => void;
  /** Of the names in the inventory; zh unless given. */
  readonly language?: Language;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How the panels reach the gateway. */
export interface GatewayDoor {
  /** mqtt://host:1883 or mqtts://host:8883. */
  readonly broker: string;
  readonly tls?: TlsTrust;
  /** By panel id; a panel that is not named uses the password that `inventory` knows. */
  readonly passwords?: Readonly<Record<string, string>>;
}

export interface SimulatedCampus extends AsyncDisposable {
  readonly police: PoliceSimulator;
  readonly cameras: ReadonlyMap<string, { readonly running: RunningCamera; readonly account: CameraAccount }>;
  /** Signs every panel in to the gateway; they end with the campus. */
  connectPanels(gateway: GatewayDoor): ReadonlyMap<string, PanelSimulator>;
  /** What the gateway must know of this school: addresses as bound, accounts as made. */
  inventory(): Inventory;
}

/** 128 bits and more, as for every account of the product. */
const generated = () => randomBytes(24).toString('base64url');
const loopback = (port: number) => ({ address: '127.0.0.1', port });
const policeUser = 'school';

export async function openSimulatedCampus(description: CampusDescription, options: SimulatedCampusOptions): Promise<SimulatedCampus> {
  const { clock, log } = options;
  await using opening = new Scope();
  const policeSecret = generated();
  const police = opening.own(
    await runPoliceSimulator({
      ...(description.police.webhook ? { webhook: { listen: loopback(description.police.webhook.port) } } : {}),
      ...(description.police.mqtt ? { mqtt: { listen: loopback(description.police.mqtt.port), username: policeUser, password: policeSecret } } : {}),
      ledger: options.ledger,
      hmacKey: policeSecret,
      ...(options.arrived ? { arrived: options.arrived } : {}),
      clock,
      log,
    }),
  );
  const cameras = new Map<string, { readonly running: RunningCamera; readonly account: CameraAccount }>();
  const { camera: play } = options;
  const discovery = play ? await foundOnLoopback(opening, { clock, log }) : undefined;
  for (const camera of description.cameras) {
    if (!play) break;
    const account = { username: 'gateway', password: generated() };
    const running = opening.own(await play(camera, account, { clock, log, discovery }));
    cameras.set(camera.id, { running, account });
  }
  const passwords = new Map(description.panels.map((panel) => [panel.id, generated()]));
  const scope = opening.release();

  return {
    police,
    cameras,
    connectPanels: (gateway) =>
      new Map(
        description.panels.map((panel) => [
          panel.id,
          scope.own(
            runPanelSimulator({
              broker: gateway.broker,
              ...(gateway.tls ? { tls: gateway.tls } : {}),
              campus: description.campus.id,
              panel: panel.id,
              password: gateway.passwords?.[panel.id] ?? passwords.get(panel.id) ?? '',
              zones: panel.zones.map((zone) => ({ id: zone.id, name: zone.name[options.language ?? 'zh'], code: zone.code })),
              heartbeatEvery: seconds(panel.heartbeatSeconds),
              clock,
              log,
            }),
          ),
        ]),
      ),
    inventory: () => inventoryOf(description, { police, policeSecret, cameras, passwords, language: options.language ?? 'zh' }),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/** A school whose cameras cannot be found is still a school: another program may hold the port. */
async function foundOnLoopback(opening: Scope, around: { readonly clock: Clock; readonly log: Logger }): Promise<DiscoveryResponder | undefined> {
  try {
    return opening.own(await openDiscoveryResponder(around));
  } catch (error) {
    around.log.warn('simulated cameras cannot be found by discovery', { error });
    return undefined;
  }
}

interface Standing {
  readonly police: PoliceSimulator;
  readonly policeSecret: string;
  readonly cameras: SimulatedCampus['cameras'];
  readonly passwords: ReadonlyMap<string, string>;
  readonly language: Language;
}

function inventoryOf(description: CampusDescription, { police, policeSecret, cameras, passwords, language }: Standing): Inventory {
  const { campus } = description;
  const at = (place: string | undefined) => (place === undefined ? {} : { place: placeId(place) });
  const secret = new Secret(policeSecret);
  const present = description.cameras.filter((camera) => cameras.has(camera.id));
  return {
    campus: { id: campusId(campus.id), name: campus.name[language], timeZone: campus.timeZone, address: campus.address[language] },
    places: description.places.map((place) => ({ id: placeId(place.id), name: place.name[language] })),
    cameras: present.map((camera) => {
      const played = cameras.get(camera.id);
      return {
        id: cameraId(camera.id),
        name: camera.name[language],
        ...at(camera.place),
        adapter: 'onvif',
        address: played?.running.address ?? '',
        ...(played ? { credentials: { username: played.account.username, password: new Secret(played.account.password) } } : {}),
        settings: {},
        enabled: true,
        maintenance: false,
      };
    }),
    channels: present.map((camera) => ({
      id: channelId(camera.id),
      name: camera.name[language],
      camera: cameraId(camera.id),
      number: camera.channel,
    })),
    panels: description.panels.map((panel) => ({
      id: panelId(panel.id),
      name: panel.name[language],
      ...at(panel.place),
      dialect: 'campus',
      broker: 'embedded',
      passwordSha256: createHash('sha256')
        .update(passwords.get(panel.id) ?? '')
        .digest('hex'),
      settings: {},
      heartbeatEvery: seconds(panel.heartbeatSeconds),
      zones: panel.zones.map((zone) => ({
        id: zoneId(zone.id),
        name: zone.name[language],
        ...at(zone.place),
        channels: zone.cameras.filter((camera) => cameras.has(camera)).map((camera) => channelId(camera)),
      })),
      enabled: true,
      maintenance: false,
    })),
    rules: [],
    uplinks: [
      ...(police.webhook
        ? [
            {
              id: uplinkId('police-webhook'),
              name: language === 'zh' ? '公安平台（HTTP）' : 'Police platform (HTTP)',
              adapter: 'webhook',
              settings: { url: police.webhook.url },
              secret,
              enabled: true,
            },
          ]
        : []),
      ...(police.mqtt
        ? [
            {
              id: uplinkId('police-mqtt'),
              name: language === 'zh' ? '公安平台（MQTT）' : 'Police platform (MQTT)',
              adapter: 'mqtt',
              settings: { url: police.mqtt.url, username: policeUser },
              secret,
              enabled: true,
            },
          ]
        : []),
    ],
  };
}

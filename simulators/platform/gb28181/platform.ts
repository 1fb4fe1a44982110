/**
 * A small GB/T 28181 platform: what a police bureau runs, as far as a gateway can tell. It registers devices, keeps their catalogues, subscribes, plays,
 * steers, takes alarms, complains about what is not as it must be, and misbehaves on demand.
 *
 * ```ts
 * await using platform = await openGbPlatform({ clock, log, listen: { address: '127.0.0.1', port: 0 } });
 * const play = await platform.play('34020000001180000001', { channel, transport: 'udp' }, signal);
 * ```
 */
import { setMaxListeners } from 'node:events';
import { gbSsrc } from '../../../adapters/protocols/sdp/gb-ssrc.ts';
import type { SipTrouble } from '../../../adapters/protocols/sip/context.ts';
import type { SipAddress, SipTransportName } from '../../../adapters/protocols/sip/flow.ts';
import { sipUri } from '../../../adapters/protocols/sip/uri.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { Clock, Logger } from '../../../gateway/domain/ports.ts';
import { type Millis, millis, seconds } from '../../../gateway/domain/time.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import { AlarmLedger, type GbAlarm } from './alarms.ts';
import { Catalogues, type GbCatalogue } from './catalogues.ts';
import { type Complaint, Complaints } from './complaints.ts';
import { type GbOrder, type Ordered, order } from './control.ts';
import { openDesk } from './desk.ts';
import { Devices, type GbDevice } from './devices.ts';
import { Line, type Passage } from './line.ts';
import { Play, type PlayOrder } from './live/play.ts';
import { misbehaviourNamed } from './misbehaviours/index.ts';
import type { Struck } from './misbehaviours/misbehaviour.ts';
import { Mood } from './mood.ts';
import { type Question, Questions, type ResponseTo } from './questions.ts';
import { Reception } from './reception.ts';
import { Registrar, type RegistrarHabits } from './registrar.ts';
import { type SubscriptionKind, type SubscriptionState, Subscriptions, subscriptionKinds } from './subscriptions.ts';
import { type TreeNode, treeOf } from './tree.ts';

export interface GbPlatformOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** SIP, on one port; media ports are the system's choice. Port 0: any. */
  readonly listen: SipAddress;
  readonly transports?: readonly SipTransportName[];
  /** 20 digits. */
  readonly id?: string;
  /** SIP domain; the first ten digits of `id` unless given. */
  readonly realm?: string;
  /** Of every device, or by code: then nobody else is known. */
  readonly passwords: string | Readonly<Record<string, string>>;
  readonly habits?: Partial<RegistrarHabits>;
  /** What it asks a device once it is registered; default: what WVP asks (gb28181 §3.4). */
  readonly welcome?: { readonly queries?: boolean; readonly subscriptions?: readonly SubscriptionKind[]; readonly expires?: number };
  /** How long it waits for a Response; for a whole catalogue four times that. Default: 15 s. */
  readonly patience?: Millis;
  /** Of chance. */
  readonly seed?: number;
  /** Hears of every device that comes anew, and of every one that signs off. */
  readonly registered?: (device: string) => void;
  readonly left?: (device: string) => void;
  /** Hears of every alarm once it is in the ledger. */
  readonly alarmed?: (alarm: GbAlarm) => void;
}

export interface GbPlatform extends AsyncDisposable {
  readonly id: string;
  readonly realm: string;
  readonly address: SipAddress;
  devices(): readonly GbDevice[];
  catalogue(device: string): GbCatalogue | undefined;
  tree(device: string): readonly TreeNode[];
  subscriptions(): readonly SubscriptionState[];
  /** Every arrival, the oldest first. */
  alarms(): readonly GbAlarm[];
  complaints(): readonly Complaint[];
  /** What passed over the SIP line lately, secrets masked. */
  passages(): readonly Passage[];
  plays(): readonly Play[];
  /** Of SIP, open just now: one for each subscription and play. */
  dialogs(): number;
  /** Asks for the catalogue and keeps it. Like all that follow: throws NOT_FOUND for a device that is not registered, SipFailure where it does not answer. */
  askCatalogue(device: string, signal: AbortSignal): Promise<GbCatalogue>;
  ask<Q extends Question>(device: string, question: Q, signal: AbortSignal): Promise<ResponseTo<Q['cmdType']>>;
  order(device: string, code: string, order: GbOrder, signal: AbortSignal): Promise<Ordered>;
  subscribe(device: string, kind: SubscriptionKind, expires: number, signal: AbortSignal): Promise<SubscriptionState>;
  unsubscribe(device: string, kind: SubscriptionKind, signal: AbortSignal): Promise<void>;
  play(device: string, order: PlayOrder, signal: AbortSignal): Promise<Play>;
  /** From now on these, and no others; none: it behaves well. Resolves when what they do at once is done. Throws REQUEST_INVALID for an unknown name. */
  misbehave(...names: readonly string[]): Promise<void>;
  misbehaving(): readonly string[];
  /** Away: every connection and dialog is gone, and nobody is told. */
  down(): Promise<void>;
  /** Back at the same address; `remembering` who is registered, or nothing. */
  up(remembering: 'registrations' | 'nothing'): Promise<void>;
}

const usualId = '34020000002000000001';

/** Rejects with the socket's error where the address cannot be bound. */
export async function openGbPlatform(options: GbPlatformOptions): Promise<GbPlatform> {
  await using opening = new Scope();
  const { clock, log, passwords, id = usualId, realm = id.slice(0, 10), welcome = {} } = options;
  const ended = new AbortController();
  setMaxListeners(0, ended.signal);
  const mood = new Mood(options.seed ?? 1, options.habits);
  const complaints = new Complaints(clock);
  const devices = new Devices(clock);
  const catalogues = new Catalogues(clock, complaints);
  const ledger = new AlarmLedger(clock);
  const plays = new Set<Play>();
  let calls = 0;
  const passwordOf = (code: string) => (typeof passwords === 'string' ? passwords : passwords[code]);
  const registrar = new Registrar({
    clock,
    realm,
    own: () => sipUri(id, line.address.address, line.address.port),
    passwordOf,
    habits: () => mood.habits(),
    devices,
    complaints,
    registered: (device) => {
      reception.welcome(device);
      options.registered?.(device);
    },
    left: (device) => {
      reception.farewell(device);
      options.left?.(device);
    },
  });
  const desk = openDesk({
    registrar,
    devices,
    complaints,
    refuses: () => mood.refusesMessages,
    asked: (device, query) => reception.asked(device, query),
    received: (device, message, answered) => reception.received(device, message, answered),
  });
  const { listen, transports = ['UDP', 'TCP'] } = options;
  const trouble = ({ kind, sentence }: SipTrouble) => {
    // Whoever misbehaves gets answers that nobody waits for.
    if (mood.active.length === 0 || kind === 'noise' || kind === 'refused') complaints.add('', `sip-${kind}`, `Somebody ${sentence}`);
  };
  const line = opening.own(await Line.open({ clock, listen, transports, weather: mood, request: desk, trouble }));
  const questions = new Questions({ line, clock, id, realm, charset: () => mood.charset, complaints, patience: options.patience ?? seconds(15) });
  const subscriptions = new Subscriptions({
    line,
    clock,
    id,
    realm,
    questions,
    complaints,
    noticed: (device, kind, notice) => reception.noticed(device, kind, notice),
  });
  const reception = new Reception({
    devices,
    catalogues,
    questions,
    subscriptions,
    complaints,
    ledger,
    mood,
    queries: welcome.queries ?? true,
    kinds: welcome.subscriptions ?? subscriptionKinds,
    expires: welcome.expires ?? 3_600,
    alarmed: options.alarmed ?? (() => undefined),
    signal: ended.signal,
  });
  opening.defer(() => ended.abort());
  opening.defer(() => Promise.all([...plays].map((play) => play.bye(AbortSignal.abort()))));
  void devices.supervise(ended.signal);
  log.info('GB/T 28181 platform open', { address: line.address.address, port: line.address.port, id });

  const found = (device: string): GbDevice => {
    const known = devices.find(device);
    if (!known?.online) throw new GatewayError('NOT_FOUND', `No device ${device} is registered at the platform just now.`);
    return known;
  };
  const forget = () => {
    registrar.forget();
    devices.forget();
    catalogues.forget();
    subscriptions.forget();
  };
  const platform: Omit<GbPlatform, typeof Symbol.asyncDispose> = {
    id,
    realm,
    get address() {
      return line.address;
    },
    devices: () => devices.all(),
    catalogue: (device) => catalogues.of(device),
    tree: (device) => treeOf(catalogues.of(device)?.items ?? []),
    subscriptions: () => subscriptions.all(),
    alarms: () => ledger.all(),
    complaints: () => complaints.all(),
    passages: () => line.passages(),
    plays: () => [...plays],
    dialogs: () => line.endpoint.ledger.dialogs,
    askCatalogue: async (device, signal) => reception.askCatalogue(found(device), signal),
    ask: async (device, question, signal) => questions.ask(found(device), question, signal),
    order: async (device, code, wanted, signal) => order(questions, found(device), code, wanted, signal),
    subscribe: async (device, kind, expires, signal) => subscriptions.begin(found(device), kind, expires, signal),
    unsubscribe: (device, kind, signal) => subscriptions.end(device, kind, signal),
    async play(device, wanted, signal) {
      calls += 1;
      const cancelAfter = mood.cancelAfter();
      const ssrc = mood.offersSsrc ? gbSsrc(id, 'live', calls) : undefined;
      const parts = { line, clock, id, realm, device: found(device), ssrc, complaints, cancelAfter };
      const play = await Play.begin(wanted, parts, signal);
      if (!play.ended.aborted) {
        plays.add(play);
        play.ended.addEventListener('abort', () => plays.delete(play), { once: true });
      }
      return play;
    },
    async misbehave(...names) {
      const chosen = names.map(misbehaviourNamed);
      mood.become(chosen);
      for (const { strikes } of chosen) await strikes?.(struck, mood.dice);
    },
    misbehaving: () => mood.active.map(({ name }) => name),
    down: () => line.down(),
    async up(remembering) {
      if (remembering === 'nothing') forget();
      await line.up();
    },
  };
  const struck: Struck = {
    async restart(away) {
      await line.down();
      forget();
      await clock.sleep(millis(away), ended.signal);
      await line.up();
    },
    forget,
    async cut() {
      await line.down();
      await line.up();
    },
    tellAll: (what) => reception.tellAll(what, line, realm),
    reinvite: async () => void (await Promise.all([...plays].map((play) => play.reinvite(ended.signal)))),
  };
  const scope = opening.release();
  return Object.assign(platform, { [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() });
}

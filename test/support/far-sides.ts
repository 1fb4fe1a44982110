/**
 * The far side of each kind of uplink, on a clock that the test drives: it can be gone (its port refuses), or stand still (what is sent to it goes nowhere
 * and nobody is told), and come back. What it took is told by the number of the press that it was about.
 */
import type { Clock } from '../../gateway/domain/ports.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import type { Scope } from '../../gateway/runtime/scope.ts';
import { runPoliceSimulator } from '../../simulators/platform/simulator.ts';
import { runReceiverSimulator } from '../../simulators/receiver/simulator.ts';
import { openDatagramPath } from './datagram-path.ts';
import { key, keyText } from './dc09.ts';
import { localPlatform } from './gb-platform.ts';
import { device, password, server } from './gb-registrar.ts';
import { openRelay } from './relay.ts';

export const farSideKinds = ['webhook', 'mqtt', 'dc09 by TCP', 'dc09 by UDP', 'gb28181 by TCP', 'gb28181 by UDP'] as const;
export type FarSideKind = (typeof farSideKinds)[number];
export type Loss = 'refused' | 'silent';

export interface FarSideOfKind {
  /** Of the uplink that leads there. */
  readonly entry: { readonly adapter: string; readonly settings: Readonly<Record<string, unknown>>; readonly secret: string };
  lose(loss: Loss): Promise<void>;
  comeBack(): Promise<void>;
}

interface Surroundings {
  readonly clock: Clock;
  readonly scope: Scope;
  /** Told of what it has taken, and would show anew: the number in the name of the zone, `press-17`. */
  readonly took: (press: number) => void;
}

const loopback = { address: '127.0.0.1', port: 0 };
const secret = 'a key that both sides know';

/** s, as a school would have it: a far side that is asked for nothing is still known to be there. */
const heartbeatSeconds = 20;

export function openFarSide(kind: FarSideKind, around: Surroundings): Promise<FarSideOfKind> {
  switch (kind) {
    case 'webhook':
    case 'mqtt':
      return policeSide(kind, around);
    case 'dc09 by TCP':
    case 'dc09 by UDP':
      return alarmCentre(kind.endsWith('UDP') ? 'udp' : 'tcp', around);
    case 'gb28181 by TCP':
    case 'gb28181 by UDP':
      return platform(kind.endsWith('UDP') ? 'udp' : 'tcp', around);
  }
}

async function policeSide(adapter: 'webhook' | 'mqtt', { clock, scope, took }: Surroundings): Promise<FarSideOfKind> {
  const fresh = firstOnly();
  const police = scope.own(
    await runPoliceSimulator({
      ...(adapter === 'webhook' ? { webhook: { listen: loopback } } : { mqtt: { listen: loopback, username: 'school', password: secret } }),
      ...{ ledger: 'memory', hmacKey: secret, clock, log: silentLogger },
      arrived: ({ answer, eventId, body }) => answer === 'accepted' && fresh(eventId) && tell(body, took),
    }),
  );
  const way = await openWay('tcp', (police.webhook ?? police.mqtt)!.port, scope);
  const settings =
    adapter === 'webhook'
      ? { url: `http://127.0.0.1:${way.port}/alarms`, heartbeatSeconds }
      : { url: `mqtt://127.0.0.1:${way.port}`, username: 'school', heartbeatSeconds };
  return {
    entry: { adapter, settings: { ...settings, accepts: ['alarm.raised'] }, secret },
    lose: (loss) => way.lose(loss, () => police.down()),
    comeBack: () => way.mend(() => police.comeBack()),
  };
}

async function alarmCentre(protocol: 'tcp' | 'udp', { clock, scope, took }: Surroundings): Promise<FarSideOfKind> {
  const fresh = firstOnly();
  const centre = scope.own(
    await runReceiverSimulator({
      ...{ listen: loopback, key, clock },
      arrived: ({ answer, message: { sequence, data, extended } }) => answer === 'ACK' && fresh(`${sequence} ${data}`) && tell(extended.join(), took),
    }),
  );
  const way = await openWay(protocol, centre.port, scope);
  return {
    entry: {
      adapter: 'dc09',
      settings: { account: '5678', primary: `${protocol}://127.0.0.1:${way.port}`, accepts: ['alarm.raised'] },
      secret: keyText,
    },
    lose: (loss) => way.lose(loss, () => centre.down()),
    comeBack: () => way.mend(() => centre.comeBack()),
  };
}

async function platform(transport: 'tcp' | 'udp', { clock, scope, took }: Surroundings): Promise<FarSideOfKind> {
  const bureau = scope.own(
    await localPlatform({
      ...{ clock, welcome: { queries: false, subscriptions: [] } },
      alarmed: ({ answered, repeat, description }) => answered < 300 && !repeat && tell(description, took),
    }),
  );
  const way = await openWay(transport, bureau.address.port, scope);
  const local = { address: '127.0.0.1', port: 0 };
  const settings = { platform: { code: server, address: '127.0.0.1', port: way.port }, local, codes: { device }, transport };
  return {
    entry: { adapter: 'gb28181', settings, secret: password },
    lose: (loss) => way.lose(loss, () => bureau.down()),
    comeBack: () => way.mend(() => bureau.up('nothing')),
  };
}

/** A far side that knows again what it has had. */
function firstOnly(): (what: string) => boolean {
  const had = new Set<string>();
  return (what) => !had.has(what) && had.add(what).size > 0;
}

function tell(text: string, took: (press: number) => void): void {
  const [, press] = /press-(\d+)/.exec(text) ?? [];
  if (press !== undefined) took(Number(press));
}

interface Way {
  readonly port: number;
  lose(loss: Loss, gone: () => Promise<void>): Promise<void>;
  mend(back: () => Promise<void>): Promise<void>;
}

/** A line to a port of this machine that can stand still. */
async function openWay(protocol: 'tcp' | 'udp', target: number, scope: Scope): Promise<Way> {
  const [port, stop, go] = await (async () => {
    if (protocol === 'udp') {
      const path = scope.own(await openDatagramPath(target, Math.random));
      return [path.port, () => path.become({ loss: 1 }), () => path.become({})] as const;
    }
    const relay = scope.own(await openRelay(target));
    return [relay.port, () => relay.block(), () => relay.mend()] as const;
  })();
  let lost: Loss | undefined;
  return {
    port,
    async lose(loss, gone) {
      lost = loss;
      if (loss === 'silent') stop();
      else await gone();
    },
    async mend(back) {
      if (lost === 'silent') go();
      else if (lost) await back();
      lost = undefined;
    },
  };
}

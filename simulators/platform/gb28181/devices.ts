/** Who is registered, and who is still alive: registrations that run out, keepalives that stop (gb28181 §3.3). */
import type { SipFlow, SipPeer } from '../../../adapters/protocols/sip/flow.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { type Instant, instant, seconds } from '../../../gateway/domain/time.ts';

export interface GbDevice {
  /** 20 digits. */
  readonly id: string;
  /** Where its last registration or keepalive came from: it is spoken to there, whatever its Contact says. */
  readonly peer: SipPeer;
  readonly registeredAt: Instant;
  readonly expiresAt: Instant;
  readonly heardAt: Instant;
  readonly online: boolean;
  /** X-GB-Ver; undefined: 2016 or older. */
  readonly version: string | undefined;
  readonly agent: string;
  /** Registrations since the platform last started, refreshes not counted. */
  readonly registrations: number;
  readonly keepalives: number;
  /** What BasicParam said, or the standard's 60 s × 3. */
  readonly heartbeat: { readonly interval: number; readonly count: number };
  /** What the answer to DeviceInfo said. */
  readonly info?: { readonly name?: string | undefined; readonly manufacturer?: string | undefined; readonly model?: string | undefined };
}

interface Registration {
  readonly flow: SipFlow;
  readonly callId: string;
  /** s. */
  readonly expires: number;
  readonly version: string | undefined;
  readonly agent: string;
}

type Kept = GbDevice & { readonly callId: string };

const usualHeartbeat = { interval: 60, count: 3 };

export class Devices {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True: it was not online before, or it comes with another Call-ID: the platform knows nothing of it any more. */
  register(id: string, { flow, callId, expires, version, agent }: Registration): boolean {
    const now = this.#clock.now();
    const before = this.#kept.get(id);
    const anew = !before?.online || before.callId !== callId;
    this.#kept.set(id, {
      id,
      callId,
      peer: { transport: flow.transport, ...flow.remote },
      registeredAt: anew ? now : before.registeredAt,
      expiresAt: instant(now + seconds(expires)),
      heardAt: now,
      online: true,
      version,
      agent,
      registrations: (before?.registrations ?? 0) + (anew ? 1 : 0),
      keepalives: anew ? 0 : before.keepalives,
      heartbeat: before?.heartbeat ?? usualHeartbeat,
      ...(before?.info ? { info: before.info } : {}),
    });
    return anew;
  }

  /** Is this the registration that is already here? */
  knows(id: string, callId: string): boolean {
    const device = this.#kept.get(id);
    return device?.online === true && device.callId === callId;
  }

  /** False: it is not registered. */
  alive(id: string, flow: SipFlow): boolean {
    const device = this.#kept.get(id);
    if (!device?.online) return false;
    this.#put(id, { peer: { transport: flow.transport, ...flow.remote }, heardAt: this.#clock.now(), keepalives: device.keepalives + 1 });
    return true;
  }

  learn(id: string, what: Partial<Pick<GbDevice, 'heartbeat' | 'info'>>): void {
    this.#put(id, what);
  }

  leave(id: string): void {
    this.#put(id, { online: false });
  }

  /** As a platform that lost its memory. */
  forget(): void {
    this.#kept.clear();
  }

  find(id: string): GbDevice | undefined {
    return this.#kept.get(id);
  }

  all(): readonly GbDevice[] {
    return [...this.#kept.values()];
  }

  /** Looks once a second; returns on abort. */
  async supervise(signal: AbortSignal): Promise<void> {
    for (;;) {
      const now = this.#clock.now();
      for (const { id, online, expiresAt, heardAt, heartbeat } of this.#kept.values()) {
        if (online && (now > expiresAt || now - heardAt > seconds(heartbeat.interval * heartbeat.count))) this.leave(id);
      }
      try {
        await this.#clock.sleep(seconds(1), signal);
      } catch {
        return;
      }
    }
  }

  #put(id: string, what: Partial<GbDevice>): void {
    const before = this.#kept.get(id);
    if (!before) return;
    this.#kept.set(id, { ...before, ...what });
  }
}

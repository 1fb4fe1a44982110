/** Police platforms over GB/T 28181: what the register knows of it. All that speaks it is loaded when the link begins: alarms are taken before. */
import type { Delivery } from '../../../gateway/domain/delivery.ts';
import type { EventKind } from '../../../gateway/domain/event.ts';
import type { LinkStatus } from '../../../gateway/domain/health.ts';
import type { UplinkId } from '../../../gateway/domain/ids.ts';
import type { Uplink, UplinkAdapter, UplinkExamination } from '../../../gateway/domain/uplink-ports.ts';
import { owedKinds } from './alarms/settings.ts';
import { shareDoubts } from './owned.ts';
import { config, type GbSettings } from './settings.ts';
import { wordsOf } from './trouble.ts';

export const gb28181: UplinkAdapter<GbSettings> = {
  kind: 'gb28181',
  config,
  create({ id, secret }, settings, context) {
    const opening: LinkStatus = { state: 'down', since: context.clock.now(), sentence: wordsOf({ kind: 'opening' }, settings) };
    return new Later({ id, window: settings.window, accepts: owedKinds(settings.alarms), opening }, async () => {
      const [{ Gb28181Uplink }, { PlatformLink }] = await Promise.all([import('./uplink.ts'), import('./link.ts')]);
      return new Gb28181Uplink(new PlatformLink(id, settings, context), secret?.reveal());
    });
  },
  doubts: shareDoubts,
};

interface Known {
  readonly id: UplinkId;
  readonly window: number;
  readonly accepts: ReadonlySet<EventKind>;
  readonly opening: LinkStatus;
}

/** What a box must know of an uplink to record what it is owed; the rest comes when it is needed. */
class Later implements Uplink {
  readonly id: UplinkId;
  readonly window: number;
  readonly accepts: ReadonlySet<EventKind>;
  readonly #opening: LinkStatus;
  readonly #load: () => Promise<Uplink>;
  #coming: Promise<Uplink> | undefined;
  #here: Uplink | undefined;

  constructor({ id, window, accepts, opening }: Known, load: () => Promise<Uplink>) {
    this.id = id;
    this.window = window;
    this.accepts = accepts;
    this.#opening = opening;
    this.#load = load;
  }

  link(): LinkStatus | undefined {
    return this.#here ? this.#here.link() : this.#opening;
  }

  async examine(signal: AbortSignal): Promise<UplinkExamination> {
    return (await this.#whole()).examine(signal);
  }

  async run(signal: AbortSignal): Promise<void> {
    await (await this.#whole()).run(signal);
  }

  async deliver(delivery: Delivery, signal: AbortSignal, left?: () => void): Promise<{ readonly proof: string }> {
    return (this.#here ?? (await this.#whole())).deliver(delivery, signal, left);
  }

  #whole(): Promise<Uplink> {
    this.#coming ??= this.#load().then((uplink) => {
      this.#here = uplink;
      return uplink;
    });
    return this.#coming;
  }
}

/** The platform's own words about an alarm: a Response of the same SN, which comes as a request of its own, before or after the 200 (facts §4.5). */
import type { GbResponse } from '../desk.ts';

export type AlarmResponse = Extract<GbResponse, { readonly cmdType: 'Alarm' }>;

/** SNs that are waited for at once. Some platforms never say a word: then the oldest is given up. */
const most = 1_024;

export class AlarmReceipts {
  readonly #waiting = new Map<number, Set<(response: AlarmResponse) => void>>();

  /** Of any response; those that nobody waits for are dropped. */
  take(response: GbResponse): void {
    if (response.cmdType !== 'Alarm') return;
    for (const tell of this.#waiting.get(response.sn) ?? []) tell(response);
  }

  /** Hears the responses of one SN until it is disposed. */
  listen(sn: number, hear: (response: AlarmResponse) => void): Disposable {
    const all = this.#waiting.get(sn) ?? new Set();
    if (all.size === 0 && this.#waiting.size >= most) this.#waiting.delete(this.#waiting.keys().next().value ?? sn);
    this.#waiting.set(sn, all.add(hear));
    return {
      [Symbol.dispose]: () => {
        all.delete(hear);
        if (all.size === 0 && this.#waiting.get(sn) === all) this.#waiting.delete(sn);
      },
    };
  }
}

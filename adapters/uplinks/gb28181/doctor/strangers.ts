/** Who speaks SIP to us and is not heard: another server of the platform, or anybody who scans the network. */
import { between, type Instant, type Millis } from '../../../../gateway/domain/time.ts';
import { listCodes } from '../codes/code-map.ts';
import type { GbSettings } from '../settings.ts';
import { looksLikeSip } from './probe.ts';

export interface Stranger {
  readonly address: string;
  readonly age: Millis;
  /** A code of ours was in what it said: who only scans does not know one. */
  readonly knowsUs: boolean;
}

const most = 8;
/** Bytes that are looked at: the codes are in the first lines. */
const mostLooked = 2_048;

export class Strangers {
  readonly #ours: ReadonlySet<string>;
  /** By address, the newest last. */
  readonly #heard = new Map<string, { readonly at: Instant; readonly knowsUs: boolean }>();

  constructor({ codes }: GbSettings) {
    this.#ours = new Set(listCodes(codes).map(({ code }) => code));
  }

  note(address: string, datagram: Buffer, at: Instant): void {
    if (!looksLikeSip(datagram)) return;
    const codes = datagram.toString('latin1', 0, mostLooked).match(/\d{20}/g) ?? [];
    const knowsUs = this.#heard.get(address)?.knowsUs === true || codes.some((code) => this.#ours.has(code));
    this.#keep(address, { at, knowsUs });
  }

  #keep(address: string, heard: { readonly at: Instant; readonly knowsUs: boolean }): void {
    this.#heard.delete(address);
    this.#heard.set(address, heard);
    this.#forgetOne();
  }

  #forgetOne(): void {
    if (this.#heard.size <= most) return;
    const all = [...this.#heard];
    const [oldest] = all.find((each) => !each[1].knowsUs) ?? all[0] ?? [];
    if (oldest !== undefined) this.#heard.delete(oldest);
  }

  /** By TCP it is refused before it has said a word. */
  noteConnection(address: string, at: Instant): void {
    this.#keep(address, { at, knowsUs: this.#heard.get(address)?.knowsUs === true });
  }

  /** The newest first. */
  heard(now: Instant): readonly Stranger[] {
    return [...this.#heard].map(([address, { at, knowsUs }]) => ({ address, age: between(at, now), knowsUs })).toReversed();
  }
}

/** Where the packets of one set-up track go, over whichever transport they come. */
import { Reception } from '../rtp/reception.ts';
import { parseRtcp, type ReportBlock } from '../rtp/rtcp.ts';
import type { Timers } from '../timers.ts';

/** Before each packet: "$", channel, 16-bit length. */
export const frameHead = 4;

export interface InboxOptions {
  readonly clockRate: number;
  /** As the answer to SETUP announced it. */
  readonly ssrc: number | undefined;
  readonly timers: Timers;
  /** One whole RTP packet in interleaved framing at bytes[start, end), in order. */
  readonly packet: (bytes: Buffer, start: number, end: number) => void;
  readonly clock: (clock: { readonly wallClock: number; readonly rtpTimestamp: number; readonly ssrc: number }) => void;
}

export class TrackInbox {
  readonly #options: InboxOptions;
  readonly #reception: Reception;
  readonly #monotonic: () => number;
  /** Packets so far. */
  heard = 0;
  /** Anything at all has come, be it a report. */
  alive = false;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#reception = new Reception(options.clockRate, options.ssrc);
    this.#monotonic = () => options.timers.monotonic();
  }

  /** One frame at bytes[start, end). */
  frame(bytes: Buffer, start: number, end: number): void {
    if (!this.#reception.take(bytes, start + frameHead, end, this.#monotonic)) return;
    this.heard += 1;
    this.alive = true;
    this.#options.packet(bytes, start, end);
  }

  /** One RTCP packet, with or without fault (quirk 23). */
  control(packet: Uint8Array): void {
    this.alive = true;
    for (const item of parseRtcp(packet)) {
      if (item.kind !== 'sr') continue;
      this.#reception.reported(item, this.#monotonic());
      this.#options.clock(item);
    }
  }

  block(): ReportBlock | undefined {
    return this.#reception.block(this.#monotonic());
  }
}

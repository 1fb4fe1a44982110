/** How packets come from the camera and reports go back: one of these for each session. */
import type { FrameTaker } from './connection.ts';
import { RtspFailure } from './failure.ts';
import type { TrackInbox } from './inbox.ts';
import type { RtspPlayer } from './order.ts';
import { interleavedOffer, type TransportAnswer } from './transport.ts';

export interface MediaCarrier {
  /** The Transport header that asks for one more track. */
  offer(): Promise<string>;
  /** The camera took the last offer. Throws RtspFailure where its answer is no good. */
  accept(answer: TransportAnswer, inbox: TrackInbox): void;
  /** From now on packets are handed to the inboxes. */
  open(): void;
  /** Sends RTCP about one track. */
  report(inbox: TrackInbox, compound: Buffer): void;
  close(): void;
}

/** Frames within the RTSP connection itself (RFC 2326 §10.12). */
export interface FrameLine {
  takeFrames(taker: FrameTaker): void;
  writeFrame(channel: number, payload: Uint8Array): void;
}

export class InterleavedCarrier implements MediaCarrier {
  readonly #line: FrameLine;
  /** By channel. */
  readonly #packets: (TrackInbox | undefined)[] = new Array(256).fill(undefined);
  readonly #control: (TrackInbox | undefined)[] = new Array(256).fill(undefined);
  readonly #player: Pick<RtspPlayer, 'endOfRead' | 'garbage'>;
  #offered = 0;
  #next = 0;

  constructor(line: FrameLine, player: Pick<RtspPlayer, 'endOfRead' | 'garbage'>) {
    this.#line = line;
    this.#player = player;
  }

  async offer(): Promise<string> {
    this.#offered = this.#next;
    this.#next += 2;
    return interleavedOffer(this.#offered);
  }

  accept(answer: TransportAnswer, inbox: TrackInbox): void {
    if (answer.serverPorts && !answer.channels) throw new RtspFailure('unsupported', 'was asked for TCP and answered with UDP.');
    const { rtp, rtcp } = answer.channels ?? { rtp: this.#offered, rtcp: this.#offered + 1 };
    if (rtp > 255 || rtcp > 255) throw new RtspFailure('reply', `named the channels ${rtp} and ${rtcp}, but there are 256.`);
    if (this.#packets[rtp]) throw new RtspFailure('reply', `gave two tracks the same channel ${rtp}.`);
    this.#packets[rtp] = inbox;
    this.#control[rtcp] = inbox;
    this.#next = Math.max(this.#next, (Math.max(rtp, rtcp) + 2) & ~1);
  }

  open(): void {
    this.#line.takeFrames({
      frame: (bytes, start, end) => {
        const channel = bytes[start + 1]!;
        const inbox = this.#packets[channel];
        if (inbox) inbox.frame(bytes, start, end);
        // Anything else is an old session's rest, or a track that was not asked for (onvif-rtsp §3.2 quirk 13): skipped.
        else this.#control[channel]?.control(bytes.subarray(start + 4, end));
      },
      carries: (channel) => this.#packets[channel] !== undefined || this.#control[channel] !== undefined,
      endOfRead: () => this.#player.endOfRead?.(),
      garbage: () => this.#player.garbage(),
    });
  }

  report(inbox: TrackInbox, compound: Buffer): void {
    const channel = this.#control.indexOf(inbox);
    if (channel >= 0) this.#line.writeFrame(channel, compound);
  }

  close(): void {
    // The connection is the session's, and is closed with it.
  }
}

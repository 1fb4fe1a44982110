/** Receiver reports of one session (RFC 3550 §6.4.2): what a camera may take for the sign of life that keeps it. */
import { randomBytes, randomInt } from 'node:crypto';
import { writeReceiverCompound } from '../rtp/rtcp.ts';
import type { MediaCarrier } from './carrier.ts';
import type { TrackInbox } from './inbox.ts';

export class ReceiverReports {
  readonly #carrier: MediaCarrier;
  readonly #inboxes: readonly TrackInbox[];
  readonly #ssrc = randomInt(1, 2 ** 32 - 1);
  /** RFC 7022 §4.2: 96 random bits; it tells the camera nothing about us. */
  readonly #name = randomBytes(12).toString('base64url');

  constructor(carrier: MediaCarrier, inboxes: readonly TrackInbox[]) {
    this.#carrier = carrier;
    this.#inboxes = inboxes;
  }

  send(): void {
    for (const inbox of this.#inboxes) {
      const block = inbox.block();
      this.#carrier.report(inbox, writeReceiverCompound(this.#ssrc, this.#name, block ? [block] : []));
    }
  }
}

/** One live view from its acceptance to its end, whoever ends it: the dialog and what is sent never outlive each other. */
import type { RtpEnd } from '../../../../gateway/domain/media.ts';
import type { Clock, RtpSending } from '../../../../gateway/domain/ports.ts';
import { millis, seconds } from '../../../../gateway/domain/time.ts';
import { type GbSession, parseGbSession, writeGbSession } from '../../../protocols/sdp/gb-session.ts';
import type { Asked, Dialog } from '../../../protocols/sip/dialog.ts';
import type { IncomingRequest } from '../../../protocols/sip/incoming.ts';
import { sameMedia } from './offer.ts';

/** Media begins with the ACK, or so long after our 200: an ACK may be lost (facts §5.1). */
const patience = millis(500);
/** Nobody waits longer for the answer to our BYE. */
const goodbye = seconds(5);

export interface PlayOptions {
  readonly incoming: IncomingRequest;
  readonly offered: GbSession;
  readonly answer: GbSession;
  readonly sending: RtpSending;
  readonly clock: Clock;
  /** Hears of the dialog, once there is one. */
  opened(dialog: Dialog): void;
}

export interface PlayEnd extends RtpEnd {
  /** Who ended it, and why. */
  readonly said: string;
}

/** Takes over `sending`. Resolves when everything is given back; never rejects for what the platform does. */
export async function play({ incoming, offered, answer, sending, clock, opened }: PlayOptions, signal: AbortSignal): Promise<PlayEnd> {
  await using open = sending;
  const body = { type: 'APPLICATION/SDP', content: writeGbSession(answer) };
  const { dialog, acknowledged } = incoming.accept((asked) => inside(asked, offered, body), { body });
  opened(dialog);
  const waiting = new AbortController();
  void Promise.race([acknowledged, clock.sleep(patience, waiting.signal)])
    .catch(() => undefined) // It is over already.
    .then(() => {
      if (!dialog.ended.aborted && !waiting.signal.aborted) open.start();
    });
  const said = await Promise.race([aborted(dialog.ended), aborted(signal), open.ended.then(({ sentence }) => sentence)]);
  waiting.abort();
  await open[Symbol.asyncDispose]();
  using limit = clock.deadline(goodbye);
  await dialog.bye(limit);
  return { ...(await open.ended), said };
}

/** What the platform asks within the call. A re-INVITE for the same is a refresh; controls of a recording mean nothing here, and do no harm. */
function inside(asked: Asked, offered: GbSession, body: { readonly type: string; readonly content: string }): void {
  switch (asked.request.method) {
    case 'INVITE':
      if (asked.request.body.length === 0 || repeats(asked.request.body, offered)) asked.answer(200, { body });
      else asked.answer(488);
      return;
    case 'INFO':
    case 'MESSAGE':
    case 'OPTIONS':
      asked.answer(200);
      return;
    default:
      asked.answer(405);
  }
}

function repeats(body: Uint8Array, offered: GbSession): boolean {
  try {
    return sameMedia(offered, parseGbSession(body));
  } catch {
    return false; // It cannot be read.
  }
}

function aborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const told = () => resolve(signal.reason instanceof Error ? signal.reason.message : String(signal.reason));
    if (signal.aborted) told();
    else signal.addEventListener('abort', told, { once: true });
  });
}

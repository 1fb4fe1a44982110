/** What a platform asks for with an INVITE (GB/T 28181-2022 §9.2, annex G; facts §5.1). Pure: a request in, an order or a refusal out. */
import type { StreamProfile } from '../../../../gateway/domain/media.ts';
import { ProtocolError } from '../../../protocols/protocol-error.ts';
import { type GbSession, parseGbSession } from '../../../protocols/sdp/gb-session.ts';
import { toOf } from '../../../protocols/sip/fields.ts';
import { headerOf, type SipRequest } from '../../../protocols/sip/message.ts';
import { parseSubject } from '../../../protocols/sip/subject.ts';
import { parseUri } from '../../../protocols/sip/uri.ts';

export interface Offer {
  readonly session: GbSession;
  /** Codes that may name the channel, the likeliest first: Request-URI, Subject, To. */
  readonly codes: readonly string[];
  readonly payloadType: number;
  readonly profile: StreamProfile;
  /** Sender and number of the stream in the Subject; undefined where it says nothing that could tell two views apart. */
  readonly stream: string | undefined;
}

/** A final answer and its phrase. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/** Bytes: a call keeps it until it is answered. Real ones have 300. */
const longest = 8 * 1024;

export function readOffer(request: SipRequest): Offer | Refusal {
  if (request.body.length > longest) return { status: 413, reason: 'SDP Too Long' };
  let session: GbSession;
  try {
    session = parseGbSession(request.body);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { status: 400, reason: 'Bad SDP' };
  }
  const subject = parseSubject(headerOf(request, 'Subject') ?? '');
  const program = session.formats.find(({ encoding }) => encoding === 'PS');
  if (session.name.toLowerCase() !== 'play') return { status: 488, reason: 'Live Only' };
  if (session.kind !== 'video' || !program) return { status: 488, reason: 'PS Video Only' };
  if (session.direction === 'sendonly') return { status: 488, reason: 'Nothing Is Received Here' };
  // Whoever connects says where from, not where to.
  if (session.transport !== 'tcp-active' && (session.port < 1 || session.port > 65_535)) return { status: 488, reason: 'No Media Port' };
  const users = [parseUri(request.uri)?.user, subject?.sender.id, parseUri(toOf(request)?.uri ?? '')?.user];
  return {
    session,
    codes: users.flatMap((user) => (user ? [user] : [])),
    payloadType: program.payloadType,
    profile: session.streamNumber === undefined || session.streamNumber === 0 ? 'main' : 'sub',
    // Some platforms number none of their streams.
    stream: subject && !/^0*$/.test(subject.sender.stream) ? `${subject.sender.id}:${subject.sender.stream}` : undefined,
  };
}

/** In the dialog of a running play: does it ask for the very same? */
export function sameMedia(one: GbSession, other: GbSession): boolean {
  return (
    one.address === other.address &&
    one.port === other.port &&
    one.transport === other.transport &&
    (other.ssrc === undefined || one.ssrc === undefined || one.ssrc === other.ssrc)
  );
}

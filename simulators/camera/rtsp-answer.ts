/** What the camera's RTSP door answers, and to whom it answers no. */
import type { DigestDoor } from '../../adapters/protocols/digest.ts';
import { type HeadersToWrite, headerOf, type RtspRequest } from '../../adapters/protocols/rtsp/message.ts';
import type { Faults } from './faults.ts';
import type { Lockout } from './lockout.ts';
import { oddAlgorithm, oddChallenges } from './rtsp-faults.ts';

export interface Answer {
  readonly status: number;
  readonly headers?: HeadersToWrite;
  readonly body?: string;
  readonly afterwards?: () => void;
}

export interface RtspCounters {
  connections: number;
  requests: number;
  /** Requests that carried credentials, right or wrong. */
  credentialed: number;
  /** Of those, the ones that were refused. */
  refused: number;
  /** PLAYs. */
  plays: number;
  /** Sessions ended because nobody asked after them. */
  expired: number;
  /** Connections closed because they took too little. */
  tooSlow: number;
}

export interface SignIn {
  /** Undefined: open to everybody. */
  readonly digest: DigestDoor | undefined;
  readonly passwordOf: (username: string) => string | undefined;
  readonly faults: Faults;
  readonly lockout: Lockout;
  readonly counters: RtspCounters;
}

/** 401 for whoever has not proved to know the password; undefined: he is let in. */
export function refusalOf(request: RtspRequest, { digest, passwordOf, faults, lockout, counters }: SignIn): Answer | undefined {
  const authorization = headerOf(request, 'authorization');
  if (authorization !== undefined) counters.credentialed += 1;
  if (!digest) return undefined;
  const right = faults.has('wrong-password') || faults.has('stream-password') || lockout.locked ? () => undefined : passwordOf;
  const understood = faults.has('odd-algorithm') ? authorization?.replace(`, algorithm="${oddAlgorithm}"`, '') : authorization;
  const proof = digest.verify(understood, request.method, right);
  const welcome = proof !== undefined && proof !== 'stale' && proof.uri === request.uri;
  if (authorization !== undefined && proof !== 'stale') lockout.saw(welcome);
  if (welcome && !(faults.has('user-agent-wanted') && headerOf(request, 'user-agent') === undefined)) return undefined;
  if (authorization !== undefined && proof !== 'stale') counters.refused += 1;
  const challenges = digest.challenge(proof === 'stale');
  return { status: 401, headers: { 'WWW-Authenticate': faults.has('odd-algorithm') ? oddChallenges(challenges) : challenges } };
}

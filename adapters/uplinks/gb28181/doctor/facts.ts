/** What the doctor knows before it judges: settings, state, what was asked and answered, and what came of knocking. */
import type { LinkStatus } from '../../../../gateway/domain/health.ts';
import type { Millis } from '../../../../gateway/domain/time.ts';
import { parseChallenges } from '../../../protocols/digest.ts';
import { aboutOf } from '../../../protocols/manscdp/about.ts';
import { callIdOf, cseqOf, fromOf, seenAs, toOf } from '../../../protocols/sip/fields.ts';
import { headerOf, headersOf, type SipRequest, type SipResponse, textOf } from '../../../protocols/sip/message.ts';
import { isFinal } from '../../../protocols/sip/status.ts';
import { hostPort, parseUri } from '../../../protocols/sip/uri.ts';
import { declaredCharset } from '../../../protocols/xml.ts';
import type { LadderStep } from '../ladder.ts';
import type { MediaBlocked, Server } from '../link.ts';
import type { GbSettings } from '../settings.ts';
import type { Trouble } from '../trouble.ts';
import type { Knock } from './probe.ts';
import type { Stranger } from './strangers.ts';

export interface DoctorFacts {
  readonly settings: GbSettings;
  readonly password: 'none' | 'blank-at-the-ends' | 'there';
  readonly status: LinkStatus;
  readonly trouble: Trouble;
  /** Who was last asked to register us, and was knocked at; absent: nobody yet. */
  readonly asked?: Server;
  /** The platform's, once its name is resolved. */
  readonly address?: string;
  /** Where no connection for pictures came about, the last time. */
  readonly mediaBlocked?: MediaBlocked;
  /** Where we speak from; absent: no such address. */
  readonly own?: string;
  /** While there is no registration. */
  readonly knocks?: { readonly tcp: Knock; readonly udp: Knock };
  /** The newest first. */
  readonly strangers: readonly Stranger[];
  readonly seen: SeenOnTheWire;
}

/** What the messages of late tell. */
export interface SeenOnTheWire {
  /** Of our REGISTERs, the last first: whether it was signed, and what was answered; undefined: nothing. */
  readonly registers: readonly { readonly signed: boolean; readonly status: number | undefined }[];
  /** Codes of those whom we asked to register us. */
  readonly servers: readonly string[];
  readonly realm?: string;
  readonly algorithms: readonly string[];
  /** Of its challenges, in small letters: `digest`, or what we cannot answer. */
  readonly schemes: readonly string[];
  /** X-GB-Ver of its last answer to a REGISTER. */
  readonly version?: string;
  /** `address:port` from which the platform sees us. */
  readonly us?: string;
  /** What the platform calls itself, at which address, and whom it calls. */
  readonly callers: readonly { readonly user: string; readonly address: string }[];
  readonly called: readonly string[];
  readonly charset?: string;
  /** Our MESSAGEs and NOTIFYs: bytes, its head among them, whether text beyond ASCII is in it, and the answer. */
  readonly told: readonly {
    readonly bytes: number;
    readonly chinese: boolean;
    readonly status: number | undefined;
    readonly age: Millis;
    readonly what: string;
  }[];
  /** Final answers of ours that said no; `media` is where pictures were wanted, `from` who wanted it. */
  readonly refusedByUs: readonly {
    readonly method: string;
    readonly status: number;
    readonly reason: string;
    readonly media: string;
    readonly from: string;
  }[];
}

/** `now` on the clock of the ladder. */
export function readLadder(steps: readonly LadderStep[], now: number): SeenOnTheWire {
  const answers = new Map<string, SipResponse>();
  const keyOf = (step: LadderStep, by: 'in' | 'out') =>
    `${by} ${callIdOf(step.message)} ${cseqOf(step.message)?.number} ${cseqOf(step.message)?.method}`;
  for (const step of steps) {
    if (step.message.kind === 'response' && isFinal(step.message.status))
      answers.set(keyOf(step, step.direction === 'in' ? 'out' : 'in'), step.message);
  }
  const ours = once(
    steps.filter(({ direction, message }) => direction === 'out' && message.kind === 'request'),
    (step) => keyOf(step, 'out'),
  );
  const theirs = once(
    steps.filter(({ direction, message }) => direction === 'in' && message.kind === 'request'),
    (step) => keyOf(step, 'in'),
  );
  const statusOf = (step: LadderStep) => answers.get(keyOf(step, 'out'))?.status;
  const registers = ours.filter(({ message }) => isMethod(message, 'REGISTER'));
  const challenges = steps
    .filter(({ direction, message }) => direction === 'in' && message.kind === 'response' && (message.status === 401 || message.status === 407))
    .flatMap(({ message }) => parseChallenges(headersOf(message, 'WWW-Authenticate').map(textOf)));
  const version = steps
    .flatMap(({ direction, message }) =>
      direction === 'in' && message.kind === 'response' && cseqOf(message)?.method === 'REGISTER' ? (headerOf(message, 'X-GB-Ver') ?? []) : [],
    )
    .at(-1);
  const realm = challenges.at(-1)?.parameters.get('realm');
  const us = steps.flatMap(({ direction, message }) => (direction === 'in' && message.kind === 'response' ? (seenAs(message) ?? []) : [])).at(-1);
  const charset = theirs.map(({ message }) => declaredCharset(message.body)).findLast((name) => name !== undefined);
  return {
    registers: registers.map((step) => ({ signed: headersOf(step.message, 'Authorization').length > 0, status: statusOf(step) })).toReversed(),
    servers: registers.flatMap(({ message }) => (message.kind === 'request' && parseUri(message.uri)?.user) || []),
    ...(realm === undefined ? {} : { realm }),
    algorithms: [...new Set(challenges.map(({ parameters }) => parameters.get('algorithm') ?? 'MD5'))],
    schemes: [...new Set(challenges.map(({ scheme }) => scheme))],
    ...(version === undefined ? {} : { version: textOf(version).slice(0, 20) }),
    ...(us ? { us: hostPort(us.address, us.port) } : {}),
    callers: theirs.flatMap(({ message, remote: { address } }) => {
      const user = parseUri(fromOf(message)?.uri ?? '')?.user;
      return user === undefined ? [] : [{ user, address }];
    }),
    called: theirs.flatMap(({ message }) => parseUri(toOf(message)?.uri ?? '')?.user ?? []),
    ...(charset === undefined ? {} : { charset }),
    told: ours
      .filter(({ message }) => isMethod(message, 'MESSAGE') || isMethod(message, 'NOTIFY'))
      .map((step) => ({
        bytes: headBytes(step.message) + step.bodyBytes,
        chinese: step.message.body.some((byte) => byte >= 0x80),
        status: statusOf(step),
        age: (now - step.at) as Millis,
        what: aboutOf(step.message.body)?.split(' ')[1] ?? '?',
      })),
    refusedByUs: theirs.flatMap((step) => {
      const answer = answers.get(keyOf(step, 'in'));
      if (!answer || answer.status < 400 || step.message.kind !== 'request') return [];
      const media = /^c=IN IP[46] (\S+)/m.exec(Buffer.from(step.message.body).toString('latin1'))?.[1] ?? '?';
      return [{ method: step.message.method, status: answer.status, reason: textOf(answer.reason), media, from: step.remote.address }];
    }),
  };
}

function isMethod(message: LadderStep['message'], method: string): message is SipRequest {
  return message.kind === 'request' && message.method === method;
}

/** As it went: each line ends with two bytes, and an empty one is the last. */
function headBytes(message: LadderStep['message']): number {
  const start = message.kind === 'request' ? message.method.length + message.uri.length + 9 : 0;
  return message.headers.reduce((sum, { name, value }) => sum + name.length + value.length + 4, start + 4);
}

/** Repetitions of a request are one request. */
function once(steps: readonly LadderStep[], keyOf: (step: LadderStep) => string): LadderStep[] {
  return [...new Map(steps.map((step) => [keyOf(step), step])).values()];
}

/** From the messages of late to what they tell. Whatever the far side has written: it never throws. */
import type { Millis } from '../../../../gateway/domain/time.ts';
import { parseChallenges } from '../../../protocols/digest.ts';
import { aboutOf } from '../../../protocols/manscdp/about.ts';
import { parseDate } from '../../../protocols/sip/date.ts';
import { callIdOf, contactsOf, cseqOf, fromOf, grantedExpires, seenAs, toOf, topViaOf } from '../../../protocols/sip/fields.ts';
import { headerOf, headersOf, type SipMessage, type SipRequest, type SipResponse, textOf } from '../../../protocols/sip/message.ts';
import { isFinal, isSuccess } from '../../../protocols/sip/status.ts';
import { hostPort, parseUri } from '../../../protocols/sip/uri.ts';
import { declaredCharset } from '../../../protocols/xml.ts';
import type { LadderStep } from '../ladder.ts';
import type { SeenOnTheWire, SeenRegister, SeenTold } from './facts.ts';
import { tellingPhrase } from './phrase.ts';

interface Exchange extends LadderStep {
  readonly message: SipRequest;
  /** The final one. */
  readonly answer?: SipResponse;
  readonly answeredAt?: number;
  /** It was sent so often. */
  readonly times: number;
}

/** `now` on the clock of the ladder. */
export function readLadder(steps: readonly LadderStep[], now: number): SeenOnTheWire {
  const ours = exchangesOf(steps, 'out');
  const theirs = exchangesOf(steps, 'in');
  const registers = ours.filter(({ message }) => message.method === 'REGISTER');
  const answers = steps.flatMap((step) => (step.direction === 'in' && step.message.kind === 'response' ? [{ ...step, message: step.message }] : []));
  const challenges = answers
    .filter(({ message }) => message.status === 401 || message.status === 407)
    .flatMap(({ message }) => challengesOf(message));
  const movedAt = movedIn(answers);
  const granted = registers.findLast(({ answer }) => answer && isSuccess(answer.status));
  return {
    registers: registers.map(registerOf).toReversed(),
    servers: registers.flatMap(({ message }) => parseUri(message.uri)?.user || []),
    ...present({
      realm: challenges.at(-1)?.parameters.get('realm'),
      version: registers.flatMap(({ answer }) => textIn(answer, 'X-GB-Ver') ?? []).at(-1),
      granted: granted?.answer && grantedExpires(granted.answer),
      ahead: answers.flatMap(({ message, at }) => aheadOf(message, at)).at(-1),
      us: answers.flatMap(({ message }) => usIn(message)).at(-1),
      rewritten: granted && rewrittenOf(granted),
      charset: theirs.map(({ message }) => declaredCharset(message.body)).findLast((name) => name !== undefined),
    }),
    algorithms: [...new Set(challenges.map(({ parameters }) => parameters.get('algorithm') ?? 'MD5'))],
    schemes: [...new Set(challenges.map(({ scheme }) => scheme))],
    usOverUdp: changesIn(answers.filter(({ transport }) => transport === 'UDP').flatMap(({ message }) => usIn(message))),
    otherContacts: granted ? othersOf(granted) : [],
    callers: theirs.flatMap(({ message, at, remote: { address } }) => {
      const user = parseUri(fromOf(message)?.uri ?? '')?.user;
      return user === undefined ? [] : [{ user, address, ...(at < movedAt ? { before: true } : {}) }];
    }),
    called: theirs.flatMap(({ message }) => parseUri(toOf(message)?.uri ?? '')?.user ?? []),
    asked: theirs.flatMap(askedIn),
    told: ours.flatMap((exchange) => toldIn(exchange, now)),
    alarmResults: theirs.flatMap(({ message }) => (aboutOf(message.body) === 'Response Alarm' ? resultIn(message) : [])),
    refusedByUs: theirs.flatMap((exchange) => refusalOf(exchange, now)),
    views: viewsIn(theirs, now),
  };
}

/** Repetitions of a request are one request; each with its final answer. */
function exchangesOf(steps: readonly LadderStep[], by: 'in' | 'out'): readonly Exchange[] {
  const keyOf = (message: SipMessage) => `${callIdOf(message)} ${cseqOf(message)?.number} ${cseqOf(message)?.method}`;
  // Of an answer that comes again the first one counts.
  const answers = new Map(
    steps
      .toReversed()
      .flatMap(({ direction, message, at }) =>
        direction !== by && message.kind === 'response' && isFinal(message.status) ? [[keyOf(message), { answer: message, answeredAt: at }]] : [],
      ),
  );
  const exchanges = new Map<string, Exchange>();
  for (const step of steps) {
    const { message } = step;
    if (step.direction !== by || message.kind !== 'request') continue;
    const key = keyOf(message);
    const before = exchanges.get(key);
    exchanges.set(key, { ...step, ...answers.get(key), message, at: before?.at ?? step.at, times: (before?.times ?? 0) + 1 });
  }
  return [...exchanges.values()];
}

function registerOf(exchange: Exchange): SeenRegister {
  const { message, answer, bodyBytes } = exchange;
  const signed = headersOf(message, 'Authorization').length > 0 || headersOf(message, 'Proxy-Authorization').length > 0;
  return {
    ...{ signed, status: answer?.status, bytes: headBytes(message) + bodyBytes },
    ...(answer && challengesOf(answer).some(({ parameters }) => parameters.get('stale')?.toLowerCase() === 'true') ? { stale: true } : {}),
    ...present({ said: answer && saidBy(answer), took: tookOf(exchange) }),
  };
}

/** Phrases that every stack writes say nothing. */
function saidBy(answer: SipResponse): string | undefined {
  if (isSuccess(answer.status)) return undefined;
  const body = /text|json/i.test(headerOf(answer, 'Content-Type') ?? '') ? Buffer.from(answer.body).toString('utf8') : undefined;
  const parts = [
    tellingPhrase(answer.status, textOf(answer.reason)),
    ...['Warning', 'Reason', 'Error-Info'].map((name) => textIn(answer, name)),
    body,
  ];
  const said = parts
    .filter((part) => part !== undefined && part.trim() !== '')
    .join(' ')
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  return said === '' ? undefined : said.slice(0, 120);
}

function toldIn(exchange: Exchange, now: number): readonly SeenTold[] {
  const { message, answer, bodyBytes, at, times } = exchange;
  if (message.method !== 'MESSAGE' && message.method !== 'NOTIFY') return [];
  return [
    {
      bytes: headBytes(message) + bodyBytes,
      chinese: message.body.some((byte) => byte >= 0x80),
      status: answer?.status,
      age: (now - at) as Millis,
      what: aboutOf(message.body)?.split(' ')[1] ?? '?',
      times,
      ...(message.method === 'NOTIFY' ? { notify: true } : {}),
      ...present({ sn: snOf(message), took: tookOf(exchange) }),
    },
  ];
}

const tookOf = ({ at, answeredAt }: Exchange) => (answeredAt === undefined ? undefined : ((answeredAt - at) as Millis));

function askedIn({ message }: Exchange): SeenOnTheWire['asked'] {
  const what = aboutOf(message.body);
  if (what === undefined || (message.method !== 'MESSAGE' && message.method !== 'SUBSCRIBE')) return [];
  const text = latin(message);
  return [
    {
      ...{ what, subscribes: message.method === 'SUBSCRIBE' },
      ...present({
        code: /<DeviceID>\s*(\d{1,20})/i.exec(text)?.[1],
        order: /<(PTZCmd|GuardCmd|AlarmCmd|TeleBoot|HomePosition)>/.exec(text)?.[1],
      }),
    },
  ];
}

function resultIn(message: SipRequest): SeenOnTheWire['alarmResults'] {
  const sn = snOf(message);
  const result = /<Result>\s*(\w{1,20})/i.exec(latin(message))?.[1];
  return sn === undefined || result === undefined ? [] : [{ sn, result: result.toUpperCase() }];
}

function refusalOf({ message, answer, remote, at }: Exchange, now: number): SeenOnTheWire['refusedByUs'] {
  if (!answer || answer.status < 400) return [];
  const media = /^c=IN IP[46] (\S+)/m.exec(latin(message))?.[1] ?? '?';
  const code = parseUri(message.uri)?.user;
  const told = { method: message.method, status: answer.status, reason: textOf(answer.reason), age: (now - at) as Millis };
  return [{ ...told, media, from: remote.address, ...(code ? { code } : {}) }];
}

function viewsIn(theirs: readonly Exchange[], now: number): SeenOnTheWire['views'] {
  const ends = new Map(theirs.flatMap(({ message, at }) => (message.method === 'BYE' ? [[callIdOf(message), at] as const] : [])));
  return theirs.flatMap(({ message, answer, answeredAt }) => {
    if (message.method !== 'INVITE' || !answer || !isSuccess(answer.status) || answeredAt === undefined) return [];
    const end = ends.get(callIdOf(message));
    const code = parseUri(message.uri)?.user ?? '?';
    return [{ code, age: (now - answeredAt) as Millis, ...(end === undefined ? {} : { lasted: (end - answeredAt) as Millis }) }];
  });
}

/** Via and Contact come back as they went, unless somebody on the way has a hand in them; a platform may name the address that it saw. */
function rewrittenOf({ message, answer }: Exchange): SeenOnTheWire['rewritten'] {
  if (!answer) return undefined;
  const [sent, back] = [topViaOf(message), topViaOf(answer)];
  if (sent && back && (sent.host !== back.host || (sent.port ?? 5_060) !== (back.port ?? 5_060)))
    return { header: 'Via', ours: hostPort(sent.host, sent.port), theirs: hostPort(back.host, back.port) };
  const [ours] = placesIn(message);
  const places = placesIn(answer);
  const [theirs] = places;
  if (ours === undefined || theirs === undefined || places.includes(ours) || usIn(answer).some((us) => places.includes(us))) return undefined;
  return { header: 'Contact', ours, theirs };
}

function othersOf({ message, answer }: Exchange): readonly string[] {
  const ours = placesIn(message);
  const places = answer ? placesIn(answer) : [];
  return places.some((place) => ours.includes(place)) ? places.filter((place) => !ours.includes(place)) : [];
}

const placesIn = (message: SipMessage): readonly string[] =>
  contactsOf(message).flatMap(({ uri }) => {
    const place = parseUri(uri);
    return place ? [hostPort(place.host, place.port ?? 5_060)] : [];
  });

function usIn(answer: SipResponse): readonly string[] {
  const us = seenAs(answer);
  return us ? [hostPort(us.address, us.port)] : [];
}

/** When it first saw us at the address of now, after another; ports may change. */
function movedIn(answers: readonly { readonly message: SipResponse; readonly at: number }[]): number {
  const seen = answers.flatMap(({ message, at }) => {
    const us = seenAs(message);
    return us ? [{ at, address: us.address }] : [];
  });
  const now = seen.at(-1)?.address;
  const other = seen.findLastIndex(({ address }) => address !== now);
  return (other === -1 ? undefined : seen[other + 1]?.at) ?? Number.NEGATIVE_INFINITY;
}

function aheadOf(answer: SipResponse, at: number): readonly Millis[] {
  const date = parseDate(headerOf(answer, 'Date') ?? '');
  return date === undefined ? [] : [(date - at) as Millis];
}

const challengesOf = (answer: SipResponse) =>
  parseChallenges([...headersOf(answer, 'WWW-Authenticate'), ...headersOf(answer, 'Proxy-Authenticate')].map(textOf));
const latin = (message: SipMessage): string => Buffer.from(message.body).toString('latin1');
const changesIn = (values: readonly string[]) => values.filter((value, index) => value !== values[index - 1]);

function snOf(message: SipMessage): number | undefined {
  const sn = /<SN>\s*(\d{1,10})/i.exec(latin(message))?.[1];
  return sn === undefined ? undefined : Number(sn);
}

function textIn(message: SipMessage | undefined, name: string): string | undefined {
  const value = message && headerOf(message, name);
  return value === undefined ? undefined : textOf(value).slice(0, name === 'X-GB-Ver' ? 20 : 200);
}

/** As it went: each line ends with two bytes, and an empty one is the last. */
function headBytes(message: SipMessage): number {
  const start = message.kind === 'request' ? message.method.length + message.uri.length + 9 : 0;
  return message.headers.reduce((sum, { name, value }) => sum + name.length + value.length + 4, start + 4);
}

type Present<T> = { [Key in keyof T]?: NonNullable<T[Key]> };

/** Without what is not there. */
function present<T extends object>(values: T): Present<T> {
  const found: Present<T> = {};
  for (const key in values) {
    const value = values[key];
    if (value !== undefined && value !== null) found[key] = value;
  }
  return found;
}

/**
 * The last messages between us and one platform, for people: bounded, and with everything masked that signs or is secret. Registrations, keepalives and
 * what the platform asks have rings of their own, so that a flood of one kind never pushes out what explains the others.
 */
import type { Instant } from '../../../gateway/domain/time.ts';
import { aboutOf } from '../../protocols/manscdp/about.ts';
import { decodeManscdp } from '../../protocols/manscdp/charset.ts';
import type { SipPassage } from '../../protocols/sip/endpoint.ts';
import { callIdOf, cseqOf } from '../../protocols/sip/fields.ts';
import { type SipMessage, textOf } from '../../protocols/sip/message.ts';
import { hostPort } from '../../protocols/sip/uri.ts';

export interface LadderStep extends SipPassage {
  readonly at: Instant;
  /** Of the body as it went; the one in `message` may be cut. */
  readonly bodyBytes: number;
}

type Kind = 'registrations' | 'keepalives' | 'theirs' | 'others';
/** Messages of each kind, answers among them. */
const most: Readonly<Record<Kind, number>> = { registrations: 40, keepalives: 60, theirs: 60, others: 120 };
/** Bytes of a body that are kept; and of headers, of which a real message has 600, all together and each. */
const mostBody = 2_048;
const mostHead = 4_096;
const mostValue = 200;

export class Ladder {
  readonly #rings: Readonly<Record<Kind, { readonly order: number; readonly step: LadderStep }[]>> = {
    ...{ registrations: [], keepalives: [], theirs: [], others: [] },
  };
  /** Call-IDs of keepalives that may still be answered. */
  readonly #keepalives = new Set<string>();
  #count = 0;
  #forgotTheirs = false;

  record(passage: SipPassage, at: Instant): void {
    const { message } = passage;
    const kind = this.#kindOf(passage);
    const ring = this.#rings[kind];
    this.#count += 1;
    ring.push({ order: this.#count, step: { ...passage, message: keptOf(message), at, bodyBytes: message.body.length } });
    if (ring.length <= most[kind]) return;
    ring.shift();
    this.#forgotTheirs ||= kind === 'theirs';
  }

  /** In the order in which they passed. */
  get steps(): readonly LadderStep[] {
    return Object.values(this.#rings)
      .flat()
      .sort((one, other) => one.order - other.order)
      .map(({ step }) => step);
  }

  /** Everything that the platform has asked is still here: what is not, was never asked. */
  get hasAllTheirs(): boolean {
    return !this.#forgotTheirs;
  }

  #kindOf({ message, direction }: SipPassage): Kind {
    // Ours and their answers: nobody else's push them out.
    if ((direction === 'out') !== (message.kind === 'request')) return 'theirs';
    const method = cseqOf(message)?.method;
    if (method === 'REGISTER') return 'registrations';
    if (method !== 'MESSAGE') return 'others';
    const call = callIdOf(message);
    if (message.kind === 'response') return this.#keepalives.has(call) ? 'keepalives' : 'others';
    if (aboutOf(message.body) !== 'Notify Keepalive') return 'others';
    this.#keepalives.add(call);
    const [oldest] = this.#keepalives;
    if (this.#keepalives.size > most.keepalives && oldest !== undefined) this.#keepalives.delete(oldest);
    return 'keepalives';
  }
}

/** What is cut is a copy: a slice would hold the whole that it was cut from. */
function keptOf(message: SipMessage): SipMessage {
  const { body, headers } = message;
  const head = headers.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
  return {
    ...message,
    ...('uri' in message && message.uri.length > mostValue ? { uri: cut(message.uri) } : {}),
    ...(body.length > mostBody ? { body: Uint8Array.from(body.subarray(0, mostBody)) } : {}),
    ...(head > mostHead
      ? { headers: headers.slice(0, mostHead / mostValue).map(({ name, value }) => ({ name: cut(name), value: cut(value) })) }
      : {}),
  };
}

const cut = (text: string) => Buffer.from(text.slice(0, mostValue), 'latin1').toString('latin1');

/** One step as people read it: an arrow line, then the message with secrets masked. */
export function drawStep({ at, direction, transport, remote, message, bodyBytes }: LadderStep): string {
  const arrow = direction === 'out' ? '→' : '←';
  const head = `${new Date(at).toISOString()} ${arrow} ${transport} ${hostPort(remote.address, remote.port)}`;
  const start =
    message.kind === 'request'
      ? [message.method, aboutOf(message.body), message.uri].filter(Boolean).join(' ')
      : `${message.status} ${textOf(message.reason)} (${cseqOf(message)?.method ?? '?'})`;
  const headers = message.headers.map(({ name, value }) => `  ${name}: ${masked(name, textOf(value))}`);
  const body =
    bodyBytes === 0
      ? []
      : [
          '',
          ...bodyText(message)
            .split(/\r?\n/)
            .map((line) => `  ${line}`),
        ];
  return [`${head} ${start}`, ...headers, ...body, ...(bodyBytes > message.body.length ? [`  … ${bodyBytes} bytes in all`] : [])]
    .join('\n')
    .trimEnd();
}

function bodyText(message: SipMessage): string {
  return decodeManscdp(message.body).replace(/(<[^<>/]*(?:password|passwd|pwd|secret|token)[^<>]*>)[^<]*/gi, '$1***');
}

/** What a signature is made of would let others guess the password at leisure. */
function masked(name: string, value: string): string {
  if (!/^(proxy-)?authorization$|^(www|proxy)-authenticate$|^note$|^authentication-info$/i.test(name)) return value;
  return value.replace(/\b(response|nonce|cnonce|opaque|nextnonce|rspauth)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]+)/gi, '$1="***"');
}

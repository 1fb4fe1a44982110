/**
 * The last messages between us and one platform, for people: bounded, and with everything masked that signs or is secret. Registrations have a ring of
 * their own, so that a flood of catalogue messages never pushes out why we are refused.
 */
import type { Instant } from '../../../gateway/domain/time.ts';
import { aboutOf } from '../../protocols/manscdp/about.ts';
import { decodeManscdp } from '../../protocols/manscdp/charset.ts';
import type { SipPassage } from '../../protocols/sip/endpoint.ts';
import { cseqOf } from '../../protocols/sip/fields.ts';
import { type SipMessage, textOf } from '../../protocols/sip/message.ts';
import { hostPort } from '../../protocols/sip/uri.ts';

export interface LadderStep extends SipPassage {
  readonly at: Instant;
  /** Of the body as it went; the one in `message` may be cut. */
  readonly bodyBytes: number;
}

const mostRegistrations = 40;
const mostOthers = 160;
/** Bytes of a body that are kept; and of headers, of which a real message has 600, all together and each. */
const mostBody = 2_048;
const mostHead = 4_096;
const mostValue = 200;

export class Ladder {
  readonly #registrations: LadderStep[] = [];
  readonly #others: LadderStep[] = [];

  record(passage: SipPassage, at: Instant): void {
    const { message } = passage;
    const bodyBytes = message.body.length;
    const kept = keptOf(message);
    // Ours and their answers: nobody else's push them out.
    const ours = (passage.direction === 'out') === (message.kind === 'request');
    const register = ours && cseqOf(message)?.method === 'REGISTER';
    const ring = register ? this.#registrations : this.#others;
    ring.push({ ...passage, message: kept, at, bodyBytes });
    if (ring.length > (register ? mostRegistrations : mostOthers)) ring.shift();
  }

  /** In order of time. */
  get steps(): readonly LadderStep[] {
    return [...this.#registrations, ...this.#others].sort((one, other) => one.at - other.at);
  }
}

/** What is cut is a copy: a slice would hold the whole that it was cut from. */
function keptOf(message: SipMessage): SipMessage {
  const { body, headers } = message;
  const head = headers.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
  return {
    ...message,
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

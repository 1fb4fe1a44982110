/**
 * SOAP calls to one device, signed in the way it wants: without credentials first, then HTTP Digest, then WS-UsernameToken; what worked is remembered.
 * A device with a wrong password sees at most two requests that carry credentials, mostly one (onvif-rtsp §1.4).
 */
import { ProtocolError } from '../protocol-error.ts';
import type { XmlElement } from '../xml.ts';
import type { DeviceHttp, DeviceReply } from './device-http.ts';
import { type Addressing, readEnvelope, type SoapFault, type SoapReply, writeEnvelope } from './envelope.ts';
import { DeviceFailure } from './failure.ts';

export interface SoapCall {
  readonly url: URL;
  /** For sentences: `GetProfiles`. Its answer must hold `<operation>Response`. */
  readonly operation: string;
  readonly body: string;
  readonly namespaces: readonly string[];
  readonly action?: string;
  readonly addressing?: Addressing;
  /** False: never sends credentials. */
  readonly signed?: boolean;
  /** How much longer than usual the device may take, ms: it was asked to wait. */
  readonly patience?: number;
}

export interface SoapAnswer {
  /** The `…Response` element. */
  readonly answer: XmlElement;
  /** The whole reply as it came. */
  readonly bytes: Uint8Array;
}

/** A reply with its envelope, where it holds one. */
interface Heard {
  readonly reply: DeviceReply;
  readonly envelope: SoapReply | undefined;
}

/** Reads the device's clock anew; true where the offset has changed so much that a refused token may have failed for it. */
export type Resync = (signal: AbortSignal) => Promise<boolean>;

const largestReply = 2 * 1024 * 1024;
const mostCredentialed = 2;
const authenticationFaults = new Set([
  'NotAuthorized',
  'FailedAuthentication',
  'InvalidSecurity',
  'InvalidSecurityToken',
  'FailedCheck',
  'UnsupportedSecurityToken',
  'SecurityTokenUnavailable',
  'Authentication',
  'Unauthorized',
]);

export class SoapClient {
  readonly #http: DeviceHttp;
  #method: 'open' | 'digest' | 'token' = 'open';
  /** Device clock minus ours, ms: tokens carry the device's time. */
  clockOffset = 0;
  resync: Resync | undefined;

  constructor(http: DeviceHttp) {
    this.#http = http;
  }

  /** How the device was last signed in to; `open`: it never asked. */
  get method(): 'open' | 'digest' | 'token' {
    return this.#method;
  }

  /** The `…Response` element. Throws DeviceFailure. */
  async call(call: SoapCall, signal: AbortSignal): Promise<XmlElement> {
    return (await this.exchange(call, signal)).answer;
  }

  /** Throws DeviceFailure. */
  async exchange(call: SoapCall, signal: AbortSignal): Promise<SoapAnswer> {
    if (call.signed === false) return this.#read(call, await this.#send(call, 'open', signal));
    if (this.#method === 'token') return this.#callWithToken(call, true, signal);
    const before = this.#http.credentialed;
    const heard = await this.#send(call, 'digest', signal);
    const used = this.#http.credentialed - before;
    if (!this.#refused(heard)) {
      if (used > 0) this.#method = 'digest';
      return this.#read(call, heard);
    }
    if (!this.#http.credentials) throw new DeviceFailure('credentials', 'asks for a user name and password, and none is set.');
    // A device that took Digest before refuses the operation, not the way to sign in.
    if (this.#method === 'digest' || used >= mostCredentialed) throw refusal(call);
    return this.#callWithToken(call, false, signal);
  }

  async #callWithToken(call: SoapCall, known: boolean, signal: AbortSignal): Promise<SoapAnswer> {
    let heard = await this.#send(call, 'token', signal);
    // A token that used to be good fails when the device's clock was set; the second one is the last.
    if (known && this.#refused(heard) && (await this.resync?.(signal))) heard = await this.#send(call, 'token', signal);
    if (this.#refused(heard)) throw refusal(call);
    this.#method = 'token';
    return this.#read(call, heard);
  }

  async #send(call: SoapCall, way: 'open' | 'digest' | 'token', signal: AbortSignal): Promise<Heard> {
    const { credentials, timers } = this.#http;
    const token = way === 'token' && credentials ? { ...credentials, created: timers.now() + this.clockOffset } : undefined;
    const action = call.action === undefined ? '' : `; action="${call.action}"`;
    const order = {
      url: call.url,
      headers: { 'content-type': `application/soap+xml; charset=utf-8${action}`, accept: 'application/soap+xml, text/xml' },
      body: writeEnvelope({ body: call.body, namespaces: call.namespaces, token, addressing: call.addressing }),
      most: largestReply,
      credentialed: token !== undefined,
      ...(call.patience === undefined ? {} : { patience: call.patience }),
    } as const;
    const reply = way === 'digest' ? await this.#http.ask(order, signal) : await this.#http.exchange(order, signal);
    return { reply, envelope: reply.status >= 300 && reply.status < 400 ? undefined : this.#envelope(call, reply) };
  }

  /** Whether it wants (other) credentials. */
  #refused({ reply, envelope }: Heard): boolean {
    return reply.status === 401 || reply.status === 403 || (envelope?.fault !== undefined && isAuthenticationFault(envelope.fault));
  }

  #read(call: SoapCall, { reply, envelope }: Heard): SoapAnswer {
    const { status } = reply;
    if (status >= 300 && status < 400) throw redirected(call, reply);
    if (envelope?.fault) {
      const { codes, reason } = envelope.fault;
      const said = `${codes.join('/')}${reason ? ` ${JSON.stringify(reason)}` : ''}`;
      const kind = isAuthenticationFault(envelope.fault) ? 'credentials' : 'fault';
      throw new DeviceFailure(kind, `answered ${call.operation} with a fault: ${said}.`, { subcodes: codes });
    }
    if (status === 401 || status === 403) throw refusal(call);
    if (status < 200 || status >= 300) throw new DeviceFailure('reply', `answered ${call.operation} with HTTP ${status}.`);
    const wanted = `${call.operation}Response`;
    const answer = envelope?.body.children.find((child) => child.name === wanted);
    if (answer) return { answer, bytes: reply.body };
    const got = envelope ? (envelope.body.children[0]?.name.slice(0, 60) ?? 'an empty Body') : 'no SOAP envelope';
    throw new DeviceFailure('reply', `answered ${call.operation} with ${got} instead of ${wanted}.`);
  }

  /** Throws DeviceFailure for a success that cannot be read; an error page in HTML is no envelope. */
  #envelope(call: SoapCall, reply: DeviceReply): SoapReply | undefined {
    try {
      return readEnvelope(reply.body, /charset="?([\w-]{1,40})/i.exec(reply.contentType)?.[1]);
    } catch (error) {
      if (reply.status >= 400) return undefined;
      const why = error instanceof ProtocolError ? error.message : String(error);
      throw new DeviceFailure('reply', `answered ${call.operation} with something that cannot be read: ${why}`, { cause: error });
    }
  }
}

function isAuthenticationFault({ codes, reason }: SoapFault): boolean {
  return codes.some((code) => authenticationFaults.has(code)) || /not authori[sz]ed|unauthori[sz]ed|authentication fail|account.*lock/i.test(reason);
}

function refusal(call: SoapCall): DeviceFailure {
  return new DeviceFailure('credentials', `refused the user name or password (${call.operation}).`);
}

function redirected(call: SoapCall, reply: DeviceReply): DeviceFailure {
  const { location } = reply;
  const target = location !== undefined && URL.canParse(location, call.url.href) ? new URL(location, call.url) : undefined;
  if (target?.hostname === call.url.hostname && target.protocol === 'https:' && call.url.protocol === 'http:') {
    return new DeviceFailure('reply', `redirected ${call.operation} to https://: enter the camera with its https:// address.`);
  }
  if (target && target.host !== call.url.host) {
    return new DeviceFailure('forbidden-host', `redirected ${call.operation} to another host (${target.host.slice(0, 80)}), which is not followed.`);
  }
  return new DeviceFailure('reply', `answered ${call.operation} with a redirect (HTTP ${reply.status}).`);
}

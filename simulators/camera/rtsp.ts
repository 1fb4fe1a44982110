/** The camera's RTSP door (RFC 2326): interleaved TCP only, Digest, sessions that end when nobody asks after them. */
import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { DigestDoor } from '../../adapters/protocols/digest.ts';
import { type HeadersToWrite, headerOf, type RtspMessage, type RtspRequest, writeResponse } from '../../adapters/protocols/rtsp/message.ts';
import { RtspScanner } from '../../adapters/protocols/rtsp/scanner.ts';
import type { Endpoint } from '../../gateway/domain/media.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import { type Listener, listenerFor } from '../platform/listener.ts';
import { type Faults, sendCrooked, sendsCrooked } from './faults.ts';
import type { Lockout } from './lockout.ts';
import type { CameraStream } from './stream.ts';
import { describe } from './stream-sdp.ts';

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

export interface RtspDoorOptions {
  readonly listen: Endpoint;
  /** By path: `main`, `sub`. */
  readonly streams: ReadonlyMap<string, CameraStream>;
  /** Undefined: open to everybody. */
  readonly digest: DigestDoor | undefined;
  readonly passwordOf: (username: string) => string | undefined;
  readonly faults: Faults;
  readonly lockout: Lockout;
  readonly sessionTimeout: Millis;
  readonly clock: Clock;
}

export interface RtspDoor {
  readonly listener: Listener;
  readonly counters: Readonly<RtspCounters>;
  /** Ends sessions that have expired, until aborted. */
  run(signal: AbortSignal): Promise<void>;
}

const methods = 'OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN';
/** What a connection may owe at most: several GOPs of any profile. */
const mostOwed = 4 * 1024 * 1024;

export function openRtspDoor(options: RtspDoorOptions): RtspDoor {
  const counters: RtspCounters = { connections: 0, requests: 0, credentialed: 0, refused: 0, plays: 0, expired: 0, tooSlow: 0 };
  const visitors = new Set<Visitor>();
  const life = new AbortController();
  const server = createServer({ noDelay: true }, (socket) => {
    counters.connections += 1;
    const visitor = new Visitor(socket, options, counters, life.signal);
    visitors.add(visitor);
    socket.once('close', () => visitors.delete(visitor));
  });
  return {
    listener: listenerFor(server, options.listen),
    counters,
    run: async (signal) => {
      while (!signal.aborted) {
        await options.clock.sleep(seconds(1), signal).catch(() => undefined); // aborted: the loop ends
        for (const visitor of visitors) visitor.sweep();
      }
      life.abort();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers?: HeadersToWrite;
  readonly body?: string;
  readonly afterwards?: () => void;
}

class Visitor {
  readonly #socket: Socket;
  readonly #options: RtspDoorOptions;
  readonly #counters: RtspCounters;
  readonly #signal: AbortSignal;
  readonly #session = randomBytes(8).toString('hex').toUpperCase();
  #set: { readonly stream: CameraStream; readonly rtp: number; readonly rtcp: number } | undefined;
  #reading: Disposable | undefined;
  #aliveAt: number;

  constructor(socket: Socket, options: RtspDoorOptions, counters: RtspCounters, signal: AbortSignal) {
    this.#socket = socket;
    this.#options = options;
    this.#counters = counters;
    this.#signal = signal;
    this.#aliveAt = options.clock.monotonic();
    const scanner = new RtspScanner(
      {
        message: (message) => this.#take(message),
        // ONVIF Streaming §5.2.2.1.1: receiver reports keep a session as well as requests do.
        frame: () => this.#live(),
      },
      { head: 8 * 1024, body: 4 * 1024 },
    );
    socket.on('data', (chunk: Buffer) => {
      try {
        scanner.push(chunk);
      } catch {
        socket.destroy(); // not RTSP: nothing can be answered
      }
    });
    socket.once('close', () => this.#leave());
  }

  sweep(): void {
    if (this.#options.clock.monotonic() - this.#aliveAt <= this.#options.sessionTimeout) return;
    if (this.#set) this.#counters.expired += 1;
    this.#socket.destroy();
  }

  #live(): void {
    this.#aliveAt = this.#options.clock.monotonic();
  }

  #leave(): void {
    this.#reading?.[Symbol.dispose]();
    this.#reading = undefined;
  }

  #take(message: RtspMessage): void {
    if (message.kind !== 'request') return;
    this.#counters.requests += 1;
    this.#live();
    if (this.#options.faults.has('silent')) return;
    const { status, headers = {}, body, afterwards } = this.#answer(message);
    const all = { CSeq: headerOf(message, 'cseq')?.slice(0, 32) ?? '0', Server: 'Simulated camera', ...headers };
    const { faults, clock } = this.#options;
    if (body !== undefined && sendsCrooked(faults)) {
      const head = (length: number) => writeResponse({ status, headers: { ...all, 'Content-Length': length } }).toString('latin1');
      void sendCrooked(this.#socket, { head, body: Buffer.from(body) }, faults, { clock, signal: this.#signal });
      return;
    }
    this.#socket.write(writeResponse({ status, headers: all, ...(body === undefined ? {} : { body }) }));
    afterwards?.();
  }

  #answer(request: RtspRequest): Answer {
    // As most cameras have it: what methods there are is no secret.
    if (request.method === 'OPTIONS') return { status: 200, headers: { Public: methods, ...this.#sessionNamed(request) } };
    const refusal = this.#refusal(request);
    if (refusal) return refusal;
    switch (request.method) {
      case 'DESCRIBE':
        return this.#describe(request);
      case 'SETUP':
        return this.#setUp(request);
      case 'PLAY':
        return this.#inSession(request, () => this.#play());
      case 'GET_PARAMETER':
        return this.#inSession(request, () => ({ status: 200, headers: { Session: this.#session } }));
      case 'TEARDOWN':
        return this.#inSession(request, () => ({ status: 200, afterwards: () => this.#tearDown() }));
      default:
        return { status: 501, headers: { Public: methods } };
    }
  }

  #refusal(request: RtspRequest): Answer | undefined {
    const { digest, passwordOf, faults, lockout } = this.#options;
    const authorization = headerOf(request, 'authorization');
    if (authorization !== undefined) this.#counters.credentialed += 1;
    if (!digest) return undefined;
    const right = faults.has('wrong-password') || faults.has('stream-password') || lockout.locked ? () => undefined : passwordOf;
    const proof = digest.verify(authorization, request.method, right);
    const welcome = proof !== undefined && proof !== 'stale' && proof.uri === request.uri;
    if (authorization !== undefined && proof !== 'stale') lockout.saw(welcome);
    if (welcome) return undefined;
    if (authorization !== undefined && proof !== 'stale') this.#counters.refused += 1;
    return { status: 401, headers: { 'WWW-Authenticate': digest.challenge(proof === 'stale') } };
  }

  #describe(request: RtspRequest): Answer {
    const stream = this.#streamAt(request.uri);
    if (!stream) return { status: 404 };
    const base = `${request.uri.replace(/\?.*$/, '').replace(/\/+$/, '')}/`;
    return { status: 200, headers: { 'Content-Type': 'application/sdp', 'Content-Base': base }, body: describe(stream.recording) };
  }

  #setUp(request: RtspRequest): Answer {
    if (this.#reading) return { status: 455 };
    const stream = this.#streamAt(request.uri);
    if (!stream) return { status: 404 };
    const channels = channelsOf(headerOf(request, 'transport') ?? '');
    // Over UDP nothing is sent: 461 makes every player ask again for TCP.
    if (!channels) return { status: 461 };
    this.#set = { stream, ...channels };
    const ssrc = stream.ssrc.toString(16).toUpperCase().padStart(8, '0');
    return {
      status: 200,
      headers: {
        Transport: `RTP/AVP/TCP;unicast;interleaved=${channels.rtp}-${channels.rtcp};ssrc=${ssrc};mode="PLAY"`,
        Session: `${this.#session};timeout=${Math.round(this.#options.sessionTimeout / 1_000)}`,
      },
    };
  }

  #inSession(request: RtspRequest, answer: () => Answer): Answer {
    const named = headerOf(request, 'session')?.split(';')[0]?.trim();
    if (named === undefined && request.method === 'GET_PARAMETER') return { status: 200 };
    return this.#set && named === this.#session ? answer() : { status: 454 };
  }

  #sessionNamed(request: RtspRequest): HeadersToWrite {
    return this.#set && headerOf(request, 'session') !== undefined ? { Session: this.#session } : {};
  }

  #play(): Answer {
    return { status: 200, headers: { Session: this.#session, Range: 'npt=now-' }, afterwards: () => this.#start() };
  }

  #start(): void {
    if (this.#reading || !this.#set) return;
    this.#counters.plays += 1;
    const { stream, rtp, rtcp } = this.#set;
    const socket = this.#socket;
    this.#reading = stream.join({
      rtp,
      rtcp,
      send: (bytes) => {
        if (this.#options.faults.has('silent')) return;
        if (socket.writableLength > mostOwed) {
          this.#counters.tooSlow += 1;
          this.#leave();
          socket.destroy();
        } else socket.write(bytes);
      },
    });
  }

  #tearDown(): void {
    this.#leave();
    this.#set = undefined;
  }

  /** `rtsp://anything/<path>[/trackID=1]`: the host is whatever the other side calls us. */
  #streamAt(uri: string): CameraStream | undefined {
    const path = /^rtsp:\/\/[^/]+\/([a-z]+)(?:\/(?:trackID=1)?)?(?:\?.*)?$/.exec(uri)?.[1];
    return path === undefined ? undefined : this.#options.streams.get(path);
  }
}

function channelsOf(transport: string): { readonly rtp: number; readonly rtcp: number } | undefined {
  for (const offer of transport.split(',')) {
    if (!/^\s*RTP\/AVP\/TCP\b/i.test(offer)) continue;
    const asked = /interleaved=(\d{1,3})(?:-(\d{1,3}))?/i.exec(offer);
    const rtp = Number(asked?.[1] ?? 0);
    const rtcp = Number(asked?.[2] ?? rtp + 1);
    if (rtp <= 255 && rtcp <= 255 && rtp !== rtcp) return { rtp, rtcp };
  }
  return undefined;
}

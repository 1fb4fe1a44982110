/** One RTSP connection of a viewer (RFC 2326 §10): who it is, what it asks, what it is sent. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { isGatewayError } from '../../gateway/domain/errors.ts';
import { channelId } from '../../gateway/domain/ids.ts';
import type { StreamKey, TrackKind } from '../../gateway/domain/media.ts';
import { type MediaHub, trackChannels, type Watch } from '../../gateway/domain/media-ports.ts';
import type { Clock, Logger } from '../../gateway/domain/ports.ts';
import { Allowance } from '../../gateway/runtime/allowance.ts';
import type { DigestDoor } from '../protocols/digest.ts';
import { type HeadersToWrite, headerOf, type RtspMessage, type RtspRequest, writeResponse } from '../protocols/rtsp/message.ts';
import { RtspScanner } from '../protocols/rtsp/scanner.ts';
import type { RtspServerLimits } from './rtsp-server.ts';
import { type Lanes, type Sending, TcpOutlet, udpOutlet, ViewerOutlet } from './rtsp-server-outlets.ts';
import { describeStream, parsePath } from './rtsp-server-sdp.ts';
import { chooseLane, type Lane, laneText, type TcpLane, type UdpLane } from './rtsp-server-transport.ts';
import type { Turns } from './rtsp-server-turns.ts';
import type { UdpDoor } from './rtsp-server-udp.ts';

interface ViewerContext {
  readonly hub: MediaHub;
  readonly digest: DigestDoor;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: RtspServerLimits;
  readonly turns: Turns;
  readonly keyOf: (username: string) => StreamKey | undefined;
  /** Absent: TCP only. */
  readonly udp?: UdpDoor;
}

interface Answer {
  readonly status: number;
  readonly headers?: HeadersToWrite;
  readonly body?: string;
  /** Runs once the answer is written. */
  readonly afterwards?: () => void;
}

const methods = 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER';
const sessionTimeout = 60;
/** A connection that has not shown a key by then is closed. */
const introduceWithin = 10_000;
const maxWrongAnswers = 5;
const maxQueued = 16;

export class RtspViewer {
  readonly address: string;
  readonly #socket: Socket;
  readonly #context: ViewerContext;
  readonly #life = new AbortController();
  readonly #session = randomBytes(12).toString('hex');
  readonly #queue: RtspRequest[] = [];
  readonly #allowance: Allowance;
  #busy = false;
  /** Requests that were answered. */
  #answered = 0;
  #key: StreamKey | undefined;
  #wrongAnswers = 0;
  #path: { readonly channel: string; readonly profile: 'main' | 'sub' } | undefined;
  #watch: Watch | undefined;
  readonly #lanes = new Map<TrackKind, Lane>();
  /** Reports by UDP. */
  #reports: Disposable[] = [];
  #playing = false;
  readonly #cameAt: number;
  #aliveAt: number;
  #written = 0;

  constructor(socket: Socket, context: ViewerContext) {
    this.#socket = socket;
    this.#context = context;
    this.address = socket.remoteAddress ?? '';
    this.#cameAt = context.clock.monotonic();
    this.#aliveAt = this.#cameAt;
    this.#allowance = new Allowance(context.clock, context.limits.requestsPerSecond);
    // Receiver reports and other frames of the viewer are proof of life and nothing else.
    const scanner = new RtspScanner({ message: (message) => this.#take(message), frame: () => undefined }, { head: 8 * 1024, body: 4 * 1024 });
    socket.on('data', (chunk) => {
      this.#aliveAt = context.clock.monotonic();
      try {
        scanner.push(chunk);
      } catch (error) {
        this.close(error instanceof Error ? error.message : 'not RTSP');
      }
    });
    socket.on('error', () => undefined); // 'close' follows and says all that matters.
    socket.on('close', () => this.#leave());
  }

  /** The set of keys has changed: is this viewer still welcome? */
  recheck(): void {
    if (!this.#key) return;
    const now = this.#context.keyOf(this.#key.username);
    const welcome = now?.password === this.#key.password && (!this.#path || opens(now, this.#path.channel));
    if (welcome) this.#key = now;
    else this.close('key revoked');
  }

  /** Called every second. */
  sweep(): void {
    const now = this.#context.clock.monotonic();
    // Bytes that the other side takes are as good a sign of life as bytes that it sends; the hub closes whoever takes none.
    const taken = this.#socket.bytesWritten - this.#socket.writableLength;
    if (this.#playing && taken !== this.#written) this.#aliveAt = now;
    this.#written = taken;
    if (this.#key ? now - this.#aliveAt > sessionTimeout * 1_000 : now - this.#cameAt > introduceWithin) this.close('timeout');
  }

  close(reason: string): void {
    if (!this.#socket.destroyed) this.#context.log.info('viewer closed', { from: this.address, reason, ...this.#path });
    this.#socket.destroy();
    this.#leave();
  }

  #leave(): void {
    this.#life.abort();
    this.#playing = false;
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    for (const report of this.#reports) report[Symbol.dispose]();
    this.#reports = [];
  }

  #take(message: RtspMessage): void {
    if (message.kind !== 'request') return;
    if (!this.#allowance.take() || this.#queue.length >= maxQueued) {
      this.close('too many requests');
      return;
    }
    this.#queue.push(message);
    this.#wait();
  }

  #wait(): void {
    if (this.#busy || this.#queue.length === 0 || this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#busy = true;
    this.#context.turns.take(this.#answered, () => void this.#work(this.#queue.shift()!));
  }

  async #work(request: RtspRequest): Promise<void> {
    const { status, headers = {}, body, afterwards } = await this.#answer(request);
    this.#answered += 1;
    this.#busy = false;
    if (this.#socket.destroyed) return;
    const cseq = headerOf(request, 'cseq');
    const all = { ...(cseq === undefined ? {} : { CSeq: cseq.slice(0, 32) }), Server: 'campus-gateway', ...headers };
    // The first picture goes out with the answer to PLAY, in one write; by UDP it must not overtake that.
    const together = ![...this.#lanes.values()].some(({ kind }) => kind === 'udp');
    if (together) this.#socket.cork();
    this.#socket.write(writeResponse({ status, headers: all, ...(body === undefined ? {} : { body }) }));
    afterwards?.();
    if (together) this.#socket.uncork();
    this.#wait();
  }

  async #answer(request: RtspRequest): Promise<Answer> {
    if (headerOf(request, 'cseq') === undefined) return { status: 400 };
    const refusal = this.#introduce(request);
    if (refusal) return refusal;
    switch (request.method) {
      case 'OPTIONS':
        return { status: 200, headers: { Public: methods } };
      case 'DESCRIBE':
        return this.#describe(request);
      case 'SETUP':
        return this.#setUp(request);
      case 'PLAY':
        return this.#inSession(request, () => this.#play());
      case 'TEARDOWN':
        return this.#inSession(request, () => ({ status: 200, afterwards: () => this.#hangUp() }));
      case 'GET_PARAMETER':
        return this.#inSession(request, () => ({ status: 200, headers: { Session: this.#session } }));
      default:
        return { status: 405, headers: { Allow: methods } };
    }
  }

  /** Nothing is told to anybody without a key: not even which methods there are, or which paths. */
  #introduce(request: RtspRequest): Answer | undefined {
    const authorization = headerOf(request, 'authorization');
    const proof =
      authorization === undefined
        ? undefined
        : this.#context.digest.verify(authorization, request.method, (username) => this.#context.keyOf(username)?.password);
    if (proof !== undefined && proof !== 'stale') {
      this.#key = this.#context.keyOf(proof.username);
      return undefined;
    }
    if (authorization !== undefined && proof === undefined) {
      this.#wrongAnswers += 1;
      this.#context.log.warn('viewer refused', { from: this.address });
    }
    const after = this.#wrongAnswers >= maxWrongAnswers ? { afterwards: () => this.#hangUp() } : {};
    return { status: 401, headers: { 'WWW-Authenticate': this.#context.digest.challenge(proof === 'stale') }, ...after };
  }

  async #describe(request: RtspRequest): Promise<Answer> {
    const refusal = await this.#open(request);
    if (refusal) return refusal;
    const { channel, profile } = this.#path!;
    const base = request.uri.replace(/\?.*$/, '').replace(/\/*$/, '/');
    return {
      status: 200,
      headers: { 'Content-Type': 'application/sdp', 'Content-Base': base },
      body: describeStream(this.#watch!.description, `${channel} ${profile}`),
    };
  }

  async #setUp(request: RtspRequest): Promise<Answer> {
    if (this.#playing) return { status: 455 };
    const track = parsePath(request.uri)?.track ?? 'video';
    const { udp } = this.#context;
    const lane = chooseLane(headerOf(request, 'transport'), { udp: udp !== undefined, usual: trackChannels[track] });
    // One viewer, one way: half of a stream by UDP and half by TCP is nobody's wish.
    if (!lane || [...this.#lanes].some(([other, { kind }]) => other !== track && kind !== lane.kind)) return { status: 461 };
    const refusal = await this.#open(request);
    if (refusal) return refusal;
    if (track === 'audio' && !this.#watch?.description.audio) return { status: 404 };
    this.#lanes.set(track, lane);
    return { status: 200, headers: { Transport: laneText(lane, udp), Session: `${this.#session};timeout=${sessionTimeout}` } };
  }

  /** Takes hold of the stream that the URI names. A channel that the key does not open is as unknown as one that is not there. */
  async #open(request: RtspRequest): Promise<Answer | undefined> {
    const path = parsePath(request.uri);
    if (!path || !opens(this.#key, path.channel)) return { status: 404 };
    if (this.#watch && this.#path?.channel === path.channel && this.#path.profile === path.profile) return undefined;
    if (this.#playing) return { status: 455 };
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.#lanes.clear();
    try {
      const watch = await this.#context.hub.watch(
        { channel: channelId(path.channel), profile: path.profile, purpose: this.#key?.purpose ?? 'local' },
        this.#life.signal,
      );
      if (this.#life.signal.aborted) {
        watch[Symbol.dispose]();
        return { status: 503 };
      }
      this.#watch = watch;
      this.#path = path;
      return undefined;
    } catch (error) {
      if (isGatewayError(error, 'NOT_FOUND')) return { status: 404 };
      if (isGatewayError(error, 'UPLINK_BUDGET')) return { status: 453, headers: { 'Retry-After': 20 } };
      if (!this.#life.signal.aborted) this.#context.log.info('viewer waits in vain', { from: this.address, ...path, error });
      return { status: 503, headers: { 'Retry-After': 5 } };
    }
  }

  async #inSession(request: RtspRequest, answer: () => Answer): Promise<Answer> {
    const named = headerOf(request, 'session')?.split(';')[0]?.trim();
    // Keepalives outside a session are harmless and common.
    if (named === undefined && request.method === 'GET_PARAMETER') return { status: 200 };
    return named === this.#session && this.#lanes.size > 0 ? answer() : { status: 454 };
  }

  #play(): Answer {
    const watch = this.#watch;
    if (!watch || this.#lanes.size === 0) return { status: 455 };
    return { status: 200, headers: { Session: this.#session, Range: 'npt=now-' }, afterwards: () => this.#start(watch) };
  }

  #start(watch: Watch): void {
    if (this.#playing) return;
    this.#playing = true;
    this.#context.log.info('viewer plays', { from: this.address, key: this.#key?.username, ...this.#path });
    watch.play(new ViewerOutlet(this.#sending(), (reason) => this.close(reason)));
  }

  #sending(): Sending {
    const { udp } = this.#context;
    const lanes = Object.fromEntries(this.#lanes) as Lanes<Lane>;
    if (!udp || ![...this.#lanes.values()].some(({ kind }) => kind === 'udp')) return new TcpOutlet(this.#socket, lanes as Lanes<TcpLane>);
    // A report is as good a sign of life as a request.
    const heard = () => {
      this.#aliveAt = this.#context.clock.monotonic();
    };
    const address = this.address.replace(/^::ffff:/i, udp.family === 4 ? '' : '::ffff:');
    for (const { rtcp } of this.#lanes.values()) this.#reports.push(udp.listen({ address, port: rtcp }, heard));
    return udpOutlet(udp, address, lanes as Lanes<UdpLane>, { clock: this.#context.clock, signal: this.#life.signal });
  }

  #hangUp(): void {
    this.#leave();
    this.#socket.end();
  }
}

function opens(key: StreamKey | undefined, channel: string): boolean {
  return key !== undefined && (key.channels === undefined || key.channels.some((one) => one === channel));
}

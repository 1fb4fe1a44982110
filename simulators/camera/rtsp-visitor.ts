/** One connection to the camera's RTSP door. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type HeadersToWrite, headerOf, type RtspMessage, type RtspRequest, writeResponse } from '../../adapters/protocols/rtsp/message.ts';
import { RtspScanner } from '../../adapters/protocols/rtsp/scanner.ts';
import type { UdpPorts } from '../../adapters/protocols/rtsp/udp-ports.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import { sendCrooked, sendsCrooked } from './faults.ts';
import { type Answer, refusalOf, type SignIn } from './rtsp-answer.ts';
import { controlElsewhere, crookedBase, crookedSdp, crookedSsrc, startCodesInSets } from './rtsp-faults.ts';
import { type Line, openLine } from './rtsp-lines.ts';
import type { CameraStream } from './stream.ts';
import { describe, trackIds } from './stream-sdp.ts';
import type { TrackOutlet } from './track-sender.ts';

export interface VisitorSurroundings extends SignIn {
  /** By path: `main`, `sub`. */
  readonly streams: ReadonlyMap<string, CameraStream>;
  readonly sessionTimeout: Millis;
  readonly ports: UdpPorts;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

type TrackName = keyof typeof trackIds;

const methods = 'OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN';
/** Part of the announced timeout after which an impatient camera hangs up. */
const impatience = 12;

export class RtspVisitor {
  readonly #socket: Socket;
  readonly #with: VisitorSurroundings;
  /** Numbers the connections: crooked answers take turns. */
  readonly #turn: number;
  readonly #lines = new Map<TrackName, Line>();
  #session = newSession();
  #stream: CameraStream | undefined;
  #reading: Disposable | undefined;
  #spoilt = false;
  #aliveAt: number;
  /** Requests are answered one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(socket: Socket, surroundings: VisitorSurroundings) {
    this.#socket = socket;
    this.#with = surroundings;
    this.#turn = surroundings.counters.connections;
    this.#aliveAt = surroundings.clock.monotonic();
    const scanner = new RtspScanner(
      {
        message: (message) => {
          this.#work = this.#work.then(() => this.#take(message)).catch(() => void socket.destroy()); // no port is free: it ends here
        },
        frame: () => this.#reported(),
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
    socket.once('close', () => this.#end());
  }

  sweep(): void {
    const { clock, sessionTimeout, counters } = this.#with;
    if (clock.monotonic() - this.#aliveAt <= (this.#impatient ? sessionTimeout / impatience : sessionTimeout)) return;
    if (this.#stream) counters.expired += 1;
    this.#socket.destroy();
  }

  get #impatient(): boolean {
    return this.#reading !== undefined && this.#with.faults.has('impatient-session');
  }

  #live(): void {
    this.#aliveAt = this.#with.clock.monotonic();
  }

  /** ONVIF Streaming §5.2.2.1.1: receiver reports keep a session as well as requests do. */
  #reported(): void {
    if (!this.#impatient) this.#live();
  }

  #end(): void {
    this.#reading?.[Symbol.dispose]();
    this.#reading = undefined;
    this.#stream = undefined;
    for (const line of this.#lines.values()) line.close();
    this.#lines.clear();
  }

  async #take(message: RtspMessage): Promise<void> {
    if (message.kind !== 'request') return;
    const { faults, clock, counters, signal } = this.#with;
    counters.requests += 1;
    this.#live();
    if (faults.has('silent')) return;
    if (faults.has('keepalive-unanswered') && this.#reading && (message.method === 'OPTIONS' || message.method === 'GET_PARAMETER')) return;
    const { status, headers = {}, body, afterwards } = await this.#answer(message);
    const all = { CSeq: headerOf(message, 'cseq')?.slice(0, 32) ?? '0', Server: 'Simulated camera', ...headers };
    if (body !== undefined && sendsCrooked(faults)) {
      const head = (length: number) => writeResponse({ status, headers: { ...all, 'Content-Length': length } }).toString('latin1');
      void sendCrooked(this.#socket, { head, body: Buffer.from(body) }, faults, { clock, signal });
      return;
    }
    this.#socket.write(writeResponse({ status, headers: all, ...(body === undefined ? {} : { body }) }));
    afterwards?.();
  }

  async #answer(request: RtspRequest): Promise<Answer> {
    // As most cameras have it: what methods there are is no secret.
    if (request.method === 'OPTIONS') return { status: 200, headers: { Public: methods, ...this.#sessionNamed(request) } };
    if (this.#spoilt) return { status: 401, headers: { 'WWW-Authenticate': this.#with.digest?.challenge() ?? [] } };
    const refusal = refusalOf(request, this.#with);
    if (refusal) return refusal;
    switch (request.method) {
      case 'DESCRIBE':
        return this.#describe(request);
      case 'SETUP':
        return this.#setUp(request);
      case 'PLAY':
        return this.#inSession(request, () => this.#play(request));
      case 'GET_PARAMETER':
        return this.#getParameter(request);
      case 'TEARDOWN':
        return this.#inSession(request, () => ({ status: 200, afterwards: () => this.#end() }));
      default:
        return { status: 501, headers: { Public: methods } };
    }
  }

  #describe(request: RtspRequest): Answer {
    const { faults } = this.#with;
    const found = this.#streamAt(request.uri);
    if (!found) return { status: 404 };
    const base = `${request.uri.replace(/\?.*$/, '').replace(/\/+$/, '')}/`;
    let body = describe(found.stream);
    if (faults.has('control-elsewhere')) body = controlElsewhere(body, found.path);
    if (faults.has('crooked-sdp')) body = crookedSdp(body);
    if (faults.has('start-codes')) body = startCodesInSets(body);
    const type = faults.has('shifting-session') ? {} : { 'Content-Type': 'application/sdp' };
    return { status: 200, headers: { ...type, 'Content-Base': faults.has('crooked-content-base') ? crookedBase(base, this.#turn) : base }, body };
  }

  async #setUp(request: RtspRequest): Promise<Answer> {
    const { faults, ports } = this.#with;
    if (this.#reading) return { status: 455 };
    const found = this.#streamAt(request.uri);
    const sender = found?.stream[found.track];
    if (!found || !sender) return { status: 404 };
    const line = await openLine(headerOf(request, 'transport') ?? '', {
      ...{ socket: this.#socket, ports, withoutTcp: faults.has('tcp-refused') },
      tooSlow: () => this.#tooSlow(),
      reported: () => this.#reported(),
    });
    if (!line) {
      this.#spoilt = faults.has('describe-again');
      return { status: 461 };
    }
    this.#lines.get(found.track)?.close();
    this.#lines.set(found.track, line);
    this.#stream = found.stream;
    if (faults.has('shifting-session')) this.#session = newSession();
    const ssrc = sender.ssrc.toString(16).toUpperCase().padStart(8, '0');
    return {
      status: 200,
      headers: {
        Transport: `${line.transport};ssrc=${faults.has('crooked-ssrc') ? crookedSsrc(ssrc) : ssrc};mode="PLAY"`,
        Session: `${this.#session};timeout=${Math.round(this.#with.sessionTimeout / 1_000)}`,
      },
    };
  }

  #getParameter(request: RtspRequest): Answer {
    if (headerOf(request, 'session') === undefined) return { status: 200 };
    if (this.#with.faults.has('get-parameter-kills')) return { status: 454, afterwards: () => this.#socket.end() };
    return this.#inSession(request, () => ({ status: 200, headers: { Session: this.#session } }));
  }

  #inSession(request: RtspRequest, answer: () => Answer): Answer {
    const named = headerOf(request, 'session')?.split(';')[0]?.trim();
    return this.#stream && named === this.#session ? answer() : { status: 454 };
  }

  #sessionNamed(request: RtspRequest): HeadersToWrite {
    return this.#stream && headerOf(request, 'session') !== undefined ? { Session: this.#session } : {};
  }

  #play(request: RtspRequest): Answer {
    const info = this.#with.faults.has('crooked-rtp-info') ? { 'RTP-Info': `url=${request.uri};seq=0;rtptime=0` } : {};
    return { status: 200, headers: { Session: this.#session, Range: 'npt=now-', ...info }, afterwards: () => this.#start() };
  }

  #start(): void {
    if (this.#reading || !this.#stream) return;
    this.#with.counters.plays += 1;
    const outlet = (track: TrackName) => {
      const line = this.#lines.get(track);
      return line ? { [track]: this.#unlessSilent(line) } : {};
    };
    this.#reading = this.#stream.join({ ...outlet('video'), ...outlet('audio') });
  }

  #unlessSilent(line: Line): TrackOutlet {
    const { faults } = this.#with;
    const silent = () => faults.has('silent') || (faults.has('tcp-mute') && line.overTcp);
    return {
      rtp: (burst) => {
        if (!silent()) line.rtp(burst);
      },
      rtcp: (packet) => {
        if (!silent()) line.rtcp(packet);
      },
    };
  }

  #tooSlow(): void {
    this.#with.counters.tooSlow += 1;
    this.#end();
    this.#socket.destroy();
  }

  /** `rtsp://anything/<path>[/trackID=1]`: the host is whatever the other side calls us. */
  #streamAt(uri: string): { readonly path: string; readonly stream: CameraStream; readonly track: TrackName } | undefined {
    const match = /^rtsp:\/\/[^/]+\/([a-z]+)(?:\/(trackID=\d)?)?(?:\?.*)?$/.exec(uri);
    const stream = match && this.#with.streams.get(match[1]!);
    return stream ? { path: match[1]!, stream, track: match[2] === trackIds.audio ? 'audio' : 'video' } : undefined;
  }
}

function newSession(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}

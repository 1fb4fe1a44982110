/** One session with a camera, over one transport: described, set up, played, kept, left (RFC 2326; onvif-rtsp §3). */
import { type RtspTarget, redirectTarget } from './address.ts';
import { InterleavedCarrier, type MediaCarrier } from './carrier.ts';
import { RtspConnection } from './connection.ts';
import { type Description, readDescription } from './description.ts';
import { RtspFailure } from './failure.ts';
import type { CameraHabits } from './habits.ts';
import { TrackInbox } from './inbox.ts';
import { Keepalive } from './keepalive.ts';
import { headerOf, type RtspResponse } from './message.ts';
import type { PlayedTracks, RtspOrderToPlay, RtspPlayer } from './order.ts';
import { ReceiverReports } from './reports.ts';
import { readTransport } from './transport.ts';
import { UdpCarrier } from './udp-carrier.ts';

export interface Way {
  readonly transport: 'tcp' | 'udp';
  /** Another transport can be tried after this one: do not wait as long for the first picture. */
  readonly replaceable: boolean;
}

export type Outcome =
  /** The signal was aborted. */
  | { readonly kind: 'left' }
  | { readonly kind: 'moved'; readonly to: RtspTarget }
  /** Everything was well, but no media come over this transport. */
  | { readonly kind: 'no-media'; readonly failure: RtspFailure }
  /** Asking for sound cost the connection; the habits say so, and the next session will not ask. */
  | { readonly kind: 'again' };

export interface SessionOrder extends RtspOrderToPlay {
  readonly habits: CameraHabits;
}

/** How often receiver reports are sent (RFC 3550 §6.2): many cameras take them for the sign of life that keeps the session. */
const firstReport = 1_000;
const reportEvery = 5_000;

/** Throws RtspFailure for whatever ends the session but the signal. */
export async function holdSession(target: RtspTarget, order: SessionOrder, way: Way, player: RtspPlayer, signal: AbortSignal): Promise<Outcome> {
  const { credentials, fingerprint256, timers, userAgent = 'campus-gateway', within = 5_000 } = order;
  const connection = await RtspConnection.open({ target, credentials, fingerprint256, timers, userAgent, within }, signal);
  const session = new Session(connection, carrierFor(connection, way, order, player), { target, order, way, player });
  try {
    return await session.hold(signal);
  } catch (error) {
    if (signal.aborted) return { kind: 'left' };
    throw error;
  } finally {
    await session.leave();
  }
}

function carrierFor(connection: RtspConnection, { transport }: Way, { ports, timers }: SessionOrder, player: RtspPlayer): MediaCarrier {
  if (transport === 'tcp') return new InterleavedCarrier(connection, player);
  if (!ports) throw new RtspFailure('local', 'is to be heard over UDP, and no ports are set aside for it.');
  return new UdpCarrier(ports, connection.addresses, { timers, endOfRead: () => player.endOfRead?.() });
}

interface Surroundings {
  readonly target: RtspTarget;
  readonly order: SessionOrder;
  readonly way: Way;
  readonly player: RtspPlayer;
}

class Session {
  readonly #connection: RtspConnection;
  readonly #carrier: MediaCarrier;
  readonly #with: Surroundings;
  readonly #inboxes: TrackInbox[] = [];
  #aggregate: string;
  #timeout = 60_000;

  constructor(connection: RtspConnection, carrier: MediaCarrier, surroundings: Surroundings) {
    this.#connection = connection;
    this.#carrier = carrier;
    this.#with = surroundings;
    this.#aggregate = surroundings.target.uri;
  }

  async hold(signal: AbortSignal): Promise<Outcome> {
    const { target, player } = this.#with;
    const connection = this.#connection;
    const methods = await this.#learnMethods(signal);
    const described = await connection.ask({ method: 'DESCRIBE', uri: target.uri, headers: { Accept: 'application/sdp' } }, signal);
    if (described.status >= 300 && described.status < 400) return { kind: 'moved', to: redirectTarget(target, headerOf(described, 'location')) };
    demandSuccess('DESCRIBE', described);
    const description = readDescription(target, described);
    this.#aggregate = description.aggregate;
    const refusal = await this.#setUpVideo(description, signal);
    if (refusal) return { kind: 'no-media', failure: refusal };
    const sound = await this.#setUpAudio(description, signal);
    if (sound === 'again') return { kind: 'again' };
    player.begin({ video: description.video, ...sound });
    this.#carrier.open();
    demandSuccess('PLAY', await connection.ask({ method: 'PLAY', uri: this.#aggregate, headers: { Range: 'npt=0.000-' } }, signal));
    return this.#stay(methods, signal);
  }

  async leave(): Promise<void> {
    // Cameras count sessions: one that is not torn down blocks a place until its timeout.
    const mayAsk = this.#with.order.mayStillSign?.() ?? true;
    if (this.#connection.session !== undefined && mayAsk) await this.#connection.leave({ method: 'TEARDOWN', uri: this.#aggregate });
    this.#connection.close();
    this.#carrier.close();
  }

  async #learnMethods(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const response = await this.#connection.ask({ method: 'OPTIONS', uri: this.#with.target.uri }, signal);
    const listed = response.status === 200 ? (headerOf(response, 'public') ?? '') : '';
    return new Set(listed.split(',').map((method) => method.trim().toUpperCase()));
  }

  /** Returns why this transport is of no use, or nothing. */
  async #setUpVideo({ video, urlOf }: Description, signal: AbortSignal): Promise<RtspFailure | undefined> {
    const response = await this.#setUp(urlOf(video), signal);
    const failure = refusalOf('SETUP', response);
    if (failure) {
      if (response.status === 461) return failure;
      throw failure;
    }
    try {
      this.#receive(video, response);
    } catch (error) {
      if (error instanceof RtspFailure && error.reason === 'unsupported') return error;
      throw error;
    }
    return undefined;
  }

  /** Sound that cannot be had never costs the picture: it is left out, with the reason. */
  async #setUpAudio(
    { audio, missingAudio, urlOf }: Description,
    signal: AbortSignal,
  ): Promise<Pick<PlayedTracks, 'audio' | 'missingAudio'> | 'again'> {
    const { habits } = this.#with.order;
    if (!audio) return missingAudio ? { missingAudio } : {};
    if (habits.audioRefused !== undefined) return { missingAudio: { why: 'refused', seen: habits.audioRefused } };
    try {
      const response = await this.#setUp(urlOf(audio), signal);
      const failure = refusalOf('SETUP', response);
      if (failure) return { missingAudio: { why: 'refused', seen: failure.message } };
      this.#receive(audio, response);
      return { audio };
    } catch (error) {
      if (!(error instanceof RtspFailure) || signal.aborted) throw error;
      // Whatever it was, the connection may not be what it was before.
      habits.audioRefused = error.message;
      return 'again';
    }
  }

  /** What comes for a track that was set up goes to the player. */
  #receive({ kind, clockRate }: { readonly kind: 'video' | 'audio'; readonly clockRate: number }, response: RtspResponse): void {
    const { player, order } = this.#with;
    const answer = readTransport(headerOf(response, 'transport') ?? '');
    const inbox = new TrackInbox({
      clockRate,
      ssrc: answer.ssrc,
      timers: order.timers,
      packet: (bytes, start, end) => player.packet(kind, bytes, start, end),
      clock: (clock) => player.clock(kind, clock),
    });
    this.#carrier.accept(answer, inbox);
    this.#inboxes.push(inbox);
  }

  async #setUp(uri: string, signal: AbortSignal): Promise<RtspResponse> {
    const response = await this.#connection.ask({ method: 'SETUP', uri, headers: { Transport: await this.#carrier.offer() } }, signal);
    if (response.status < 200 || response.status >= 300) return response;
    const session = /^([^;\s]+)(?:.*timeout\s*=\s*(\d{1,6}))?/i.exec(headerOf(response, 'session') ?? '');
    if (!session) throw new RtspFailure('reply', 'answered SETUP without a Session.');
    // Broken servers change it from one SETUP to the next: the newest counts (quirk 28).
    this.#connection.session = session[1]!;
    const seconds = Number(session[2] ?? 60);
    this.#timeout = (seconds > 0 ? seconds : 60) * 1_000;
    return response;
  }

  /** Keeps the session until it is aborted, ends or falls silent. */
  async #stay(methods: ReadonlySet<string>, signal: AbortSignal): Promise<Outcome> {
    const { order, way } = this.#with;
    const { timers, habits, silence = 10_000 } = order;
    // Many cameras begin with the next keyframe, and that may be seconds away: where sound or reports come, the transport is not to blame.
    const patience = () => (way.replaceable && !this.#inboxes.some(({ alive }) => alive) ? silence * 0.75 : silence);
    const { ended } = this.#connection;
    const video = this.#inboxes[0]!; // it is set up first
    const reports = new ReceiverReports(this.#carrier, this.#inboxes);
    let now = timers.monotonic();
    const keepalive = new Keepalive(this.#connection, { uri: this.#aggregate, timeout: this.#timeout, methods, habits }, now);
    // One for all the waits: a deadline for each, which ends with an error, cost a twentieth of a stream.
    using over = either(signal, ended);
    const rest = (length: number) => timers.sleep(length, over.signal).catch(() => undefined); // Over: asked next.
    let heard = 0;
    let heardAt = now;
    let lookAt = now + silence / 4;
    let reportAt = now + firstReport;
    for (;;) {
      await rest(Math.max(1, Math.min(lookAt, reportAt, keepalive.due) - now));
      now = timers.monotonic();
      if (signal.aborted) return { kind: 'left' };
      if (ended.aborted) {
        if (video.heard > 0) keepalive.hungUp(now);
        throw ended.reason;
      }
      if (now >= lookAt) {
        lookAt = now + silence / 4;
        if (video.heard !== heard) {
          if (heard === 0) habits.transport = way.transport === 'udp' ? 'udp' : undefined;
          heard = video.heard;
          heardAt = now;
        } else if (heard === 0 && now - heardAt >= patience()) {
          return { kind: 'no-media', failure: new RtspFailure('ended', `answered PLAY and sent no picture within ${Math.round(now - heardAt)} ms.`) };
        } else if (now - heardAt >= silence) throw new RtspFailure('ended', `sent no picture for ${silence} ms.`);
      }
      if (now >= reportAt) {
        reportAt = now + reportEvery;
        reports.send();
      }
      if (now >= keepalive.due) keepalive.send(now);
    }
  }
}

/** Aborts with the first of the two. */
function either(one: AbortSignal, other: AbortSignal): { readonly signal: AbortSignal } & Disposable {
  const own = new AbortController();
  const end = () => own.abort();
  for (const source of [one, other]) source.addEventListener('abort', end, { once: true });
  if (one.aborted || other.aborted) end();
  return {
    signal: own.signal,
    [Symbol.dispose]: () => {
      for (const source of [one, other]) source.removeEventListener('abort', end);
    },
  };
}

function demandSuccess(method: string, response: RtspResponse): void {
  const failure = refusalOf(method, response);
  if (failure) throw failure;
}

function refusalOf(method: string, { status, reason }: RtspResponse): RtspFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  const kind = status === 403 ? 'credentials' : status === 461 ? 'unsupported' : 'reply';
  return new RtspFailure(kind, `answered ${method} with ${status} ${JSON.stringify(reason.slice(0, 80))}.`);
}

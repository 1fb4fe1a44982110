/** Plays one camera's video over interleaved TCP (RFC 2326; onvif-rtsp §3). One call is one session: it ends when aborted, throws when broken. */
import { parseRtcp } from '../rtp/rtcp.ts';
import { parseSdp } from '../sdp/sdp.ts';
import { baseOf, controlUrl, parseTarget, type RtspTarget, redirectTarget } from './address.ts';
import { RtspConnection, type RtspCredentials } from './connection.ts';
import type { RtspTimers } from './deadline.ts';
import { RtspFailure } from './failure.ts';
import { headerOf, type RtspResponse } from './message.ts';
import { findVideo, type VideoTrack } from './track.ts';

export interface RtspPlayer {
  begin(tracks: { readonly video: VideoTrack }): void;
  /** One whole RTP packet with its 4-byte interleaved header, at bytes[start, end). */
  packet(track: 'video', bytes: Buffer, start: number, end: number): void;
  clock(track: 'video', clock: { readonly wallClock: number; readonly rtpTimestamp: number; readonly ssrc: number }): void;
}

export interface RtspOrderToPlay {
  /** rtsp:// URL; credentials in it are not used. */
  readonly url: string;
  readonly credentials?: RtspCredentials;
  readonly timers: RtspTimers;
  readonly userAgent?: string;
  /** Absolute limit of the connection and of each exchange, ms; default 5000. */
  readonly within?: number;
  /** Silence after which a playing camera counts as gone, ms; default 10000. */
  readonly silence?: number;
}

const maxRedirects = 2;
const longestKeepalive = 25_000;

/** Throws RtspFailure. Returns when `signal` aborts, after a TEARDOWN. */
export async function playRtsp(order: RtspOrderToPlay, player: RtspPlayer, signal: AbortSignal): Promise<void> {
  let target = parseTarget(order.url);
  for (let redirects = 0; ; redirects += 1) {
    const next = await playAt(target, order, player, signal);
    if (!next) return;
    if (redirects >= maxRedirects) throw new RtspFailure('reply', `redirected more than ${maxRedirects} times.`);
    target = next;
  }
}

/** Returns the target of a redirect, or nothing when it played until the abort. */
async function playAt(target: RtspTarget, order: RtspOrderToPlay, player: RtspPlayer, signal: AbortSignal): Promise<RtspTarget | undefined> {
  const channels = { rtp: -1, rtcp: -1 };
  let heard = 0;
  const connection = await RtspConnection.open(
    {
      target,
      credentials: order.credentials,
      timers: order.timers,
      userAgent: order.userAgent ?? 'campus-gateway',
      within: order.within ?? 5_000,
      frame: (bytes, start, end) => {
        const channel = bytes[start + 1];
        if (channel === channels.rtp) {
          heard += 1;
          player.packet('video', bytes, start, end);
        } else if (channel === channels.rtcp) takeControl(bytes.subarray(start + 4, end), player);
        // Anything else is an old session's rest or a track that we did not ask for (quirk 13): skipped.
      },
    },
    signal,
  );
  let aggregate = target.uri;
  try {
    const methods = await learnMethods(connection, target, signal);
    const described = await connection.ask({ method: 'DESCRIBE', uri: target.uri, headers: { Accept: 'application/sdp' } }, signal);
    if (described.status >= 300 && described.status < 400) return redirectTarget(target, headerOf(described, 'location'));
    demandSuccess('DESCRIBE', described);
    const { track, base, control } = readDescription(target, described);
    aggregate = control;
    const timeout = await setUp(connection, controlUrl(target, base, track.control), channels, signal);
    player.begin({ video: track });
    demandSuccess('PLAY', await connection.ask({ method: 'PLAY', uri: aggregate, headers: { Range: 'npt=0.000-' } }, signal));
    await stay(connection, { order, aggregate, timeout, methods, heard: () => heard }, signal);
    return undefined;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    // Cameras count sessions: one that is not torn down blocks a place until its timeout.
    if (connection.session !== undefined) await connection.leave({ method: 'TEARDOWN', uri: aggregate });
    connection.close();
  }
}

async function learnMethods(connection: RtspConnection, target: RtspTarget, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const response = await connection.ask({ method: 'OPTIONS', uri: target.uri }, signal);
  const listed = response.status === 200 ? (headerOf(response, 'public') ?? '') : '';
  return new Set(listed.split(',').map((method) => method.trim().toUpperCase()));
}

function readDescription(target: RtspTarget, response: RtspResponse) {
  // No look at Content-Type: broken servers leave it out (quirk 28).
  const sdp = readSdp(response.body);
  const base = baseOf(target, headerOf(response, 'content-base'), headerOf(response, 'content-location'));
  const session = sdp.attributes.find((attribute) => attribute.name === 'control')?.value;
  // A relative session control is hardly ever meant; an absolute one is (RFC 2326 §C.1.1).
  const control = session !== undefined && /^rtsp/i.test(session) ? controlUrl(target, base, session) : base;
  return { track: findVideo(sdp), base, control };
}

function readSdp(body: Uint8Array) {
  try {
    return parseSdp(body);
  } catch (error) {
    throw new RtspFailure('reply', `described its stream in a way that cannot be read: ${error instanceof Error ? error.message : ''}`, error);
  }
}

/** Sets up the video track; returns the session timeout in ms. */
async function setUp(connection: RtspConnection, uri: string, channels: { rtp: number; rtcp: number }, signal: AbortSignal): Promise<number> {
  const response = await connection.ask({ method: 'SETUP', uri, headers: { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' } }, signal);
  demandSuccess('SETUP', response);
  const transport = headerOf(response, 'transport') ?? '';
  // Channels come from the reply; the rest of it (ssrc with spaces, RTP/AVP without /TCP) is not looked at (quirks 8 and 12).
  const interleaved = /interleaved\s*=\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?/i.exec(transport);
  channels.rtp = Number(interleaved?.[1] ?? 0);
  channels.rtcp = Number(interleaved?.[2] ?? channels.rtp + 1);
  if (channels.rtp > 255 || channels.rtcp > 255)
    throw new RtspFailure('reply', `named a channel above 255: ${JSON.stringify(transport.slice(0, 80))}.`);
  const session = /^([^;\s]+)(?:.*timeout\s*=\s*(\d{1,6}))?/i.exec(headerOf(response, 'session') ?? '');
  if (!session) throw new RtspFailure('reply', 'answered SETUP without a Session.');
  connection.session = session[1]!;
  const seconds = Number(session[2] ?? 60);
  return (seconds > 0 ? seconds : 60) * 1_000;
}

interface Stay {
  readonly order: RtspOrderToPlay;
  readonly aggregate: string;
  readonly timeout: number;
  readonly methods: ReadonlySet<string>;
  /** Packets so far. */
  readonly heard: () => number;
}

/** Keeps the session until it is aborted (returns) or ends or falls silent (throws). */
async function stay(connection: RtspConnection, { order, aggregate, timeout, methods, heard }: Stay, signal: AbortSignal): Promise<void> {
  const both = AbortSignal.any([signal, connection.ended]);
  const silence = order.silence ?? 10_000;
  const step = Math.max(1, silence / 4);
  const every = Math.min(timeout / 2, longestKeepalive);
  let method = methods.has('GET_PARAMETER') ? 'GET_PARAMETER' : 'OPTIONS';
  let before = heard();
  let silent = 0;
  let sinceKeepalive = 0;
  for (;;) {
    const length = Math.min(step, Math.max(1, every - sinceKeepalive));
    try {
      await order.timers.sleep(length, both);
    } catch {
      // Only an abort ends a sleep early: either ours, or the connection's with its reason.
      if (signal.aborted) return;
      throw connection.ended.reason;
    }
    silent = heard() === before ? silent + length : 0;
    before = heard();
    if (silent >= silence) throw new RtspFailure('ended', `sent no picture for ${silence} ms.`);
    sinceKeepalive += length;
    if (sinceKeepalive < every) continue;
    sinceKeepalive = 0;
    connection.tell({ method, uri: aggregate }, (status) => {
      // Some cameras list GET_PARAMETER and then refuse it (quirk 3).
      if (status >= 400 && status !== 401) method = 'OPTIONS';
    });
  }
}

function takeControl(bytes: Uint8Array, player: RtspPlayer): void {
  for (const item of parseRtcp(bytes)) if (item.kind === 'sr') player.clock('video', item);
}

function demandSuccess(method: string, response: RtspResponse): void {
  if (response.status >= 200 && response.status < 300) return;
  const reason = response.status === 403 ? 'credentials' : response.status === 461 ? 'unsupported' : 'reply';
  throw new RtspFailure(reason, `answered ${method} with ${response.status} ${JSON.stringify(response.reason.slice(0, 80))}.`);
}

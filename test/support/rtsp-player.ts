/** A viewer written for tests: speaks RTSP to the gateway, as it is told and no better. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { answerChallenge, parseChallenges } from '../../adapters/protocols/digest.ts';
import { parseRtp, type RtpPacket } from '../../adapters/protocols/rtp/packet.ts';
import { parseRtcp, type RtcpItem } from '../../adapters/protocols/rtp/rtcp.ts';
import { type HeadersToWrite, headerOf, headersOf, type RtspResponse, writeRequest } from '../../adapters/protocols/rtsp/message.ts';
import { RtspReader } from '../../adapters/protocols/rtsp/scanner.ts';

export interface RtspPlayerUnderTest extends AsyncDisposable {
  readonly socket: Socket;
  readonly packets: RtpPacket[];
  readonly reports: RtcpItem[];
  readonly frames: { readonly channel: number; readonly at: number; readonly bytes: number }[];
  readonly closed: boolean;
  ask(method: string, headers?: HeadersToWrite, uri?: string): Promise<RtspResponse>;
  /** DESCRIBE, SETUP, PLAY. */
  play(transport?: string): Promise<{ readonly sdp: string; readonly setup: RtspResponse }>;
}

export async function openRtspPlayer(
  port: number,
  path: string,
  key?: { username: string; password: string },
  /** `tls`: the certificate to trust, PEM. */
  { tls }: { readonly tls?: string } = {},
): Promise<RtspPlayerUnderTest> {
  const socket = tls === undefined ? connect(port, '127.0.0.1') : connectTls({ port, host: '127.0.0.1', ca: tls });
  await new Promise<void>((resolve, reject) => {
    socket.once(tls === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('error', reject);
  });
  const reader = new RtspReader();
  const answers = new Map<string, (response: RtspResponse) => void>();
  const packets: RtpPacket[] = [];
  const reports: RtcpItem[] = [];
  const frames: { channel: number; at: number; bytes: number }[] = [];
  let closed = false;
  let sequence = 0;
  let session: string | undefined;
  let rtpChannel = 0;
  socket.on('data', (chunk) => {
    for (const piece of reader.push(chunk)) {
      if (piece.kind === 'response') answers.get(headerOf(piece, 'cseq') ?? '')?.(piece);
      else if (piece.kind === 'frame') {
        frames.push({ channel: piece.channel, at: Date.now(), bytes: piece.payload.length + 4 });
        if (piece.channel === rtpChannel) packets.push(parseRtp(piece.payload));
        else reports.push(...parseRtcp(piece.payload));
      }
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
    for (const answer of answers.values()) answer({ kind: 'response', status: 0, reason: 'closed', headers: new Map(), body: new Uint8Array() });
  });
  const url = `${tls === undefined ? 'rtsp' : 'rtsps'}://127.0.0.1:${port}${path}`;

  const send = (method: string, uri: string, headers: HeadersToWrite) =>
    new Promise<RtspResponse>((resolve) => {
      sequence += 1;
      const cseq = String(sequence);
      answers.set(cseq, (response) => {
        answers.delete(cseq);
        resolve(response);
      });
      socket.write(writeRequest({ method, uri, headers: { CSeq: cseq, Session: session, ...headers } }));
    });
  const ask = async (method: string, headers: HeadersToWrite = {}, uri = url) => {
    const first = await send(method, uri, headers);
    if (first.status !== 401 || !key) return first;
    const challenges = parseChallenges(headersOf(first, 'www-authenticate'));
    const authorization = answerChallenge(challenges, { ...key, method, uri, count: 1 });
    return send(method, uri, { ...headers, Authorization: authorization });
  };
  return {
    socket,
    packets,
    reports,
    frames,
    get closed() {
      return closed;
    },
    ask,
    play: async (transport = 'RTP/AVP/TCP;unicast;interleaved=0-1') => {
      const described = await ask('DESCRIBE', { Accept: 'application/sdp' });
      if (described.status !== 200) throw new Error(`DESCRIBE was answered with ${described.status}`);
      const setup = await ask('SETUP', { Transport: transport }, `${url}/trackID=1`);
      if (setup.status !== 200) throw new Error(`SETUP was answered with ${setup.status}`);
      session = headerOf(setup, 'session')?.split(';')[0];
      rtpChannel = Number(/interleaved=(\d+)/.exec(headerOf(setup, 'transport') ?? '')?.[1] ?? 0);
      await ask('PLAY', {});
      return { sdp: Buffer.from(described.body).toString(), setup };
    },
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  };
}

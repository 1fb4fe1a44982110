/** A small RTSP camera for media tests: plays a recorded H.264 stream in a loop, and misbehaves on request. */
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { DigestDoor } from '../../adapters/protocols/digest.ts';
import { h264Nal, h264NalType, isH264Slice, splitAnnexB } from '../../adapters/protocols/h26x/nal.ts';
import { packetiseH264 } from '../../adapters/protocols/rtp/h264-payload.ts';
import { writeRtp } from '../../adapters/protocols/rtp/packet.ts';
import { writeSenderReport } from '../../adapters/protocols/rtp/rtcp.ts';
import { headerOf, type RtspRequest, writeResponse } from '../../adapters/protocols/rtsp/message.ts';
import { RtspReader, writeFrame } from '../../adapters/protocols/rtsp/scanner.ts';
import { type DatagramLine, openDatagramLine } from './rtsp-datagrams.ts';

const fixture = new URL('../fixtures/media/ffmpeg-main-320x240.h264', import.meta.url);
export const fixtureUnits = splitAnnexB(readFileSync(fixture));

/** Pictures of the recording: the NAL units of each. */
export const pictures: readonly Uint8Array[][] = (() => {
  const found: Uint8Array[][] = [];
  let open: Uint8Array[] = [];
  for (const unit of fixtureUnits) {
    open.push(unit);
    if (!isH264Slice(unit)) continue;
    found.push(open);
    open = [];
  }
  return found;
})();
export const parameterSets = fixtureUnits.filter((unit) => [h264Nal.sps, h264Nal.pps].includes(h264NalType(unit) as 7)).slice(0, 2);

export interface CameraOptions {
  readonly password?: string;
  /** How long its Digest nonces are good, ms. */
  readonly nonceValidFor?: number;
  readonly framesPerSecond?: number;
  /** Media offered in the SDP; default our H.264. */
  readonly sdp?: string;
  /** Leave the parameter sets out of the SDP. */
  readonly noSets?: boolean;
  /** Answer a method by hand; return true when done. */
  readonly override?: (request: RtspRequest, socket: Socket) => boolean;
  /** Transport of the SETUP answer. */
  readonly transport?: string;
  readonly channels?: readonly [number, number];
  readonly session?: string;
  readonly port?: number;
  readonly senderReports?: boolean;
  /** `only`: TCP is answered with 461, `mute`: TCP is taken and nothing is sent over it. */
  readonly udp?: 'only' | 'mute';
  /** The units of a picture as they are packed. */
  readonly units?: (units: readonly Uint8Array[], index: number) => readonly Uint8Array[];
  /** Most payload bytes of a packet; 1000, or 200 where datagrams are scrambled. */
  readonly bytesPerPacket?: number;
  readonly timestamp?: (timestamp: number, index: number) => number;
  /** Sends the frames of one picture over TCP. */
  readonly send?: (socket: Socket, frames: readonly Buffer[], index: number) => void;
  /** The datagrams of one picture as they are sent. */
  readonly scramble?: (packets: readonly Buffer[]) => readonly Buffer[];
  /** Filler data in every picture, to make a stream that no buffer swallows; packets are 60 kB above 100 kB. */
  readonly fillerBytes?: number;
}

export interface TestCamera extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly log: string[];
  readonly credentialed: number;
  readonly playing: number;
  readonly connections: number;
  readonly teardowns: number;
  /** RTCP that came from whoever plays, over either transport. */
  readonly heard: readonly Buffer[];
  /** Of the UDP players, where they are to be reached. */
  readonly targets: readonly number[];
  /** Breaks every connection. */
  cut(): void;
  /** Keeps connections, sends no more. */
  mute(muted: boolean): void;
}

interface Player {
  sequence: number;
  index: number;
  timestamp: number;
  readonly ssrc: number;
}

export async function openTestCamera(options: CameraOptions = {}): Promise<TestCamera> {
  const log: string[] = [];
  const sockets = new Set<Socket>();
  const players = new Map<Socket, Player>();
  const lines = new Map<Socket, DatagramLine>();
  const heard: Buffer[] = [];
  const digest = new DigestDoor({
    realm: 'test camera',
    now: () => Date.now(),
    ...(options.nonceValidFor === undefined ? {} : { validFor: options.nonceValidFor }),
  });
  const [rtp, rtcp] = options.channels ?? [0, 1];
  let credentialed = 0;
  let teardowns = 0;
  let muted = false;
  const sprop = parameterSets.map((set) => Buffer.from(set).toString('base64')).join(',');
  const sdp =
    options.sdp ??
    `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1${options.noSets ? '' : `;sprop-parameter-sets=${sprop}`}\r\na=control:track1\r\n`;

  function serve(request: RtspRequest, socket: Socket): void {
    log.push(`${request.method} ${request.uri}`);
    const authorization = headerOf(request, 'authorization');
    if (authorization !== undefined) credentialed += 1;
    if (options.override?.(request, socket)) return;
    const cseq = headerOf(request, 'cseq') ?? '0';
    const answer = (status: number, headers: Record<string, string | string[]> = {}, body?: string) =>
      socket.write(writeResponse({ status, headers: { CSeq: cseq, ...headers }, ...(body === undefined ? {} : { body }) }));
    if (options.password !== undefined && request.method !== 'OPTIONS') {
      const who = authorization === undefined ? undefined : digest.verify(authorization, request.method, () => options.password);
      if (who === undefined || who === 'stale') {
        answer(401, { 'WWW-Authenticate': digest.challenge(who === 'stale') });
        return;
      }
    }
    switch (request.method) {
      case 'OPTIONS':
        answer(200, { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER' });
        return;
      case 'DESCRIBE':
        answer(200, { 'Content-Type': 'application/sdp', 'Content-Base': `${request.uri}/` }, sdp);
        return;
      case 'SETUP': {
        const asked = headerOf(request, 'transport') ?? '';
        const port = Number(/client_port=(\d+)/.exec(asked)?.[1] ?? 0);
        if (port === 0 && options.udp === 'only') {
          answer(461);
          return;
        }
        if (port > 0) {
          void openDatagramLine(port, heard).then((line) => {
            lines.set(socket, line);
            answer(200, { Transport: `${asked};server_port=${line.port}-${line.port + 1}`, Session: options.session ?? 'abc123;timeout=60' });
          });
          return;
        }
        // A second track gets what it asks for; nothing is sent of it.
        const channels = /interleaved=([1-9]\S*)/.exec(asked)?.[1] ?? `${rtp}-${rtcp}`;
        answer(200, {
          Transport: options.transport ?? `RTP/AVP/TCP;unicast;interleaved=${channels};ssrc= zz`,
          Session: options.session ?? 'abc123;timeout=60',
        });
        return;
      }
      case 'PLAY':
        answer(200, { Session: 'abc123' });
        if (options.udp === 'mute' && !lines.has(socket)) return;
        players.set(socket, { sequence: 65_500, index: 0, timestamp: 4_294_900_000, ssrc: 0x1000 + log.length });
        return;
      case 'TEARDOWN':
        teardowns += 1;
        answer(200);
        players.delete(socket);
        return;
      default:
        answer(200);
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    const reader = new RtspReader();
    socket.on('data', (chunk) => {
      for (const piece of reader.push(chunk)) {
        if (piece.kind === 'request') serve(piece, socket);
        else if (piece.kind === 'frame') heard.push(piece.payload);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      players.delete(socket);
      lines.get(socket)?.close();
      lines.delete(socket);
    });
  });
  const filler = options.fillerBytes === undefined ? undefined : new Uint8Array(options.fillerBytes).fill(0x0c, 0, 1);
  const rate = options.framesPerSecond ?? 25;
  const ticks = Math.round(90_000 / rate);
  const timer = setInterval(() => {
    if (muted) return;
    for (const [socket, player] of players) {
      const whole = pictures[player.index % pictures.length]!;
      const picture = options.units?.(whole, player.index) ?? whole;
      const timestamp = options.timestamp?.(player.timestamp, player.index) ?? player.timestamp;
      const payloads = filler
        ? packetiseH264([...picture, filler], filler.length > 100_000 ? 60_000 : 1_400)
        : packetiseH264(picture, options.bytesPerPacket ?? (options.scramble ? 200 : 1_000));
      const packets = payloads.map((payload, index) => {
        const header = {
          marker: index === payloads.length - 1,
          payloadType: 96,
          sequence: player.sequence,
          timestamp,
          ssrc: player.ssrc,
        };
        player.sequence = (player.sequence + 1) & 0xffff;
        return writeRtp(header, payload);
      });
      const report =
        options.senderReports && player.index % rate === 0
          ? writeSenderReport({ ssrc: player.ssrc, wallClock: Date.now() - 1_000, rtpTimestamp: timestamp, packets: 0, octets: 0 })
          : undefined;
      const line = lines.get(socket);
      if (line) line.send(options.scramble?.(packets) ?? packets, report);
      else {
        const frames = packets.map((packet) => writeFrame(rtp, packet));
        const all = report ? [writeFrame(rtcp, report), ...frames] : frames;
        if (options.send) options.send(socket, all, player.index);
        else socket.write(Buffer.concat(all));
      }
      player.index += 1;
      player.timestamp = (player.timestamp + ticks) >>> 0;
    }
  }, 1000 / rate);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    url: `rtsp://127.0.0.1:${port}/live?channel=1&subtype=0`,
    port,
    log,
    get credentialed() {
      return credentialed;
    },
    get playing() {
      return players.size;
    },
    get connections() {
      return sockets.size;
    },
    get teardowns() {
      return teardowns;
    },
    heard,
    get targets() {
      return [...lines.values()].map(({ target }) => target);
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    mute: (value) => {
      muted = value;
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

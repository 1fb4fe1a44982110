/** Where a viewer's packets go: into its own connection, or beside it by UDP. */
import type { Socket } from 'node:net';
import type { Endpoint, SenderClock, StreamDescription, TrackKind } from '../../gateway/domain/media.ts';
import { trackChannels, type WireOutlet, type WireSpan } from '../../gateway/domain/media-ports.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { PacedSender } from '../protocols/rtp/paced-sender.ts';
import { writeNote, writeSenderReport } from '../protocols/rtp/rtcp.ts';
import { writeFrame } from '../protocols/rtsp/scanner.ts';
import type { TcpLane, UdpLane } from './rtsp-server-transport.ts';
import type { UdpDoor } from './rtsp-server-udp.ts';

/** What does not depend on the transport. */
type Common = Pick<WireOutlet, 'described' | 'close'>;
export type Sending = Omit<WireOutlet, keyof Common>;
export type Lanes<Lane> = Readonly<Partial<Record<TrackKind, Lane>>>;

const frameHead = 4;

/** A viewer as its stream sees it. A class, as is the TCP outlet: accessors of object literals have a shape of their own each, and these are read for every picture. */
export class ViewerOutlet implements WireOutlet {
  readonly #sending: Sending;
  readonly #close: (reason: string) => void;

  constructor(sending: Sending, close: (reason: string) => void) {
    this.#sending = sending;
    this.#close = close;
  }

  /** RTSP has no way to tell a player anew what it plays: it comes back and asks. */
  described(_description: StreamDescription, fresh: boolean): void {
    if (fresh) this.#close('the camera changed its stream');
  }

  write(spans: readonly WireSpan[]): void {
    this.#sending.write(spans);
  }

  report(track: TrackKind, clock: SenderClock, packets: number, octets: number): void {
    this.#sending.report(track, clock, packets, octets);
  }

  notice(text: string): void {
    this.#sending.notice(text);
  }

  get backlog(): number {
    return this.#sending.backlog;
  }

  close(reason: string): void {
    this.#close(reason);
  }
}

/** Interleaved (RFC 2326 §10.12). */
export class TcpOutlet implements Sending {
  readonly #socket: Socket;
  readonly #lanes: Lanes<TcpLane>;

  constructor(socket: Socket, lanes: Lanes<TcpLane>) {
    this.#socket = socket;
    this.#lanes = lanes;
  }

  write(spans: readonly WireSpan[]): void {
    const [first] = spans;
    if (spans.length === 1) this.#writeOne(first!.track, first!.wire);
    else {
      this.#socket.cork();
      for (const { track, wire } of runsOf(spans)) this.#writeOne(track, wire);
      this.#socket.uncork();
    }
  }

  #writeOne(track: TrackKind, wire: Buffer): void {
    const lane = this.#lanes[track];
    if (lane) this.#socket.write(lane.rtp === trackChannels[track] ? wire : onChannel(wire, lane.rtp));
  }

  report(track: TrackKind, clock: SenderClock, packets: number, octets: number): void {
    const lane = this.#lanes[track];
    if (lane) this.#socket.write(writeFrame(lane.rtcp, writeSenderReport({ ...clock, packets, octets })));
  }

  notice(text: string): void {
    for (const lane of Object.values(this.#lanes)) this.#socket.write(writeFrame(lane.rtcp, writeNote(text)));
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }
}

interface UdpSurroundings {
  readonly clock: Clock;
  /** The viewer's life. */
  readonly signal: AbortSignal;
}

/** A datagram per packet; `address` is that of the viewer's connection. */
export function udpOutlet(door: UdpDoor, address: string, lanes: Lanes<UdpLane>, { clock, signal }: UdpSurroundings): Sending {
  const targetOf = (lane: UdpLane | undefined): Endpoint | undefined => lane && { address, port: lane.rtp };
  const targets = { video: targetOf(lanes.video), audio: targetOf(lanes.audio) };
  const sender = new PacedSender<Endpoint>({
    ...{ timers: clock, signal, head: frameHead },
    length: (bytes, at) => bytes.readUInt16BE(at + 2),
    send: (bytes, start, end, target) => door.sendRtp(bytes, start, end, target),
  });
  return {
    write: (spans) => {
      for (const { track, wire, packets } of spans) {
        const target = targets[track];
        if (target) sender.push(wire, packets, target);
      }
      sender.flush();
    },
    report: (track, clocked, packets, octets) => {
      const lane = lanes[track];
      if (lane) door.sendRtcp(writeSenderReport({ ...clocked, packets, octets }), { address, port: lane.rtcp });
    },
    notice: (text) => {
      for (const lane of Object.values(lanes)) door.sendRtcp(writeNote(text), { address, port: lane.rtcp });
    },
    get backlog() {
      return door.backlog + sender.waiting;
    },
  };
}

/** Spans of one track that lie side by side, as those of a cached group do, are one run. */
function runsOf(spans: readonly WireSpan[]): Pick<WireSpan, 'track' | 'wire'>[] {
  const runs: { track: TrackKind; wire: Buffer }[] = [];
  for (const { track, wire } of spans) {
    const last = runs.at(-1);
    const { buffer, byteOffset } = wire;
    if (last?.track === track && last.wire.buffer === buffer && last.wire.byteOffset + last.wire.length === byteOffset) {
      last.wire = Buffer.from(buffer, last.wire.byteOffset, last.wire.length + wire.length);
    } else runs.push({ track, wire });
  }
  return runs;
}

/** A copy with other channel numbers, for the rare viewer that asked for others than ours. */
function onChannel(wire: Buffer, channel: number): Buffer {
  const copy = Buffer.from(wire);
  for (let at = 0; at + frameHead <= copy.length; at += frameHead + copy.readUInt16BE(at + 2)) copy[at + 1] = channel;
  return copy;
}

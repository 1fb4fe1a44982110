/** Where a viewer's packets go: into its own connection, or beside it by UDP. */
import type { Socket } from 'node:net';
import type { Endpoint, TrackKind } from '../../gateway/domain/media.ts';
import { trackChannels, type WireOutlet } from '../../gateway/domain/media-ports.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { PacedSender } from '../protocols/rtp/paced-sender.ts';
import { writeNote, writeSenderReport } from '../protocols/rtp/rtcp.ts';
import { writeFrame } from '../protocols/rtsp/scanner.ts';
import type { TcpLane, UdpLane } from './rtsp-server-transport.ts';
import type { UdpDoor } from './rtsp-server-udp.ts';

/** What does not depend on the transport. */
type Common = Pick<WireOutlet, 'described' | 'close'>;
type Sending = Omit<WireOutlet, keyof Common>;
export type Lanes<Lane> = Readonly<Partial<Record<TrackKind, Lane>>>;

const frameHead = 4;

/** Interleaved (RFC 2326 §10.12). */
export function tcpOutlet(socket: Socket, lanes: Lanes<TcpLane>): Sending {
  return {
    write: (spans) => {
      if (spans.length > 1) socket.cork();
      for (const { track, wire } of spans) {
        const lane = lanes[track];
        if (lane) socket.write(lane.rtp === trackChannels[track] ? wire : onChannel(wire, lane.rtp));
      }
      if (spans.length > 1) socket.uncork();
    },
    report: (track, clock, packets, octets) => {
      const lane = lanes[track];
      if (lane) socket.write(writeFrame(lane.rtcp, writeSenderReport({ ...clock, packets, octets })));
    },
    notice: (text) => {
      for (const lane of Object.values(lanes)) socket.write(writeFrame(lane.rtcp, writeNote(text)));
    },
    get backlog() {
      return socket.writableLength;
    },
  };
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

/** A copy with other channel numbers, for the rare viewer that asked for others than ours. */
function onChannel(wire: Buffer, channel: number): Buffer {
  const copy = Buffer.from(wire);
  for (let at = 0; at + frameHead <= copy.length; at += frameHead + copy.readUInt16BE(at + 2)) copy[at + 1] = channel;
  return copy;
}

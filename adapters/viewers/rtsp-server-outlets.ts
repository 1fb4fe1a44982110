/** Where a viewer's packets go: into its own connection, or beside it by UDP. */
import type { Socket } from 'node:net';
import type { Endpoint, TrackKind } from '../../gateway/domain/media.ts';
import { trackChannels, type WireOutlet } from '../../gateway/domain/media-ports.ts';
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

/** A datagram per packet; `address` is that of the viewer's connection. */
export function udpOutlet(door: UdpDoor, address: string, lanes: Lanes<UdpLane>): Sending {
  const to = (port: number): Endpoint => ({ address, port });
  return {
    write: (spans) => {
      for (const { track, wire } of spans) {
        const lane = lanes[track];
        if (!lane) continue;
        const target = to(lane.rtp);
        for (let at = 0; at + frameHead <= wire.length; ) {
          const end = at + frameHead + wire.readUInt16BE(at + 2);
          door.sendRtp(wire, at + frameHead, end, target);
          at = end;
        }
      }
    },
    report: (track, clock, packets, octets) => {
      const lane = lanes[track];
      if (lane) door.sendRtcp(writeSenderReport({ ...clock, packets, octets }), to(lane.rtcp));
    },
    notice: (text) => {
      for (const lane of Object.values(lanes)) door.sendRtcp(writeNote(text), to(lane.rtcp));
    },
    get backlog() {
      return door.backlog;
    },
  };
}

/** A copy with other channel numbers, for the rare viewer that asked for others than ours. */
function onChannel(wire: Buffer, channel: number): Buffer {
  const copy = Buffer.from(wire);
  for (let at = 0; at + frameHead <= copy.length; at += frameHead + copy.readUInt16BE(at + 2)) copy[at + 1] = channel;
  return copy;
}

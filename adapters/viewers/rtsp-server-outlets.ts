/** Where a viewer's packets go: into its own connection, or beside it by UDP. */
import type { Socket } from 'node:net';
import type { Endpoint, TrackKind } from '../../gateway/domain/media.ts';
import { trackChannels, type WireOutlet } from '../../gateway/domain/media-ports.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { millis } from '../../gateway/domain/time.ts';
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

/** Datagrams that are sent at once, and the pause after them. What waits is gone within half a second or so, however much it is. */
const portion = { least: 16, share: 1 / 32, pause: millis(5) } as const;

interface UdpSurroundings {
  readonly clock: Clock;
  /** The viewer's life. */
  readonly signal: AbortSignal;
}

/**
 * A datagram per packet; `address` is that of the viewer's connection. The group that a viewer starts with, or a large keyframe, goes out in
 * portions: sent at once, it would not fit into the receive buffer of any player (208 kB on Linux, less than a hundred packets).
 */
export function udpOutlet(door: UdpDoor, address: string, lanes: Lanes<UdpLane>, { clock, signal }: UdpSurroundings): Sending {
  const targetOf = (lane: UdpLane | undefined): Endpoint | undefined => lane && { address, port: lane.rtp };
  const targets = { video: targetOf(lanes.video), audio: targetOf(lanes.audio) };
  const queue: { readonly wire: Buffer; readonly target: Endpoint; at: number }[] = [];
  const waiting = { packets: 0, bytes: 0 };
  let pumping = false;
  const send = (most: number) => {
    for (let sent = 0; sent < most && queue[0]; sent += 1) {
      const [next] = queue;
      const end = next.at + frameHead + next.wire.readUInt16BE(next.at + 2);
      door.sendRtp(next.wire, next.at + frameHead, end, next.target);
      waiting.packets -= 1;
      waiting.bytes -= end - next.at;
      next.at = end;
      if (next.at + frameHead > next.wire.length) queue.shift();
    }
  };
  const pump = async () => {
    pumping = true;
    for (;;) {
      send(Math.max(portion.least, waiting.packets * portion.share));
      if (queue.length === 0 || signal.aborted) break;
      await clock.sleep(portion.pause, signal).catch(() => undefined); // Aborted: the viewer is gone.
    }
    pumping = false;
  };
  return {
    write: (spans) => {
      for (const { track, wire, packets } of spans) {
        const target = targets[track];
        if (!target) continue;
        queue.push({ wire, target, at: 0 });
        waiting.packets += packets;
        waiting.bytes += wire.length;
      }
      if (!pumping) void pump();
    },
    report: (track, clocked, packets, octets) => {
      const lane = lanes[track];
      if (lane) door.sendRtcp(writeSenderReport({ ...clocked, packets, octets }), { address, port: lane.rtcp });
    },
    notice: (text) => {
      for (const lane of Object.values(lanes)) door.sendRtcp(writeNote(text), { address, port: lane.rtcp });
    },
    get backlog() {
      return door.backlog + waiting.bytes;
    },
  };
}

/** A copy with other channel numbers, for the rare viewer that asked for others than ours. */
function onChannel(wire: Buffer, channel: number): Buffer {
  const copy = Buffer.from(wire);
  for (let at = 0; at + frameHead <= copy.length; at += frameHead + copy.readUInt16BE(at + 2)) copy[at + 1] = channel;
  return copy;
}

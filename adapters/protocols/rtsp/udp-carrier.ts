/** Media over UDP: a pair of ports for each track, packets of the camera's own address only (RFC 2326 §12.39, RFC 3550 §11). */
import type { RemoteInfo } from 'node:dgram';
import { ReorderBuffer } from '../rtp/reorder.ts';
import type { Timers } from '../timers.ts';
import type { MediaCarrier } from './carrier.ts';
import { RtspFailure } from './failure.ts';
import { frameHead, type TrackInbox } from './inbox.ts';
import { datagramOffer, type TransportAnswer } from './transport.ts';
import type { UdpPair, UdpPorts } from './udp-ports.ts';

/** What live555 and GStreamer send to open a firewall on the way; no RTP packet begins so. */
const knock = Buffer.of(0xce, 0xfa, 0xed, 0xfe);

interface UdpTrack {
  readonly pair: UdpPair;
  readonly packets: DatagramInbox;
  readonly inbox: TrackInbox;
  /** Ports of the camera, as it said or as its first packet came from; 0: not known. */
  readonly server: { rtp: number; rtcp: number };
}

interface UdpSurroundings {
  readonly timers: Timers;
  /** Told when the packets that a datagram brought, or set free, have been told. */
  readonly endOfRead: () => void;
}

export class UdpCarrier implements MediaCarrier {
  readonly #ports: UdpPorts;
  readonly #addresses: { readonly local: string; readonly remote: string };
  readonly #surroundings: UdpSurroundings;
  readonly #life = new AbortController();
  readonly #pairs: UdpPair[] = [];
  readonly #tracks: UdpTrack[] = [];

  constructor(ports: UdpPorts, addresses: { readonly local: string; readonly remote: string }, surroundings: UdpSurroundings) {
    this.#ports = ports;
    this.#addresses = addresses;
    this.#surroundings = surroundings;
  }

  async offer(): Promise<string> {
    const pair = await this.#ports.open(this.#addresses.local);
    this.#pairs.push(pair);
    return datagramOffer(pair.port);
  }

  accept(answer: TransportAnswer, inbox: TrackInbox): void {
    if (answer.multicast) throw new RtspFailure('unsupported', 'sends its stream by multicast only, which is not taken.');
    if (answer.channels && !answer.serverPorts) throw new RtspFailure('unsupported', 'was asked for UDP and answered with TCP.');
    const track: UdpTrack = {
      pair: this.#pairs.at(-1)!,
      inbox,
      packets: new DatagramInbox(inbox, this.#surroundings, this.#life.signal),
      server: { rtp: answer.serverPorts?.rtp ?? 0, rtcp: answer.serverPorts?.rtcp ?? 0 },
    };
    this.#tracks.push(track);
    this.#punch(track);
  }

  open(): void {
    for (const track of this.#tracks) {
      // Some cameras send from other ports than they say: the first packet decides, if it is from the camera at all.
      let from = 0;
      track.pair.rtp.on('message', (packet, sender) => {
        if (!this.#isCamera(sender)) return;
        if (from === 0) {
          from = sender.port;
          track.server.rtp = from;
        }
        if (sender.port === from) track.packets.datagram(packet);
      });
      track.pair.rtcp.on('message', (packet, sender) => {
        if (!this.#isCamera(sender)) return;
        if (track.server.rtcp === 0) track.server.rtcp = sender.port;
        track.inbox.control(packet);
      });
      this.#punch(track);
    }
  }

  report(inbox: TrackInbox, compound: Buffer): void {
    const track = this.#tracks.find((one) => one.inbox === inbox);
    if (track && track.server.rtcp > 0) track.pair.rtcp.send(compound, track.server.rtcp, this.#addresses.remote);
  }

  close(): void {
    this.#life.abort();
    for (const pair of this.#pairs) pair.close();
  }

  #isCamera(sender: RemoteInfo): boolean {
    return sender.address === this.#addresses.remote;
  }

  #punch({ pair, server }: UdpTrack): void {
    if (server.rtp > 0) pair.rtp.send(knock, server.rtp, this.#addresses.remote);
    if (server.rtcp > 0) pair.rtcp.send(knock, server.rtcp, this.#addresses.remote);
  }
}

/** How long later packets wait for an earlier one, ms: longer than any switch reorders, shorter than anybody sees. */
const longestWait = 60;
const slabBytes = 64 * 1024;

/** Datagrams of one track: copied behind one another into frames, put in order, handed to the inbox. */
class DatagramInbox {
  readonly #inbox: TrackInbox;
  readonly #timers: Timers;
  readonly #endOfRead: () => void;
  readonly #signal: AbortSignal;
  readonly #order: ReorderBuffer;
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;
  #watching = false;

  /** `signal` ends the waits. */
  constructor(inbox: TrackInbox, { timers, endOfRead }: UdpSurroundings, signal: AbortSignal) {
    this.#inbox = inbox;
    this.#timers = timers;
    this.#endOfRead = endOfRead;
    this.#signal = signal;
    this.#order = new ReorderBuffer((bytes, start, end) => inbox.frame(bytes, start, end), frameHead);
  }

  datagram(packet: Buffer): void {
    if (packet.length < 12 || packet[0]! >> 6 !== 2) return;
    const type = packet[1]!;
    // RTCP on the RTP port (RFC 5761 §4): some cameras send everything from one socket to one port.
    if (type >= 200 && type <= 204) {
      this.#inbox.control(packet);
      return;
    }
    const start = this.#room(frameHead + packet.length);
    const end = start + frameHead + packet.length;
    this.#slab[start] = 0x24;
    this.#slab[start + 1] = 0;
    this.#slab.writeUInt16BE(packet.length, start + 2);
    packet.copy(this.#slab, start + frameHead);
    this.#order.accept(this.#slab, start, end, this.#timers.monotonic());
    this.#endOfRead();
    if (!this.#watching && this.#order.waitingSince !== undefined) this.#watch();
  }

  /** One behind the other: what waits for an earlier packet stays where it is, and few places serve many. */
  #room(length: number): number {
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, length));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    return start;
  }

  /** One timer per gap, not per packet. */
  #watch(): void {
    this.#watching = true;
    const look = () => {
      const since = this.#order.waitingSince;
      const left = since === undefined ? 0 : since + longestWait - this.#timers.monotonic();
      if (left > 0) {
        this.#timers.sleep(left, this.#signal).then(look, () => undefined); // aborted: the session is over
        return;
      }
      this.#order.release();
      this.#endOfRead();
      this.#watching = false;
    };
    look();
  }
}

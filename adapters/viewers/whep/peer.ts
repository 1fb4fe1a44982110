/** One WebRTC viewer: the handshake is werift's, the packets are ours (performance §4: a fraction of the CPU). */
import { MediaStreamTrack, RTCPeerConnection, type RTCRtpCodecParameters, type RTCRtpSender, RtcpSenderInfo, RtcpSrPacket, RtpHeader } from 'werift';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { SenderClock, StreamDescription, TrackKind } from '../../../gateway/domain/media.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import { aeadAes128Gcm, masterKeyLength, masterSaltLength, SrtpSender } from '../../protocols/srtp/gcm.ts';
import { audioCodec, offeredCodecs, videoCodecs } from './codecs.ts';
import type { Sendable } from './pictures.ts';
import { type PacketDoor, TrackSender } from './track-sender.ts';

export interface PeerOptions {
  readonly clock: Clock;
  readonly description: StreamDescription;
  readonly offer: string;
  /** UDP ports to answer at; absent: the system chooses. */
  readonly ports?: readonly [number, number];
  /** Own addresses beside those of the interfaces, for viewers on this machine. */
  readonly addresses: readonly string[];
  /** The viewer lost its picture, or has just come: show it the group again. */
  readonly wantsGroup: () => void;
  readonly ended: (reason: string) => void;
}

/** From the answer to the end of the DTLS handshake. */
const connectsWithin = seconds(15);
/** A viewer reports what it got every second or so (RFC 8834 §5.1); one that says nothing for this long is gone. */
const lookEvery = seconds(5);
const silentFor = 3;
/** A burst goes out in portions, so that no buffer on the way overflows: 64 packets in 5 ms are about 120 Mbit/s. */
const portion = 64;
const pause = millis(5);
const ntpOffset = 2_208_988_800;

export class WhepPeer {
  readonly #options: PeerOptions;
  readonly #connection: RTCPeerConnection;
  readonly #life = new AbortController();
  #senders: Partial<Record<TrackKind, TrackSender>> = {};
  readonly #queue: { readonly sendable: Sendable; readonly hurry: boolean }[] = [];
  #pumping = false;
  #connected = false;

  private constructor(options: PeerOptions) {
    this.#options = options;
    this.#connection = new RTCPeerConnection({
      // We are asked, and answer where we stand: no check ever leaves for an address that an offer names.
      iceLite: true,
      iceServers: [],
      iceUseIpv6: false,
      ...(options.ports ? { icePortRange: [...options.ports] as [number, number] } : {}),
      iceAdditionalHostAddresses: [...options.addresses],
      codecs: offeredCodecs(options.description),
    });
  }

  /** Throws MEDIA_UNSUPPORTED where the offer has nothing that we can send, REQUEST_INVALID where it is no offer. */
  static async answer(options: PeerOptions): Promise<{ readonly peer: WhepPeer; readonly sdp: string }> {
    const peer = new WhepPeer(options);
    try {
      return { peer, sdp: await peer.#negotiate() };
    } catch (error) {
      peer.close('no answer');
      throw error;
    }
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** `hurry`: it is only to be decoded on the way to what is now. */
  send(sendable: Sendable, hurry: boolean): void {
    if (!this.#connected) return;
    this.#queue.push({ sendable, hurry });
    if (!this.#pumping) void this.#pump();
  }

  /** Drops what still waits: a group from its keyframe follows. */
  restart(): void {
    this.#queue.length = 0;
  }

  /** The wall clock of the camera, in the viewer's own timestamps: sound and picture are put together by it. */
  report(track: TrackKind, clock: SenderClock): void {
    const sender = this.#senders[track];
    const rtpTimestamp = sender?.outOf(clock.rtpTimestamp);
    if (!this.#connected || !sender || rtpTimestamp === undefined) return;
    const whole = BigInt(Math.floor(clock.wallClock / 1000) + ntpOffset) << 32n;
    const ntpTimestamp = whole + BigInt(Math.floor(((clock.wallClock % 1000) / 1000) * 2 ** 32));
    const senderInfo = new RtcpSenderInfo({ ntpTimestamp, rtpTimestamp, packetCount: sender.packets, octetCount: sender.octets >>> 0 });
    void this.#transport?.sendRtcp([new RtcpSrPacket({ ssrc: sender.ssrc, senderInfo })]);
  }

  close(reason: string): void {
    if (this.#life.signal.aborted) return;
    this.#life.abort();
    this.#connected = false;
    this.#queue.length = 0;
    void this.#connection.close().catch(() => undefined); // It is being left: what fails on the way out is of no use to anyone.
    this.#options.ended(reason);
  }

  get #transport() {
    return this.#connection.dtlsTransports[0];
  }

  async #negotiate(): Promise<string> {
    const { description, offer, clock } = this.#options;
    if (!/^m=video /m.test(offer)) throw new GatewayError('REQUEST_INVALID', 'The offer asks for no video.');
    if (videoCodecs(description).length === 0) {
      const what = description.video.codec === 'h264' ? 'pictures that are sent out of order' : description.video.codec;
      throw new GatewayError('MEDIA_UNSUPPORTED', `WebRTC does not carry ${what}.`, {
        context: { codec: description.video.codec },
      });
    }
    const senders = new Map<TrackKind, RTCRtpSender>();
    const add = (kind: TrackKind, direction: 'sendonly' | 'inactive') =>
      this.#connection.addTransceiver(new MediaStreamTrack({ kind }), { direction }).sender;
    senders.set('video', add('video', 'sendonly'));
    if (/^m=audio /m.test(offer)) {
      const sender = add('audio', audioCodec(description) ? 'sendonly' : 'inactive');
      if (audioCodec(description)) senders.set('audio', sender);
    }
    try {
      await this.#connection.setRemoteDescription({ type: 'offer', sdp: withoutNames(offer) });
    } catch (error) {
      if (error instanceof Error && /negotiate codecs/.test(error.message)) {
        throw new GatewayError('MEDIA_UNSUPPORTED', `The viewer cannot play ${description.video.codec} by WebRTC.`, { cause: error });
      }
      throw new GatewayError('REQUEST_INVALID', 'The offer is not one that can be answered.', { cause: error });
    }
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    const codecs = new Map([...senders].flatMap(([kind, { codec }]) => (codec ? [[kind, codec] as const] : [])));
    this.#connection.connectionStateChange.subscribe((state) => {
      if (state === 'connected') this.#begin(senders, codecs);
      else if (state === 'failed' || state === 'closed' || state === 'disconnected') this.close(`the connection is ${state}`);
    });
    clock.sleep(connectsWithin, this.#life.signal).then(
      () => this.#connected || this.close('it did not connect'),
      () => undefined, // It has ended.
    );
    const sdp = this.#connection.localDescription?.sdp;
    if (sdp === undefined) throw new GatewayError('MEDIA_UNAVAILABLE', 'There is no answer to this offer.');
    return sdp;
  }

  #begin(senders: ReadonlyMap<TrackKind, RTCRtpSender>, codecs: ReadonlyMap<TrackKind, RTCRtpCodecParameters>): void {
    if (this.#connected || this.#life.signal.aborted) return;
    const door = this.#door();
    for (const [kind, sender] of senders) {
      const codec = codecs.get(kind);
      if (!codec) continue;
      const track = new TrackSender(door, { payloadType: codec.payloadType, ssrc: sender.ssrc, clockRate: codec.clockRate });
      this.#senders = { ...this.#senders, [kind]: track };
      sender.onGenericNack.subscribe(({ lost }) => track.again(lost));
      sender.onPictureLossIndication.subscribe(() => this.#options.wantsGroup());
    }
    this.#connected = true;
    void this.#watch();
    this.#options.wantsGroup();
  }

  /** We are ICE-lite and send no checks of our own: a viewer that vanished is known by its silence. */
  async #watch(): Promise<void> {
    let heard = 0;
    let silent = 0;
    while (!this.#life.signal.aborted) {
      await this.#options.clock.sleep(lookEvery, this.#life.signal).catch(() => undefined); // It has ended: the loop ends.
      const received = this.#transport?.packetsReceived ?? 0;
      silent = received === heard ? silent + 1 : 0;
      heard = received;
      if (silent >= silentFor) this.close('the viewer has gone without a word');
    }
  }

  /** Our own SRTP where the handshake chose GCM, as all current browsers do; werift's otherwise. */
  #door(): PacketDoor {
    const transport = this.#transport!;
    const { connection } = transport.iceTransport;
    if (transport.dtls?.srtp.srtpProfile !== aeadAes128Gcm) {
      const protect = (header: Buffer, payload: Uint8Array) => transport.srtp.encrypt(Buffer.from(payload), RtpHeader.deSerialize(header));
      return doorOf(protect, (bytes) => connection.send(bytes));
    }
    const { localKey, localSalt } = transport.dtls.extractSessionKeys(masterKeyLength, masterSaltLength);
    const srtp = new SrtpSender(localKey, localSalt);
    return doorOf(
      (header, payload) => srtp.protect(header, payload),
      (bytes) => connection.send(bytes),
    );
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    let sent = 0;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { track, timestamp, payloads, ends } = next.sendable;
      this.#senders[track]?.send(timestamp, payloads, { ends, hurry: next.hurry });
      sent += payloads.length;
      if (sent < portion) continue;
      sent = 0;
      await this.#options.clock.sleep(pause, this.#life.signal).catch(() => undefined); // It has ended: the queue is empty.
    }
    this.#pumping = false;
  }
}

function doorOf(protect: (header: Buffer, payload: Uint8Array) => Buffer, send: (bytes: Buffer) => Promise<void>): PacketDoor {
  // A datagram that cannot be sent is a lost one: the viewer asks again.
  const post = (bytes: Buffer) => void send(bytes).catch(() => undefined);
  return {
    send: (header, payload) => {
      const bytes = protect(header, payload);
      post(bytes);
      return bytes;
    },
    again: post,
  };
}

/** Candidates whose address is an mDNS name: only the viewer's own network could look it up, and it is the viewer that checks. */
function withoutNames(offer: string): string {
  return offer
    .split(/\r?\n/)
    .filter((line) => !/^a=candidate:\S+ \d+ \S+ \d+ \S+\.local /.test(line))
    .join('\r\n');
}

/** One stream to its WebRTC viewers: it comes from the media plane once, whoever and however many watch. */
import type { MessagePort } from 'node:worker_threads';
import type { StreamDescription, StreamPurpose, WireMessage } from '../../../gateway/domain/media.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import type { UplinkBudget } from '../../../gateway/runtime/uplink-budget.ts';
import { videoCodecs } from './codecs.ts';
import type { WhepPeer } from './peer.ts';
import { PictureReader, type Sendable } from './pictures.ts';

/** A group larger than this is not kept: who joins waits for the next keyframe. */
const groupLimit = 8 * 1024 * 1024;
/** A viewer that loses picture upon picture is not shown the group faster than this. */
const groupEvery = seconds(1);
/** A group that has not grown for this long is of a camera that went away: browsers ask for pictures then, and would take it for live. */
const freshFor = seconds(2);

export class WhepStream {
  readonly #port: MessagePort;
  readonly #clock: Clock;
  readonly #uplink: UplinkBudget;
  readonly #ended: (reason: string) => void;
  readonly #peers = new Map<WhepPeer, { readonly purpose: StreamPurpose; groupAt: number; running: boolean }>();
  readonly #reader = new PictureReader();
  #description: StreamDescription | undefined;
  #described: (() => void)[] = [];
  #group: Sendable[] = [];
  #groupBytes = 0;
  #grewAt = Number.NEGATIVE_INFINITY;
  #taken = 0;
  #over = false;

  constructor(port: MessagePort, { clock, uplink }: { readonly clock: Clock; readonly uplink: UplinkBudget }, ended: (reason: string) => void) {
    this.#port = port;
    this.#clock = clock;
    this.#uplink = uplink;
    this.#ended = ended;
    port.on('message', (message: WireMessage) => this.#take(message));
    port.once('close', () => this.end('the stream has ended'));
  }

  get peers(): number {
    return this.#peers.size;
  }

  /** Undefined where the stream ends before it is described. */
  async description(): Promise<StreamDescription | undefined> {
    if (!this.#description && !this.#over) await new Promise<void>((resolve) => this.#described.push(resolve));
    return this.#description;
  }

  join(peer: WhepPeer, purpose: StreamPurpose): void {
    this.#peers.set(peer, { purpose, groupAt: Number.NEGATIVE_INFINITY, running: false });
    if (this.#over) peer.close('the stream has ended');
  }

  leave(peer: WhepPeer): void {
    this.#peers.delete(peer);
  }

  /** From the last keyframe on, as fast as it can be decoded. */
  showGroup(peer: WhepPeer): void {
    const state = this.#peers.get(peer);
    const now = this.#clock.monotonic();
    if (!state || now - state.groupAt < groupEvery) return;
    // Nothing to show, or nothing new: the next keyframe comes by itself.
    if (this.#group.length === 0 || now - this.#grewAt > freshFor || !this.#uplink.take(this.#groupBytes, state.purpose)) return;
    state.groupAt = now;
    state.running = true;
    peer.restart();
    for (const sendable of this.#group) if (sendable.track === 'video') peer.send(sendable, true);
  }

  end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#port.close();
    for (const resolve of this.#described.splice(0)) resolve();
    for (const peer of [...this.#peers.keys()]) peer.close(reason);
    this.#ended(reason);
  }

  #take(message: WireMessage): void {
    switch (message.kind) {
      case 'begin':
        this.#begin(message.description);
        return;
      case 'packets':
        this.#taken += message.bytes.byteLength;
        this.#port.postMessage(this.#taken);
        for (const sendable of this.#reader.read(message)) this.#send(sendable);
        return;
      case 'clock':
        for (const peer of this.#peers.keys()) peer.report(message.track, message.clock);
        return;
      case 'ended':
        this.end(message.reason);
        return;
    }
  }

  #begin(description: StreamDescription): void {
    const before = this.#description;
    this.#description = description;
    this.#reader.describe(description);
    this.#forget();
    for (const resolve of this.#described.splice(0)) resolve();
    // What was negotiated no longer holds: viewers come back and ask anew.
    if (before && (videoCodecs(description).length === 0 || before.audio?.codec !== description.audio?.codec)) {
      this.end('the camera changed its stream');
    }
  }

  #send(sendable: Sendable): void {
    if (sendable.keyframe) this.#forget();
    if (sendable.keyframe || this.#group.length > 0) {
      this.#group.push(sendable);
      this.#grewAt = this.#clock.monotonic();
      this.#groupBytes += sendable.bytes;
      if (this.#groupBytes > groupLimit) this.#forget();
    }
    for (const [peer, state] of this.#peers) {
      state.running ||= sendable.keyframe && peer.connected;
      // What the link towards the police side cannot carry is left out, up to the next keyframe.
      state.running &&= this.#uplink.take(sendable.bytes, state.purpose);
      if (state.running) peer.send(sendable, false);
    }
  }

  #forget(): void {
    this.#group = [];
    this.#groupBytes = 0;
  }
}

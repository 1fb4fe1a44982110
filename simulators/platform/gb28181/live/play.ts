/** One live view as a platform asks for it (gb28181 §5.1): INVITE, its media, what is wrong with either, and the end. */
import { setMaxListeners } from 'node:events';
import type { ReceivedFrame } from '../../../../adapters/protocols/ps/frames.ts';
import { type GbSession, parseGbSession, writeGbSession } from '../../../../adapters/protocols/sdp/gb-session.ts';
import { writeGbSsrc } from '../../../../adapters/protocols/sdp/gb-ssrc.ts';
import type { Asked, Dialog } from '../../../../adapters/protocols/sip/dialog.ts';
import { headerOf, type SipResponse } from '../../../../adapters/protocols/sip/message.ts';
import type { OutgoingCall } from '../../../../adapters/protocols/sip/outbound.ts';
import { writeSubject } from '../../../../adapters/protocols/sip/subject.ts';
import type { Clock } from '../../../../gateway/domain/ports.ts';
import { type Millis, millis } from '../../../../gateway/domain/time.ts';
import type { Complaints } from '../complaints.ts';
import type { GbDevice } from '../devices.ts';
import type { Line } from '../line.ts';
import { MediaChecker, type MediaCounters, type MediaViolation } from './checker.ts';
import { type MediaDoor, openMediaDoor, type PlayTransport } from './door.ts';

export interface PlayOrder {
  readonly channel: string;
  readonly transport: PlayTransport;
  /** 0 main, 1 sub stream (2022); absent: nothing is said of it. */
  readonly stream?: 0 | 1;
}

export interface PlayParts {
  readonly line: Line;
  readonly clock: Clock;
  readonly id: string;
  readonly realm: string;
  readonly device: GbDevice;
  /** Undefined: the offer has none, and the device chooses. */
  readonly ssrc: number | undefined;
  readonly complaints: Complaints;
  /** ms after the INVITE; undefined: it is not cancelled. */
  readonly cancelAfter: number | undefined;
}

export type FrameWatcher = (frame: ReceivedFrame, bytes: Buffer) => void;

/** A refused one is over from the beginning: its `status` says why. */
export class Play {
  readonly order: PlayOrder;
  readonly device: string;
  /** What the device described. */
  answer: GbSession | undefined;
  /** Of the final answer to INVITE; 0: it never came, or it was cancelled before. */
  status = 0;
  /** ms from the INVITE; undefined until it happens. */
  firstPacketAfter: Millis | undefined;
  firstKeyframeAfter: Millis | undefined;
  readonly #parts: PlayParts;
  readonly #checker: MediaChecker;
  readonly #watchers = new Set<FrameWatcher>();
  readonly #ended = new AbortController();
  readonly #began: Millis;
  #dialog: Dialog | undefined;
  #leaving = false;
  #door: MediaDoor | undefined;

  private constructor(order: PlayOrder, parts: PlayParts) {
    this.order = order;
    this.device = parts.device.id;
    this.#parts = parts;
    this.#began = parts.clock.monotonic();
    const transport = order.transport === 'udp' ? 'udp' : 'tcp';
    this.#checker = new MediaChecker({ ssrc: parts.ssrc, payloadType: 96, transport }, (frame, bytes) => this.#hear(frame, bytes));
  }

  /** Resolves with the final answer, whatever it is; rejects with a SipFailure, or with the signal's reason. */
  static async begin(order: PlayOrder, parts: PlayParts, signal: AbortSignal): Promise<Play> {
    const play = new Play(order, parts);
    try {
      await play.#open(signal);
    } catch (error) {
      await play.#close();
      throw error;
    }
    return play;
  }

  /** Aborts when the dialog is over, whoever ended it. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  counters(): MediaCounters {
    return this.#checker.counters();
  }

  violations(): readonly MediaViolation[] {
    return this.#checker.violations();
  }

  /** Hears every whole frame, until the function that it returns is called. */
  watch(watcher: FrameWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** The same offer again in the same dialog: 200 with the same answer, or 488. Undefined where there is no dialog. */
  async reinvite(signal: AbortSignal): Promise<number | undefined> {
    const port = this.#door?.port;
    if (!this.#dialog || port === undefined) return undefined;
    const body = { type: 'APPLICATION/SDP', content: writeGbSession(this.#offer(this.#parts.line.address.address, port)) };
    const { status } = await this.#dialog.request('INVITE', { body }, signal);
    if (status !== 200 && status !== 488) this.#complain('reinvite', `A second INVITE in the dialog was answered ${status}.`);
    return status;
  }

  /** BYE; the media port is closed once it is answered, or given up: a device that loses its connection before it hears the BYE sends one as well. */
  async bye(signal: AbortSignal): Promise<void> {
    this.#leaving = true;
    await this.#dialog?.bye(signal);
    await this.#close();
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { line, id, realm, device, ssrc, clock, cancelAfter } = this.#parts;
    const { channel, transport } = this.order;
    const { address } = line.address;
    this.#door = await openMediaDoor(transport, address, { packet: (packet) => this.#packet(packet), closed: () => this.#mediaClosed() });
    const to = `sip:${channel}@${realm}`;
    const subject = writeSubject({ sender: { id: channel, stream: ssrc === undefined ? '0' : writeGbSsrc(ssrc) }, receiver: { id, stream: '0' } });
    const body = { type: 'APPLICATION/SDP', content: writeGbSession(this.#offer(address, this.#door.port)) };
    const order = { uri: to, from: `sip:${id}@${realm}`, to, headers: { Subject: subject }, body };
    // Many calls hang on one signal; their number says nothing about a leak.
    setMaxListeners(0, signal);
    const cancelling = new AbortController();
    const cancel = () => cancelling.abort(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    if (cancelAfter !== undefined) void clock.sleep(millis(cancelAfter), this.ended).then(cancel, () => undefined);
    try {
      const { response, call } = await line.endpoint.invite(order, device.peer, (asked) => this.#asked(asked), cancelling.signal);
      this.status = response.status;
      if (call) await this.#answered(call, response);
      else await this.#close();
    } catch (error) {
      if (signal.aborted || !cancelling.signal.aborted) throw error;
      await this.#close();
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  #offer(address: string, port: number): GbSession {
    const { id, ssrc } = this.#parts;
    const { transport, stream } = this.order;
    return {
      name: 'Play',
      owner: id,
      start: 0,
      stop: 0,
      kind: 'video',
      address,
      port,
      transport,
      direction: 'recvonly',
      formats: [
        { payloadType: 96, encoding: 'PS', clockRate: 90_000 },
        { payloadType: 97, encoding: 'MPEG4', clockRate: 90_000 },
        { payloadType: 98, encoding: 'H264', clockRate: 90_000 },
        { payloadType: 99, encoding: 'H265', clockRate: 90_000 },
      ],
      ssrc,
      ...(stream === undefined ? {} : { streamNumber: stream }),
    };
  }

  async #answered(call: OutgoingCall, response: SipResponse): Promise<void> {
    this.#dialog = call.dialog;
    call.dialog.ended.addEventListener('abort', () => this.#leaving || void this.#close(), { once: true });
    if (headerOf(response, 'Contact') === undefined) this.#complain('answer-contact', 'A 200 to INVITE without Contact cannot be acknowledged.');
    call.acknowledge();
    try {
      this.answer = parseGbSession(response.body);
    } catch (error) {
      this.#complain('answer-sdp', `A 200 to INVITE whose description cannot be read: ${String(error)}`);
      return;
    }
    this.#judge(this.answer);
    if (this.order.transport !== 'tcp-active') return;
    try {
      await this.#door?.dial({ address: this.answer.address, port: this.answer.port });
    } catch (error) {
      this.#complain('media-dial', `Nobody takes media connections at ${this.answer.address}:${this.answer.port}: ${String(error)}`);
    }
  }

  #judge(answer: GbSession): void {
    const opposite = { udp: 'udp', 'tcp-passive': 'tcp-active', 'tcp-active': 'tcp-passive' } as const;
    const said = (rule: string, what: unknown, wanted: unknown) => {
      if (what !== wanted) this.#complain(rule, `The answer says ${String(what)} where ${String(wanted)} was due.`);
    };
    said('answer-name', answer.name, 'Play');
    const { ssrc } = this.#parts;
    if (ssrc !== undefined) said('answer-ssrc', answer.ssrc, ssrc);
    else if (answer.ssrc === undefined) this.#complain('answer-ssrc', 'Neither offer nor answer names an SSRC.');
    else this.#checker.agree(answer.ssrc);
    said('answer-transport', answer.transport, opposite[this.order.transport]);
    said('answer-direction', answer.direction, 'sendonly');
    said('answer-formats', answer.formats.map(({ payloadType, encoding }) => `${payloadType} ${encoding}`).join(', '), '96 PS');
  }

  #asked(asked: Asked): void {
    // A device that ends a file says so here (MediaStatus); everything else has no meaning in a live view.
    asked.answer(asked.request.method === 'MESSAGE' || asked.request.method === 'INFO' ? 200 : 405);
  }

  #packet(packet: Buffer): void {
    this.firstPacketAfter ??= this.#since();
    this.#checker.take(packet);
  }

  #hear(frame: ReceivedFrame, bytes: Buffer): void {
    if (frame.keyframe) this.firstKeyframeAfter ??= this.#since();
    for (const watcher of this.#watchers) watcher(frame, bytes);
  }

  #since(): Millis {
    return millis(this.#parts.clock.monotonic() - this.#began);
  }

  #mediaClosed(): void {
    if (!this.ended.aborted && !this.#leaving && this.#dialog)
      this.#complain('media-closed', 'The media connection was closed while the call stood.');
  }

  async #close(): Promise<void> {
    this.#ended.abort();
    const door = this.#door;
    this.#door = undefined;
    await door?.[Symbol.asyncDispose]();
  }

  #complain(rule: string, sentence: string): void {
    this.#parts.complaints.add(this.device, rule, `${this.order.channel}: ${sentence}`);
  }
}

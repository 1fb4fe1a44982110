/** The clips of alarms: one recording per channel, which alarms share whose times overlap. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { type EvidenceFact, type EvidenceName, evidencePath, fileEndings } from '../domain/evidence.ts';
import type { ChannelId, EvidenceId } from '../domain/ids.ts';
import type { StreamProfile } from '../domain/media.ts';
import type { Clock, Logger, MediaPlane } from '../domain/ports.ts';
import type { MendedRecording, RecordingEnd, RecordingMessage, RecordingOrder } from '../domain/recording.ts';
import { between, type Instant, type Millis, millis, seconds } from '../domain/time.ts';
import type { EvidenceStore } from './store.ts';
import { type EvidenceCut, verdictOf, type Wish } from './verdict.ts';

export interface ClipParts {
  readonly media: Pick<MediaPlane, 'prepare' | 'mendRecording'>;
  readonly store: EvidenceStore;
  readonly profile: StreamProfile;
  readonly sound: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tell: (fact: EvidenceFact) => Promise<void>;
}

interface Recording {
  readonly file: string;
  readonly port: MessagePort;
  readonly wishes: Wish[];
  readonly began: Millis;
  /** Monotonic. */
  endsAt: Millis;
  told: Extract<RecordingMessage, { kind: 'grown' }> | undefined;
}

/** Given at once, and with each wish for more. */
const roomStep = 1024 * 1024;
/** Alarm after alarm on one channel makes no endless file. */
const longest = seconds(600);
/** A recording this close to its end may end before it hears that it is to go on. */
const lastCall = seconds(3);
const mendAgain = seconds(2);

export class Clips {
  readonly #parts: ClipParts;
  /** The newest of each channel, while others can join it. */
  readonly #joinable = new Map<ChannelId, Recording>();
  readonly #running = new Map<EvidenceId, Recording>();
  readonly #open = new Set<Promise<void>>();

  constructor(parts: ClipParts) {
    this.#parts = parts;
  }

  get running(): number {
    return new Set(this.#running.values()).size;
  }

  /** How far a clip has grown. */
  grown(evidence: EvidenceId): { readonly bytes: number; readonly from: Instant; readonly to: Instant } | undefined {
    return this.#running.get(evidence)?.told;
  }

  /** All recordings that run are over, and told. */
  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  take(wish: Wish): void {
    const { clock } = this.#parts;
    const now = clock.monotonic();
    const endsAt = millis(now + between(clock.now(), wish.window.to));
    const running = this.#joinable.get(wish.purpose.name.channel);
    if (running && running.endsAt - now > lastCall && endsAt - running.began <= longest) this.#join(running, wish, endsAt);
    else this.#begin(wish, endsAt);
  }

  /** What a crash left: kept with what it holds. */
  async mend(file: string, wishes: readonly Wish[], cut: EvidenceCut): Promise<void> {
    const { store } = this.#parts;
    for (const { purpose } of wishes) store.add(file, purpose);
    const path = store.path(file);
    await this.#end(path, wishes, { cut, gaps: [], ...(await this.#mended(path)) });
  }

  #join(running: Recording, wish: Wish, endsAt: Millis): void {
    const { store, clock } = this.#parts;
    store.add(running.file, wish.purpose);
    running.wishes.push(wish);
    this.#running.set(wish.purpose.name.evidence, running);
    if (endsAt > running.endsAt) {
      running.endsAt = endsAt;
      running.port.postMessage({ kind: 'lasting', lasting: millis(endsAt - clock.monotonic()) } satisfies RecordingOrder);
    }
    this.#track(this.#tellBegun(wish, running.file));
  }

  #begin(wish: Wish, endsAt: Millis): void {
    const { store, clock } = this.#parts;
    const { name } = wish.purpose;
    const file = name.evidence + fileEndings.clip;
    const { port1, port2 } = new MessageChannel();
    const recording: Recording = { file, port: port1, wishes: [wish], began: clock.monotonic(), endsAt, told: undefined };
    this.#joinable.set(name.channel, recording);
    this.#running.set(name.evidence, recording);
    store.add(file, wish.purpose);
    this.#track(this.#record(recording, port2).finally(() => this.#leave(recording)));
  }

  #leave(recording: Recording): void {
    for (const { purpose } of recording.wishes) {
      this.#running.delete(purpose.name.evidence);
      if (this.#joinable.get(purpose.name.channel) === recording) this.#joinable.delete(purpose.name.channel);
    }
  }

  async #record(recording: Recording, theirs: MessagePort): Promise<void> {
    const { store, log } = this.#parts;
    const { file, wishes, port } = recording;
    const end = await this.#run(recording, theirs).catch((error: unknown): RecordingEnd => {
      log.warn('clip not recorded', { file, error });
      return { cut: 'plane', bytes: 0, gaps: [] };
    });
    port.close();
    // Nobody joins it any more.
    for (const { purpose } of wishes) if (this.#joinable.get(purpose.name.channel) === recording) this.#joinable.delete(purpose.name.channel);
    // A file that could not be finished, or whose worker died, still holds whole pictures.
    const unfinished = end.bytes === 0 && (end.cut === 'disk' || end.cut === 'plane');
    await this.#end(store.path(file), wishes, unfinished ? { ...end, ...(await this.#mended(store.path(file))) } : end);
  }

  async #run(recording: Recording, theirs: MessagePort): Promise<RecordingEnd> {
    const { media, store, profile, sound, clock } = this.#parts;
    const { file, wishes, port } = recording;
    const [wish] = wishes;
    if (!wish || !(await store.room(file, roomStep))) {
      theirs.close();
      return { cut: 'no-room', bytes: 0, gaps: [] };
    }
    this.#track(this.#tellBegun(wish, file));
    const ended = new Promise<RecordingEnd>((resolve) => {
      port.on('message', (message: RecordingMessage) => {
        if (message.kind === 'ended') resolve(message);
        else if (message.kind === 'grown') recording.told = message;
        else this.#track(this.#grant(recording, message.room));
      });
      port.once('close', () => resolve({ cut: 'plane', bytes: 0, gaps: [] }));
    });
    const { name } = wish.purpose;
    const reach = millis(Math.max(0, between(wish.window.from, clock.now())));
    const lasting = millis(Math.max(0, recording.endsAt - clock.monotonic()));
    const sink = {
      channel: name.channel,
      profile,
      purpose: 'alarm',
      kind: 'recording',
      file: store.path(file),
      reach,
      lasting,
      room: roomStep,
      sound,
    } as const;
    await media.prepare({ ...sink, port: theirs }, new AbortController().signal);
    return ended;
  }

  async #grant({ file, port }: Recording, wanted: number): Promise<void> {
    const room = Math.ceil(wanted / roomStep) * roomStep;
    const granted = await this.#parts.store.room(file, room).catch((error: unknown) => {
      this.#parts.log.warn('no room made for a clip', { file, error });
      return false;
    });
    port.postMessage((granted ? { kind: 'room', room } : { kind: 'room' }) satisfies RecordingOrder);
  }

  /** While the media worker is replaced it cannot; the gateway tries again. */
  async #mended(path: string): Promise<MendedRecording> {
    const { media, clock, log } = this.#parts;
    for (let attempt = 0; attempt < 10; attempt += 1) {
      try {
        return await media.mendRecording(path);
      } catch (error) {
        log.warn('clip not mended yet', { path, error });
        await clock.sleep(mendAgain);
      }
    }
    return { bytes: 0 };
  }

  async #end(path: string, wishes: readonly Wish[], end: Omit<RecordingEnd, 'cut'> & { readonly cut?: EvidenceCut }): Promise<void> {
    const { store, log } = this.#parts;
    const file = path.slice(path.lastIndexOf('/') + 1);
    if (end.detail !== undefined) log.warn('clip cut short', { file, cut: end.cut, detail: end.detail });
    // Before anybody is told of it, who would come for it at once.
    store.named(file);
    for (const { purpose, window } of wishes) {
      const { bytes, sha256, from, to } = end;
      const times = from === undefined || to === undefined ? {} : { from, to };
      const kept = bytes === 0 || sha256 === undefined ? { bytes: 0 } : { bytes, file, sha256, ...times };
      await this.#tell({ ...purpose.name, kind: 'evidence.kept', ...verdictOf(window, end), path: evidencePath(purpose.name.evidence), ...kept });
    }
    store.settle(file, end.bytes);
  }

  #tellBegun({ purpose: { name } }: Wish, file: string): Promise<void> {
    return this.#tell({ ...name, kind: 'evidence.begun', file });
  }

  /** The file is there whether or not the journal takes it: after the next start it is found. */
  async #tell(fact: EvidenceFact & EvidenceName): Promise<void> {
    try {
      await this.#parts.tell(fact);
    } catch (error) {
      this.#parts.log.error('evidence not journalled', { evidence: fact.evidence, kind: fact.kind, error });
    }
  }

  #track(work: Promise<void>): void {
    this.#open.add(work);
    void work.finally(() => this.#open.delete(work));
  }
}

/** The stills of alarms: of each channel the picture of the press, at once. Alarms that want the same picture share its file. */
import { webcrypto } from 'node:crypto';
import type { Severity } from '../domain/alarm.ts';
import { GatewayError, isGatewayError } from '../domain/errors.ts';
import { type EvidenceFact, evidencePath, fileEndings } from '../domain/evidence.ts';
import type { ChannelId, EvidenceId } from '../domain/ids.ts';
import type { Snapshot, StreamProfile } from '../domain/media.ts';
import type { Logger } from '../domain/ports.ts';
import { between, type Instant, seconds } from '../domain/time.ts';
import type { Words } from '../domain/words.ts';
import { writeWhole } from '../runtime/growing-file.ts';
import { Turns } from '../runtime/turns.ts';
import type { EvidenceStore, Purpose } from './store.ts';
import type { Wish } from './verdict.ts';

/** The most severe alarm is served first. */
interface StillWish {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  readonly at: Instant;
  readonly severity: Severity;
}

export interface StillParts {
  readonly snapshots: { take(wish: StillWish): Promise<Snapshot> };
  readonly store: EvidenceStore;
  readonly profile: StreamProfile;
  readonly log: Logger;
  readonly tell: (fact: EvidenceFact) => Promise<void>;
}

/** At the disk: of the threads that wait for disks, some are always left to others. */
const mostWriting = 2;
/** A picture that is older than this is of a camera that has sent none since, and says so. */
const stale = seconds(10);

interface Written {
  readonly evidence: EvidenceId;
  readonly capturedAt: Instant;
  readonly file: string;
  /** SHA-256. */
  readonly sha256: Promise<string>;
}

export class Stills {
  readonly #parts: StillParts;
  readonly #turns = new Turns(mostWriting);
  readonly #newest = new Map<ChannelId, Written>();

  constructor(parts: StillParts) {
    this.#parts = parts;
  }

  async take(wish: Wish): Promise<void> {
    const { tell, log } = this.#parts;
    const { name } = wish.purpose;
    const fact = await this.#keep(wish).catch((error: unknown): EvidenceFact => {
      log.warn('still not kept', { evidence: name.evidence, error });
      return { ...name, kind: 'evidence.kept', outcome: 'missing', path: evidencePath(name.evidence), bytes: 0, reason: failed(error) };
    });
    await tell(fact).catch((error: unknown) => log.error('evidence not journalled', { evidence: name.evidence, kind: fact.kind, error }));
  }

  async #keep({ purpose, window }: Wish): Promise<EvidenceFact> {
    const { snapshots, store, profile } = this.#parts;
    const { name, severity } = purpose;
    const { jpeg, capturedAt } = await snapshots.take({ channel: name.channel, profile, at: window.pressed, severity });
    const known = this.#newest.get(name.channel);
    const { file, sha256 } = known?.capturedAt === capturedAt && store.find(known.evidence) ? known : this.#begin(purpose, jpeg, capturedAt);
    store.add(file, purpose);
    const age = between(capturedAt, window.pressed);
    const verdict = age > stale ? ({ outcome: 'cut-short', reason: old(age / 1_000) } as const) : ({ outcome: 'complete' } as const);
    const path = evidencePath(name.evidence);
    return { ...name, kind: 'evidence.kept', ...verdict, path, bytes: jpeg.length, file, sha256: await sha256, from: capturedAt, to: capturedAt };
  }

  /** Known at once, so that whoever wants the same picture meanwhile waits for this one. */
  #begin(purpose: Purpose, jpeg: Uint8Array, capturedAt: Instant): Written {
    const { evidence, channel } = purpose.name;
    const file = evidence + fileEndings.still;
    this.#parts.store.add(file, purpose);
    const written: Written = { evidence, capturedAt, file, sha256: this.#write(file, jpeg).then(() => hashOf(jpeg)) };
    this.#newest.set(channel, written);
    return written;
  }

  async #write(file: string, jpeg: Uint8Array): Promise<void> {
    const { store } = this.#parts;
    using _turn = await this.#turns.take();
    try {
      if (!(await store.room(file, jpeg.length))) throw new GatewayError('EVIDENCE_FULL', noRoom.en, { context: { file } });
      await writeWhole(store.path(file), jpeg);
      store.settle(file, jpeg.length);
    } catch (error) {
      store.settle(file, 0);
      throw error;
    }
  }
}

/** In hex; the digest is made off this thread. */
async function hashOf(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
}

const noRoom: Words = { zh: '证据存储空间已达上限。', en: 'The room for evidence is used up (evidence.megabytes, evidence.leaveFreeMegabytes).' };

function failed(error: unknown): Words {
  if (isGatewayError(error, 'EVIDENCE_FULL')) return noRoom;
  const why = error instanceof Error ? error.message : String(error);
  return { zh: `未能取得画面：${why}`, en: `No picture could be had: ${why}` };
}

function old(seconds: number): Words {
  const age = seconds.toFixed(0);
  return {
    zh: `画面拍摄于报警前 ${age} 秒，此后摄像机没有新画面。`,
    en: `The picture was taken ${age} s before the press: the camera has sent none since.`,
  };
}

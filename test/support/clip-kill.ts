/** kill -9 of a box that records a clip, and what the next start makes of what it left. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { AlarmRaised } from '../../gateway/domain/event.ts';
import type { Evidence } from '../../gateway/domain/evidence.ts';
import { channelId, eventId } from '../../gateway/domain/ids.ts';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { eventually } from './eventually.ts';
import { openEvidenceSchool } from './evidence-school.ts';
import { probe } from './recordings.ts';

/** So long after the press, or once the clip has grown so many times. */
export type KillMoment = { readonly after: Millis } | { readonly growths: number };

export interface KilledClip {
  readonly alarm: AlarmRaised;
  /** As they stand after the next start. */
  readonly pieces: readonly Evidence[];
  /** Bytes of the clip that the dying box had told of. */
  readonly told: number;
  /** Pieces whose file is not as long, or has not the hash, that is told. */
  readonly untrue: number;
  /** What ffprobe says of the clip. */
  readonly complaints: string;
  /** Files that nobody finished. */
  readonly unfinished: number;
  /** From the start to the last word about it. */
  readonly settledAfter: Millis;
}

export interface KillOrder {
  readonly folder: string;
  /** Of the camera. */
  readonly url: string;
  readonly moment: KillMoment;
  /** Of the clip, after the press. */
  readonly lasting: Millis;
  readonly ffprobe: string | undefined;
}

const gate = channelId('gate');
const child = fileURLToPath(new URL('evidence-child.ts', import.meta.url));

export async function killInClip({ folder, url, moment, lasting, ffprobe }: KillOrder): Promise<KilledClip> {
  const { alarm: id, told } = await recordUntilKilled({ folder, url, moment, lasting });
  const began = systemClock.monotonic();
  await using box = await openEvidenceSchool({
    folder,
    channels: [gate],
    url: () => url,
    settings: { before: seconds(0.5), after: lasting },
    worker: false,
  });
  const alarm = box.journal.read.find(eventId(id))?.event as AlarmRaised;
  await eventually(() => {
    const pending = box.of(alarm).filter(({ state }) => state === 'awaited' || state === 'growing');
    if (pending.length > 0) throw new Error(`Pending: ${pending.map(({ medium, state }) => `${medium} ${state}`)}.`);
  }, seconds(60));
  const settledAfter = (systemClock.monotonic() - began) as Millis;
  const pieces = box.of(alarm);
  const untrue = pieces.filter(({ evidence, bytes, sha256 }) => {
    const path = box.path(evidence);
    return bytes > 0 && (statSync(path).size !== bytes || createHash('sha256').update(readFileSync(path)).digest('hex') !== sha256);
  }).length;
  const clip = pieces.find(({ medium }) => medium === 'clip')!;
  const complaints = ffprobe && clip.bytes > 0 ? (await probe(ffprobe, box.path(clip.evidence))).complaints : '';
  const unfinished = readdirSync(join(folder, 'evidence')).filter((name) => name.endsWith('.part')).length;
  return { alarm, pieces, told, untrue, complaints, unfinished, settledAfter };
}

async function recordUntilKilled({
  folder,
  url,
  moment,
  lasting,
}: Omit<KillOrder, 'ffprobe'>): Promise<{ readonly alarm: string; readonly told: number }> {
  const box = spawn(process.execPath, ['--import', 'tsx', child, folder, url, String(lasting)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => box.once('close', resolve));
  const kill = () => box.kill('SIGKILL');
  let alarm = '';
  let seen = 0;
  let told = 0;
  for await (const line of createInterface({ input: box.stdout })) {
    const [word, what = ''] = line.split(' ');
    if (word === 'pressed') {
      alarm = what;
      if ('after' in moment) void systemClock.sleep(moment.after).then(kill);
    }
    if (word !== 'grown' || Number(what) <= told) continue;
    told = Number(what);
    seen += 1;
    if ('growths' in moment && seen === moment.growths) kill();
  }
  await ended;
  return { alarm, told };
}

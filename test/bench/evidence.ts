/**
 * One panic, of whose cameras one dies at that moment: do clips begin half a minute before, are stills there within two seconds? And a hundred at
 * once, each with four cameras of its own: are stills and clips kept within the caps, and does any alarm wait for them? And a hundred with the
 * cameras of one school: are the stills of all of them there within two seconds?
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlarmRaised } from '../../gateway/domain/event.ts';
import { channelId } from '../../gateway/domain/ids.ts';
import { between, type Instant, type Millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { eventually } from '../support/eventually.ts';
import { openEvidenceSchool } from '../support/evidence-school.ts';
import { type Figure, figuresOf, mostOf, quantileOf } from '../support/measure-figures.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import type { Bench } from './alarms.ts';

export const evidenceParts = ['one', 'roomy', 'tight', 'school'] as const;

const camerasOfOne = 4;
const before = seconds(5);
const after = seconds(10);
const mebibyte = 1024 * 1024;
/** Of the rings; what is waiting to be written may be as much again and 64 MiB. */
const ringsBytes = 64 * mebibyte;
interface Storm {
  /** Bytes per panic. A recording takes room in steps of 1 MiB. */
  readonly cap: number;
  /** Absent: each panic has its own. */
  readonly cameras?: number;
}

const storms = { roomy: { cap: 40 * mebibyte }, tight: { cap: 2 * mebibyte }, school: { cap: 40 * mebibyte, cameras: 32 } } satisfies Record<
  string,
  Storm
>;
type StormName = keyof typeof storms;

export async function benchEvidence({ quick, seed, part }: Bench): Promise<readonly Figure[]> {
  const panics = quick ? 10 : 100;
  const figures: Figure[] = [];
  if (part === undefined || part === 'one') figures.push(...(await one({ after: seconds(quick ? 10 : 60), seed })));
  for (const name of ['roomy', 'tight', 'school'] as const)
    if (part === undefined || part === name) figures.push(...(await storm(name, { panics, seed })));
  return figures;
}

async function one({ after: lasting, seed }: { readonly after: Millis; readonly seed: number }): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-evidence-'));
  try {
    await using camera = await openTestCamera();
    const dying = await openTestCamera();
    const channels = Array.from({ length: camerasOfOne }, (_, index) => channelId(`c${index}`));
    await using school = await openEvidenceSchool({
      ...{ folder, channels, url: (channel) => (channel === 'c3' ? dying.url : camera.url) },
      settings: { before: seconds(30), after: lasting },
      media: { ringLength: seconds(35) },
    });
    await eventually(async () => {
      if (!(await school.ringsReach(35_000))) throw new Error('The rings are not full.');
    }, minutes(2));
    const alarm = await school.press();
    await dying[Symbol.asyncDispose]();
    await eventually(() => {
      if (school.of(alarm).some(({ state }) => state === 'awaited' || state === 'growing')) throw new Error('Pieces are pending.');
    }, minutes(3));
    const clips = school.of(alarm).filter(({ medium }) => medium === 'clip');
    const starts = clips.map(({ from }) => (from === undefined ? Number.NaN : between(alarm.receivedAt, from)));
    const dose = `a panic with ${camerasOfOne} cameras, one cut at the press, clips of ${30 + lasting / 1_000} s`;
    return figuresOf({ test: 'evidence, one', dose, seed }, [
      { metric: 'latest beginning of a clip after the press', value: mostOf(starts), unit: 'ms', limit: -30_000 },
      { metric: 'last still after the press', value: mostOf(stillsOf(school, alarm.receivedAt)), unit: 'ms', limit: 2_000 },
      {
        metric: 'clips that are not complete, but for the one',
        value: clips.filter(({ state }) => state !== 'complete').length - 1,
        unit: 'count',
        limit: 0,
      },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How long after the press each still was kept, of all alarms or of one. */
function stillsOf({ journal }: Awaited<ReturnType<typeof openEvidenceSchool>>, pressedAt: Instant, alarm?: AlarmRaised): readonly number[] {
  return journal.read
    .events({ limit: 100_000, kinds: ['evidence.kept'] })
    .flatMap(({ event }) => (event.kind === 'evidence.kept' && event.medium === 'still' && (alarm?.id ?? event.alarm) === event.alarm ? [event] : []))
    .map((event) => between(pressedAt, event.receivedAt));
}

async function storm(part: StormName, { panics, seed }: { readonly panics: number; readonly seed: number }): Promise<readonly Figure[]> {
  const { cap: each, cameras = panics * camerasOfOne }: Storm = storms[part];
  const cap = panics * each;
  const folder = mkdtempSync(join(tmpdir(), 'bench-evidence-'));
  try {
    await using camera = await openTestCamera({ framesPerSecond: 5 });
    const channels = Array.from({ length: cameras }, (_, index) => channelId(`c${index}`));
    const seenBy = (panic: number) => Array.from({ length: camerasOfOne }, (_, index) => channels[(panic * camerasOfOne + index) % cameras]!);
    await using school = await openEvidenceSchool({
      ...{ folder, channels, url: () => camera.url },
      settings: { before, after, most: cap },
      media: { ringLength: seconds(before / 1_000 + 5), ringsBytes },
    });
    await eventually(async () => {
      if (!(await school.ringsReach(before + 1_000))) throw new Error('The rings are not full.');
    }, minutes(5));
    const resident = process.memoryUsage.rss();
    const watch = watchFolder(join(folder, 'evidence'));
    const pressedAt = systemClock.now();
    const waits: number[] = [];
    const alarms = await Promise.all(
      Array.from({ length: panics }, async (_, index) => {
        const began = systemClock.monotonic();
        const alarm = await school.press(seenBy(index));
        waits.push(systemClock.monotonic() - began);
        return alarm;
      }),
    );
    const pieces = () => alarms.flatMap((alarm: AlarmRaised) => school.of(alarm));
    const pending = () => pieces().filter(({ state }) => state === 'awaited' || state === 'growing').length;
    do {
      // One more, while all of them are being recorded: no alarm waits for a clip. Not often: to ask after hundreds of pieces is work, too.
      await systemClock.sleep(seconds(2));
      const began = systemClock.monotonic();
      await school.press([]);
      waits.push(systemClock.monotonic() - began);
    } while (pending() > 0);
    const { bytes, growth } = watch.end(resident);
    const clips = pieces().filter(({ medium }) => medium === 'clip');
    const whole = clips.filter(({ state }) => state === 'complete');
    const stills = stillsOf(school, pressedAt);
    const firstStills = stillsOf(school, alarms[0]!.receivedAt, alarms[0]!);
    const moments = alarms.flatMap((alarm) =>
      school.of(alarm).flatMap(({ medium, from }) => (medium === 'still' && from !== undefined ? [between(alarm.receivedAt, from)] : [])),
    );
    const pictures = new Set(
      pieces().flatMap(({ medium, channel, from }) => (medium === 'still' && from !== undefined ? [`${channel} ${from}`] : [])),
    );
    const unsaid = pieces().filter(({ state, reason }) => state !== 'complete' && reason === undefined).length;
    const dose = `${panics} panics at once, ${camerasOfOne} cameras each${part === 'school' ? ` of ${cameras}` : ''}, clips of ${(before + after) / 1_000} s, ${cap / mebibyte} MiB`;
    return figuresOf({ test: `evidence, ${part}`, dose, seed }, [
      { metric: 'bytes in the folder beyond the cap, most', value: Math.max(0, bytes - cap), unit: 'B', limit: 0 },
      { metric: 'growth of the process, most', value: growth / mebibyte, unit: 'MiB', limit: (2 * ringsBytes) / mebibyte + 128 },
      { metric: 'pieces that are not whole and do not say why', value: unsaid, unit: 'count', limit: 0 },
      { metric: 'alarm journalled meanwhile, p99', value: quantileOf(waits, 0.99), unit: 'ms', limit: 1_000 },
      ...(part === 'tight'
        ? [{ metric: 'clips that are complete', value: whole.length, unit: 'count' }]
        : [
            { metric: 'clips that are not complete', value: clips.length - whole.length, unit: 'count', limit: 0 },
            { metric: 'first still after the press', value: Math.min(...stills), unit: 'ms' },
            { metric: 'stills of the first alarm after the press', value: mostOf(firstStills), unit: 'ms', limit: 2_000 },
            { metric: 'last still after the press', value: mostOf(stills), unit: 'ms', ...(part === 'school' ? { limit: 2_000 } : {}) },
            { metric: 'moment of a still after the press, latest', value: mostOf(moments), unit: 'ms', limit: 250 },
            { metric: 'pictures made for them', value: pictures.size, unit: 'count' },
          ]),
      { metric: 'bytes in the folder, most', value: bytes / mebibyte, unit: 'MiB' },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The most that lay in the folder and was held by the process, looked at every 100 ms. */
function watchFolder(folder: string) {
  let bytes = 0;
  let resident = 0;
  const look = () => {
    resident = Math.max(resident, process.memoryUsage.rss());
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
    bytes = Math.max(
      bytes,
      sizes.reduce((sum, size) => sum + size, 0),
    );
  };
  const timer = setInterval(look, 100);
  return {
    end(from: number) {
      clearInterval(timer);
      look();
      return { bytes, growth: Math.max(0, resident - from) };
    },
  };
}

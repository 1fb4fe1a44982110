/** One run: viewers that play, a while to settle, then a window in which the relay's CPU and what its viewers see are counted. */
import { seconds } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { quantileOf } from '../../support/measure-figures.ts';
import { gapsOf, type Seen, starvedOf, type Viewers } from '../../support/measure-viewers.ts';

/** CPU of a process, ms in a second: of each of its threads. */
export type CpuRate = ReadonlyMap<string, number>;

interface Counted {
  threadMillis(): ReadonlyMap<string, number>;
}

export interface Window {
  /** Of the relay, ms in a second. */
  readonly cpu: CpuRate;
  /** Of the process beside it. */
  readonly beside: CpuRate;
  readonly seen: Seen;
  readonly gaps: number;
  readonly starved: number;
}

const settling = seconds(5);
const length = seconds(4);
export const viewersPlayWithin = seconds(30);

export async function measureWindow(viewers: Viewers, relay: Counted, beside: Counted = relay): Promise<Window> {
  await systemClock.sleep(settling);
  viewers.mark();
  const [cpu, other] = await Promise.all([cpuRate(relay), cpuRate(beside)]);
  const seen = await viewers.tell();
  return { cpu, beside: other, seen, gaps: gapsOf(seen), starved: starvedOf(seen, length / 1_000) };
}

export async function cpuRate({ threadMillis }: Counted): Promise<CpuRate> {
  const began = systemClock.monotonic();
  const before = threadMillis();
  await systemClock.sleep(length);
  const elapsed = systemClock.monotonic() - began;
  return new Map([...threadMillis()].map(([thread, millis]) => [thread, ((millis - (before.get(thread) ?? 0)) * 1_000) / elapsed]));
}

/** Nothing was counted: NaN. */
export const inAll = (cpu: CpuRate): number => (cpu.size === 0 ? Number.NaN : sumOf([...cpu.values()]));

export function medianOf(values: readonly (number | null)[]): number {
  return quantileOf(
    values.map((value) => value ?? Number.NaN),
    0.5,
  );
}

export const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

export const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

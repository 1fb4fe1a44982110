/** What streams take in memory, from the runs that measured their CPU. */
import { type Figure, figuresOf } from '../../support/measure-figures.ts';
import type { Relayed } from './relaying.ts';
import { medianOf } from './window.ts';

interface Sized extends Pick<Relayed, 'runs' | 'idleResident'> {
  readonly streams: number;
}

export function memoryFigures(fewer: Sized, more: Sized, seed: number): readonly Figure[] {
  const resident = ({ runs }: Sized) => medianOf(runs.map((run) => run.resident));
  const each = (resident(more) - resident(fewer)) / (more.streams - fewer.streams);
  return figuresOf({ test: 'streams, memory', dose: `0, ${fewer.streams} and ${more.streams} cameras 1:1`, seed }, [
    { metric: 'resident, no stream', value: fewer.idleResident, unit: 'MB', limit: 150 },
    { metric: `resident, ${fewer.streams} streams`, value: resident(fewer), unit: 'MB', limit: 240 },
    { metric: `resident, each further stream to ${more.streams}`, value: each, unit: 'MB', limit: 2 },
  ]);
}

/** Which mode won last, per stream and codec: for a day the page starts with it. */
import type { ModeName } from './mode.ts';

const place = 'campus-gateway.player';
const keptFor = 24 * 3_600_000;
const most = 200;

interface Winner {
  readonly codec: string;
  readonly mode: ModeName;
  readonly at: number;
}

export interface Winners {
  recall(stream: string): Winner | undefined;
  remember(stream: string, codec: string, mode: ModeName): void;
  forget(stream: string): void;
}

export function openWinners(): Winners {
  const all = new Map<string, Winner>(read());
  const write = () => {
    try {
      localStorage.setItem(place, JSON.stringify([...all].slice(-most)));
    } catch {
      // Full or forbidden: it is only a memory.
    }
  };
  return {
    recall(stream) {
      const winner = all.get(stream);
      return winner && Date.now() - winner.at < keptFor ? winner : undefined;
    },
    remember(stream, codec, mode) {
      all.delete(stream);
      all.set(stream, { codec, mode, at: Date.now() });
      write();
    },
    forget(stream) {
      if (all.delete(stream)) write();
    },
  };
}

function read(): [string, Winner][] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(place) ?? '[]');
    return Array.isArray(stored) ? (stored as [string, Winner][]) : [];
  } catch {
    return []; // damaged: begun anew
  }
}

/** A state is a shape, a word and a colour, in that order of trust: it must survive a grey print. */
import type { DeviceState } from '../../domain/health.ts';
import type { Say } from './texts.ts';

const shapes: Readonly<Record<DeviceState, string>> = { normal: '○', degraded: '▲', offline: '▣', unknown: '?', maintenance: '⚒', disabled: '—' };

interface MarkProps {
  readonly state: DeviceState;
  readonly say: Say;
}

export function StateMark({ state, say }: MarkProps) {
  return (
    <span className={`state state-${state}`}>
      <span aria-hidden="true">{shapes[state]}</span> {say(state)}
    </span>
  );
}

/** Where there is no room for the word, it is told on request. */
export function StateShape({ state, say }: MarkProps) {
  return (
    <span className={`state state-${state}`} role="img" aria-label={say(state)} title={say(state)}>
      {shapes[state]}
    </span>
  );
}

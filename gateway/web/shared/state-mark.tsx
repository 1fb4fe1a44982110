/** A state is a shape, a word and a colour, in that order of trust: it must survive a grey print. */
import type { DeviceState } from '../../domain/health.ts';
import type { Say } from './texts.ts';

const shapes: Readonly<Record<DeviceState, string>> = { normal: '○', degraded: '▲', offline: '▣', unknown: '?', maintenance: '⚒', disabled: '—' };

export function StateMark({ state, say }: { readonly state: DeviceState; readonly say: Say }) {
  return (
    <span className={`state state-${state}`}>
      <span aria-hidden="true">{shapes[state]}</span> {say(state)}
    </span>
  );
}

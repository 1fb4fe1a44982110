/** Plays one camera (RFC 2326; onvif-rtsp §3): one call ends when aborted and throws when it cannot go on, having tried every way that it may. */
import { parseTarget } from './address.ts';
import { RtspFailure } from './failure.ts';
import type { RtspOrderToPlay, RtspPlayer } from './order.ts';
import { holdSession, type SessionOrder, type Way } from './session.ts';

const maxRedirects = 2;

/** Throws RtspFailure. Returns when `signal` aborts, after a TEARDOWN. */
export async function playRtsp(order: RtspOrderToPlay, player: RtspPlayer, signal: AbortSignal): Promise<void> {
  const habits = order.habits ?? {};
  const session: SessionOrder = { ...order, habits };
  let target = parseTarget(order.url);
  const transports = target.secure ? (['tcp'] as const) : transportsOf(session);
  const failures: RtspFailure[] = [];
  let redirects = 0;
  for (;;) {
    const transport = transports[failures.length]!;
    const way: Way = { transport, replaceable: failures.length + 1 < transports.length };
    const outcome = await holdSession(target, session, way, player, signal);
    switch (outcome.kind) {
      case 'left':
        return;
      case 'moved':
        redirects += 1;
        if (redirects > maxRedirects) throw new RtspFailure('reply', `redirected more than ${maxRedirects} times.`);
        target = outcome.to;
        break;
      case 'again':
        break;
      case 'no-media':
        failures.push(outcome.failure);
        if (failures.length === transports.length) throw allFailed(transports, failures);
    }
  }
}

/** The one that is known to work first. */
function transportsOf({ transport = 'auto', ports, habits }: SessionOrder): readonly Way['transport'][] {
  if (transport !== 'auto') return [transport];
  if (!ports) return ['tcp'];
  return habits.transport === 'udp' ? ['udp', 'tcp'] : ['tcp', 'udp'];
}

function allFailed(transports: readonly string[], failures: readonly RtspFailure[]): RtspFailure {
  const [first] = failures;
  if (failures.length === 1) return first!;
  const told = failures.map((failure, index) => `over ${transports[index]!.toUpperCase()} it ${failure.message}`).join(' And ');
  return new RtspFailure(first!.reason, `was asked for its picture in every way: ${told}`, first);
}

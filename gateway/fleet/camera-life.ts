/** One camera's life: connect, ask every few seconds whether it is still there, and begin anew when it is not. */
import type { Camera } from '../domain/campus.ts';
import { GatewayError, isGatewayError } from '../domain/errors.ts';
import type { CameraAdapter, CameraSession, Clock, Logger } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import { type BackoffSettings, backoff } from '../runtime/backoff.ts';
import { problemsOf } from '../runtime/problems.ts';
import { lossOf, refusedCredentials } from './camera-loss.ts';
import type { CameraRefusals } from './camera-refusals.ts';
import type { CameraStatuses, Lost } from './camera-status.ts';
import { within } from './within.ts';

export interface CameraLifeParts {
  readonly adapters: ReadonlyMap<string, CameraAdapter<unknown>>;
  readonly statuses: CameraStatuses;
  readonly refusals: CameraRefusals;
  /** Listens to a session for as long as it lives; must not throw. */
  readonly hear: (camera: Camera, session: CameraSession, signal: AbortSignal) => Promise<void>;
  /** Told when nobody is to use the camera's credentials any more. */
  readonly refused: (camera: Camera) => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of a session as it opens, with a way to end it; and of its end. */
  opened(camera: Camera, session: CameraSession, end: (reason: GatewayError) => void): void;
  closed(camera: Camera): void;
}

// Off is seen within 4 + 5 s, and the checks of health make a fault of it 3 to 4.5 s later: 13.5 s of the 15 that are promised.
const betweenProbes: BackoffSettings = { first: seconds(4), most: seconds(4), jitter: 0.25 };
const probeWithin = seconds(5);
const connectWithin = seconds(10);
const closeWithin = seconds(2);
const pauses: Readonly<Record<Exclude<Lost, 'refused-credentials'>, BackoffSettings>> = {
  // Pictures are to be back within 5 s of the camera's return.
  unreachable: { first: seconds(0.5), most: seconds(2), jitter: 0.3 },
  failed: { first: seconds(1), most: seconds(8), jitter: 0.3 },
  // Only a person changes this, at the camera or here; and a change here begins a new life.
  untrusted: { first: seconds(5), most: seconds(60), jitter: 0.3 },
};

/** Lives until aborted; never throws. */
export async function liveCamera(camera: Camera, parts: CameraLifeParts, signal: AbortSignal): Promise<void> {
  const { statuses, refusals, clock, log } = parts;
  let attempt = 0;
  while (!signal.aborted) {
    const pause = refusals.wait(camera, 'camera');
    if (pause > 0) {
      statuses.lost(camera.id, refusedCredentials);
      parts.refused(camera);
      await clock.sleep(pause, signal).catch(() => undefined); // aborted: the loop's condition ends it
      continue;
    }
    let failure: unknown;
    try {
      await oneSession(camera, parts, { connected: () => (attempt = 0) }, signal);
    } catch (error) {
      failure = error;
    }
    if (signal.aborted) return;
    const loss = lossOf(failure, camera);
    const lost = loss.connection;
    if (lost === 'refused-credentials') refusals.note(camera, 'camera');
    if (statuses.lost(camera.id, loss)) log.warn('camera lost', { camera: camera.id, state: lost, error: failure });
    if (isGatewayError(failure, 'INVENTORY_INVALID', 'SECRET_UNREADABLE')) return; // Only a change of the inventory helps, and that begins a new life.
    if (lost === 'refused-credentials') continue;
    await clock.sleep(backoff(pauses[lost], attempt), signal).catch(() => undefined); // aborted: as above
    attempt += 1;
  }
}

/** Ends by throwing: when the camera is gone, or refuses, or by the signal. */
async function oneSession(camera: Camera, parts: CameraLifeParts, told: { connected(): void }, signal: AbortSignal): Promise<never> {
  const { statuses, refusals, clock, log } = parts;
  const adapter = adapterOf(camera, parts.adapters);
  const config = configOf(camera, adapter);
  const context = { clock, log };
  const session = await refusals.trial(camera, signal, () =>
    within(clock, { length: connectWithin, late: close }, signal, (limit) => adapter.connect(camera, config, context, limit)),
  );
  const ended = new AbortController();
  const end = () => ended.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  let listening: Promise<void> | undefined;
  try {
    parts.opened(camera, session, (reason) => ended.abort(reason));
    statuses.connected(camera.id, session);
    told.connected();
    log.info('camera connected', { camera: camera.id, model: session.model, firmware: session.firmware, profiles: session.profiles.length });
    listening = parts.hear(camera, session, ended.signal);
    for (;;) {
      // Uneven, so that the cameras of one recorder do not all ask it in the same moment: the first one that is refused is the last one that asks.
      await clock.sleep(backoff(betweenProbes, 0), ended.signal);
      if (refusals.wait(camera, 'camera') > 0) throw refusalOf(camera);
      const { clockOffset } = await within(clock, { length: probeWithin }, ended.signal, (limit) => session.probe(limit));
      statuses.measured(camera.id, clockOffset);
    }
  } finally {
    signal.removeEventListener('abort', end);
    ended.abort();
    parts.closed(camera);
    // A camera that hangs must not hold up its own return.
    await within(clock, { length: closeWithin }, undefined, async () => {
      await listening;
      await session[Symbol.asyncDispose]();
    }).catch((error) => log.warn('camera session not closed', { camera: camera.id, error }));
  }
}

/** What another camera of the same address and account was told holds for this one. */
export function refusalOf({ address }: Camera): GatewayError {
  return new GatewayError('CAMERA_CREDENTIALS', `The camera at ${address} refused these credentials a moment ago; it is not asked again yet.`);
}

export function adapterOf(camera: Camera, adapters: CameraLifeParts['adapters']): CameraAdapter<unknown> {
  const adapter = adapters.get(camera.adapter);
  if (adapter) return adapter;
  const known = [...adapters.keys()].join(', ');
  throw new GatewayError('INVENTORY_INVALID', `Camera ${camera.id} wants the adapter ${JSON.stringify(camera.adapter)}; there are ${known}.`, {
    context: { camera: camera.id },
  });
}

export function configOf(camera: Camera, adapter: CameraAdapter<unknown>): unknown {
  const checked = adapter.config.safeParse(camera.settings);
  if (checked.success) return checked.data;
  const problems = problemsOf(checked.error, camera.settings, () => undefined);
  const told = problems.map(({ path, expected, got }) => `${path || 'they'}: expected ${expected}, got ${got}`);
  throw new GatewayError('INVENTORY_INVALID', `The settings of camera ${camera.id} do not fit its adapter: ${told.join('; ')}.`, {
    context: { camera: camera.id, problems: problems.map((each) => ({ ...each, path: `settings.${each.path}` })) },
  });
}

function close(session: CameraSession): void {
  session[Symbol.asyncDispose]().then(undefined, () => undefined); // nobody waits for it any more
}

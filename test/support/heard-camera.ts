/** A simulated camera that somebody listens to, with its reports as they come; time passes twenty times as fast. */
import type { CameraReport } from '../../gateway/domain/camera-report.ts';
import type { CameraSession } from '../../gateway/domain/ports.ts';
import type { CameraSimulator, CameraSimulatorOptions } from '../../simulators/camera/simulator.ts';
import { eventually } from './eventually.ts';
import { fastClock } from './fast-clock.ts';
import { type cameraShop, signInTo } from './simulated-camera.ts';

/** For the camera and for whoever listens. */
const hurried = fastClock(20);
type Event = Extract<CameraReport, { kind: 'event' }>;

export interface HeardCamera extends AsyncDisposable {
  readonly camera: CameraSimulator;
  readonly session: CameraSession;
  readonly reports: readonly CameraReport[];
  /** Events but `quiet`, as `kind source state`. */
  told(): readonly string[];
  events(): readonly Event[];
  /** Until its states were told. */
  settled(): Promise<void>;
}

export async function heardCamera(
  shop: Awaited<ReturnType<typeof cameraShop>>,
  options: Partial<CameraSimulatorOptions> = {},
  before: (camera: CameraSimulator) => Promise<unknown> | unknown = () => undefined,
): Promise<HeardCamera> {
  const camera = await shop.open({ clock: hurried, strictTokens: false, ...options });
  await before(camera);
  const session = await signInTo(camera, { events: [{ kind: 'input' }] }, { clock: hurried });
  const leaving = new AbortController();
  const reports: CameraReport[] = [];
  const reading = (async () => {
    for await (const report of session.reports(leaving.signal)) reports.push(report);
  })();
  const events = () => reports.filter((report): report is Event => report.kind === 'event');
  return {
    camera,
    session,
    reports,
    events,
    told: () =>
      events()
        .filter(({ state }) => state !== 'quiet')
        .map(({ event, source, state }) => [event, source, state].filter((word) => word !== '').join(' ')),
    settled: () =>
      eventually(() => {
        if (!events().some(({ event, source }) => event === 'input' && source === 'DI_2')) throw new Error('no states yet');
      }),
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await reading;
      await session[Symbol.asyncDispose]();
      await camera[Symbol.asyncDispose]();
    },
  };
}

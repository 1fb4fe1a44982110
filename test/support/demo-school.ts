/** The demo school for tests of what breaks in it: real cameras and panels of the simulator, real time, and an administrator who looks. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { type Demo, openDemo } from '../../gateway/commands/demo.ts';
import type { AlarmView, DeviceView, Overview } from '../../gateway/domain/api.ts';
import { hours, type Millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { packageRoot } from '../../gateway/runtime/package-root.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import type { CampusDescription } from '../../simulators/campus-file.ts';
import { eventually } from './eventually.ts';

export interface DemoSchool extends AsyncDisposable {
  readonly demo: Demo;
  /** Gone when the school closes. */
  readonly folder: string;
  /** Of a GET below /api/v1. */
  ask<Answer>(path: string): Promise<Answer>;
  send<Answer>(method: string, path: string, body: unknown): Promise<{ readonly status: number; readonly json: Answer }>;
  alarms(): Promise<readonly AlarmView[]>;
  /** Waits until the device is in this state, and with this fault; fails after the promised time. */
  within(limit: Millis, device: string, state: string, fault?: string): Promise<void>;
}

/** Of both panels. */
export const heartbeatSeconds = 2;
/** What is asked of the cameras here does not depend on their pictures: small ones leave the machine to the other tests. */
const picture = { width: 320, height: 180, framesPerSecond: 10 };

/** Resolves once every camera and panel of it is normal. */
export async function openDemoSchool(): Promise<DemoSchool> {
  await using opening = new Scope();
  const folder = await mkdtemp(join(tmpdir(), 'demo-school-'));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const campusFile = join(folder, 'campus.yaml');
  const { cameras, panels, ...rest }: CampusDescription = parse(await readFile(join(packageRoot, 'config/demo-campus.yaml'), 'utf8'));
  const campus = {
    ...rest,
    cameras: cameras.map((camera) => ({ ...camera, main: picture, sub: picture })),
    panels: panels.map((panel) => ({ ...panel, heartbeatSeconds })),
  };
  await writeFile(campusFile, JSON.stringify(campus)); // which is YAML, too
  const demo = opening.own(
    await openDemo(
      { clock: systemClock, log: silentLogger, print: () => undefined, pressAfter: hours(1), usualPorts: false, campusFile },
      new AbortController().signal,
    ),
  );
  const origin = `http://127.0.0.1:${demo.gateway.plain?.port}`;
  let cookie = '';
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${origin}/api/v1${path}`, { ...init, headers: { cookie, origin, 'content-type': 'application/json' } });
  const claim = { code: demo.gateway.claimCode, name: 'admin', password: 'correct horse battery' };
  const claimed = await call('/claim', { method: 'POST', body: JSON.stringify(claim) });
  cookie = claimed.headers.getSetCookie()[0]?.split(';')[0] ?? '';

  async function ask<Answer>(path: string): Promise<Answer> {
    return (await (await call(path)).json()) as Answer;
  }
  await eventually(async () => {
    const overview = await ask<Overview>('/overview');
    expect(overview).toMatchObject({ cameras: { normal: cameras.length }, panels: { normal: panels.length } });
  }, seconds(60));

  const owned = opening.release();
  return {
    demo,
    folder,
    ask,
    async send<Answer>(method: string, path: string, body: unknown) {
      const answer = await call(path, { method, body: JSON.stringify(body) });
      return { status: answer.status, json: (await answer.json()) as Answer };
    },
    alarms: async () => (await ask<{ alarms: AlarmView[] }>('/alarms?limit=100')).alarms,
    within: (limit, device, state, fault) =>
      eventually(async () => {
        const view = await ask<DeviceView>(`/devices/${device}`);
        expect(view.state).toBe(state);
        if (fault) expect(view.faults.map(({ code }) => code)).toContain(fault);
      }, limit),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

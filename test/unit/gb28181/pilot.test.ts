/** Steering with its watchdog, on a clock that we move. */
import { describe, expect, test } from 'vitest';
import type { PtzCommand } from '../../../adapters/protocols/manscdp/ptz.ts';
import { Pilot } from '../../../adapters/uplinks/gb28181/control/pilot.ts';
import type { CameraCommand, CommandResult } from '../../../gateway/domain/command.ts';
import { channelId } from '../../../gateway/domain/ids.ts';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';

const gate = channelId('gate');

describe('the pilot', () => {
  const axis = (toward: -1 | 0 | 1, speed = 128) => ({ toward, speed });
  const right: PtzCommand = { kind: 'move', pan: axis(1), tilt: axis(0), zoom: axis(0) };

  function pilot(perform: (command: CameraCommand) => CommandResult | Promise<CommandResult> = () => ({ ok: true })) {
    const clock = new ManualClock();
    const done: string[] = [];
    const ending = new AbortController();
    const unsupported = (_channel: unknown, what: string) => done.push(`cannot ${what}`);
    const carryOut = async (_channel: unknown, command: CameraCommand) => {
      done.push('preset' in command ? `${command.op} ${command.preset}` : 'name' in command ? `${command.op} ${command.name}` : command.op);
      return perform(command);
    };
    return { clock, done, ending, pilot: new Pilot({ perform: carryOut, clock, log: silentLogger, signal: ending.signal, unsupported }) };
  }

  test('keeps a camera moving until the stop comes', async () => {
    const { pilot: helm, clock, done } = pilot();
    helm.steer(gate, right);
    await clock.advance(seconds(7));
    expect(done).toEqual(['ptz-move', 'ptz-move', 'ptz-move']);
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(seconds(60));
    expect(done).toEqual(['ptz-move', 'ptz-move', 'ptz-move', 'ptz-stop']);
    expect(clock.sleepers).toBe(0);
  });

  test('stops one whose stop was lost', async () => {
    const { pilot: helm, clock, done } = pilot();
    helm.steer(gate, right);
    helm.steer(channelId('hall'), { kind: 'lens', focus: axis(1), iris: axis(0) });
    await clock.advance(seconds(19));
    expect(done).not.toContain('ptz-stop');
    await clock.advance(seconds(2));
    expect(done.filter((op) => op.endsWith('stop')).sort()).toEqual(['focus-stop', 'ptz-stop']);
    await clock.advance(seconds(60));
    expect(done.at(-1)).toMatch(/stop$/);
  });

  test('lets the last movement of a flood count, and drops no stop', async () => {
    let release: (() => void) | undefined;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { pilot: helm, clock, done } = pilot(() => slow.then(() => ({ ok: true })));
    for (let turn = 0; turn < 1_000; turn += 1) helm.steer(gate, right);
    helm.steer(gate, { kind: 'lens', focus: axis(-1), iris: axis(0) });
    helm.steer(gate, { kind: 'stop' });
    for (let turn = 0; turn < 100; turn += 1) helm.steer(gate, { kind: 'preset', action: 'call', preset: 9 });
    release?.();
    await clock.advance(seconds(1));
    // Both stops: the platform knows one for everything.
    expect(done.slice(0, 3)).toEqual(['ptz-move', 'ptz-stop', 'focus-stop']);
    expect(done.length).toBeLessThan(20);
  });

  test('watches over focus and turning apart: one that begins leaves the other its stop', async () => {
    const { pilot: helm, clock, done } = pilot();
    helm.steer(gate, { kind: 'lens', focus: axis(1), iris: axis(0) });
    await clock.advance(seconds(1));
    helm.steer(gate, right);
    helm.steer(gate, { kind: 'auxiliary', on: true, number: 1 });
    await clock.advance(seconds(10));
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(seconds(1));
    expect(done.slice(-2).sort()).toEqual(['focus-stop', 'ptz-stop']);
    helm.steer(gate, { kind: 'lens', focus: axis(1), iris: axis(0) });
    await clock.advance(seconds(1));
    helm.steer(gate, right);
    helm.steer(gate, { kind: 'preset', action: 'call', preset: 1 });
    await clock.advance(seconds(21));
    expect(done.filter((op) => op === 'focus-stop')).toHaveLength(2);
    expect(clock.sleepers).toBe(0);
  });

  test('tries a stop again that did not reach the camera, unless something newer was said', async () => {
    let broken = 2;
    const {
      pilot: helm,
      clock,
      done,
    } = pilot((command) => {
      if (command.op === 'ptz-stop' && broken-- > 0) throw new Error('no answer');
      return { ok: true };
    });
    helm.steer(gate, right);
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(seconds(5));
    expect(done).toEqual(['ptz-move', 'ptz-stop', 'ptz-stop', 'ptz-stop']);
    broken = 9;
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(seconds(0.5));
    helm.steer(gate, right);
    await clock.advance(seconds(2));
    expect(done.slice(4)).toEqual(['ptz-stop', 'ptz-move']);
  });

  test('gives a camera ten movements a second, and stops between them at once', async () => {
    const { pilot: helm, clock, done } = pilot();
    for (let turn = 0; turn < 100; turn += 1) {
      helm.steer(gate, right);
      await clock.advance(millis(10));
    }
    expect(done.length).toBeLessThanOrEqual(11);
    helm.steer(gate, right);
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(millis(1));
    expect(done.at(-1)).toBe('ptz-stop');
  });

  test('finds presets by their number, and gives new ones a name that says it', async () => {
    const { pilot: helm, clock, done } = pilot(() => ({ ok: true, presets: [{ token: 'tok', name: 'Preset 3' }] }));
    for (const action of ['call', 'delete', 'set'] as const) helm.steer(gate, { kind: 'preset', action, preset: 3 });
    helm.steer(gate, { kind: 'preset', action: 'set', preset: 5 });
    helm.steer(gate, { kind: 'preset', action: 'call', preset: 8 });
    await clock.advance(seconds(1));
    expect(done.filter((what) => what !== 'presets')).toEqual(['preset-go tok', 'preset-remove tok', 'preset-save tok', 'preset-save Preset 5']);
  });

  test('goes on a cruise until it is stopped, and home when nobody has steered for a while', async () => {
    const {
      pilot: helm,
      clock,
      done,
      ending,
    } = pilot(() => ({ ok: true, presets: [1, 2, 3].map((one) => ({ token: `t${one}`, name: `Preset ${one}` })) }));
    helm.steer(gate, { kind: 'cruise-add', group: 1, preset: 1 });
    helm.steer(gate, { kind: 'cruise-add', group: 1, preset: 2 });
    helm.steer(gate, { kind: 'cruise-dwell', group: 1, value: 10 });
    helm.steer(gate, { kind: 'cruise-start', group: 1 });
    await clock.advance(seconds(25));
    const went = () => done.filter((what) => what.startsWith('preset-go'));
    expect(went()).toEqual(['preset-go t1', 'preset-go t2', 'preset-go t1']);
    helm.guard(gate, { preset: 3, after: seconds(30) });
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(seconds(29));
    expect(went()).toHaveLength(3);
    await clock.advance(seconds(2));
    expect(went().at(-1)).toBe('preset-go t3');
    helm.steer(gate, right);
    ending.abort();
    await clock.advance(seconds(60));
    expect(clock.sleepers).toBe(0);
  });

  test('turns to no guard position while a movement is held or a cruise goes on, and waits its time from their end', async () => {
    const listed = { ok: true, presets: [1, 3].map((one) => ({ token: `t${one}`, name: `Preset ${one}` })) } as const;
    for (const held of [right, { kind: 'lens', focus: axis(1), iris: axis(0) }] as const) {
      const { pilot: helm, clock, done } = pilot(() => listed);
      const home = () => done.includes('preset-go t3');
      helm.guard(gate, { preset: 3, after: seconds(5) });
      helm.steer(gate, held);
      await clock.advance(seconds(15));
      expect(home()).toBe(false);
      helm.steer(gate, { kind: held === right ? 'stop' : 'lens-stop' });
      await clock.advance(seconds(4));
      expect(home()).toBe(false);
      await clock.advance(seconds(2));
      expect(home()).toBe(true);
      // One that the watchdog ends, after 20 s.
      done.length = 0;
      helm.steer(gate, held);
      await clock.advance(seconds(24));
      expect(done.at(-1)).toMatch(/stop$/);
      await clock.advance(seconds(2));
      expect(home()).toBe(true);
    }
    const { pilot: helm, clock, done } = pilot(() => listed);
    const went = () => done.filter((what) => what.startsWith('preset-go'));
    helm.guard(gate, { preset: 3, after: seconds(5) });
    helm.steer(gate, { kind: 'cruise-add', group: 1, preset: 1 });
    helm.steer(gate, { kind: 'cruise-start', group: 1 });
    await clock.advance(seconds(40));
    expect(new Set(went())).toEqual(new Set(['preset-go t1']));
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(seconds(6));
    expect(went().at(-1)).toBe('preset-go t3');
  });

  /** A camera whose answers wait until they are let go, each by its order. */
  function slowCamera() {
    const waiting: { readonly op: string; readonly answer: (result: CommandResult | Error) => void }[] = [];
    const perform = ({ op }: CameraCommand) =>
      new Promise<CommandResult>((resolve, reject) => {
        waiting.push({ op, answer: (result) => (result instanceof Error ? reject(result) : resolve(result)) });
      });
    return {
      perform,
      async answer(op: string, result: CommandResult | Error = { ok: true }) {
        const index = waiting.findIndex((each) => each.op === op);
        expect(index, `${op} waits for an answer`).toBeGreaterThanOrEqual(0);
        waiting.splice(index, 1)[0]?.answer(result);
        for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
      },
    };
  }
  const presets = { ok: true, presets: [{ token: 'tok', name: 'Preset 3' }] } as const;
  const call: PtzCommand = { kind: 'preset', action: 'call', preset: 3 };
  const focus: PtzCommand = { kind: 'lens', focus: axis(1), iris: axis(0) };

  test('stops beside a movement that hangs, and once more after it: the camera may have heard them in the other order', async () => {
    const camera = slowCamera();
    const { pilot: helm, clock, done } = pilot(camera.perform);
    helm.steer(gate, right);
    helm.steer(gate, { kind: 'stop' });
    expect(done).toEqual(['ptz-move', 'ptz-stop']);
    await camera.answer('ptz-stop');
    await camera.answer('ptz-move');
    expect(done).toEqual(['ptz-move', 'ptz-stop', 'ptz-stop']);
    await camera.answer('ptz-stop');
    await clock.advance(seconds(60));
    expect(done).toHaveLength(3);
    expect(clock.sleepers).toBe(0);
  });

  test('goes to no preset after a stop, whether it has begun to look for it or not, at the word of a platform or to its guard position', async () => {
    for (const begin of ['call', 'guard'] as const) {
      const camera = slowCamera();
      const { pilot: helm, clock, done } = pilot(camera.perform);
      const go = async () => {
        if (begin === 'call') helm.steer(gate, call);
        else {
          helm.guard(gate, { preset: 3, after: seconds(5) });
          await clock.advance(seconds(5));
          helm.guard(gate, undefined);
        }
      };
      await go();
      expect(done).toEqual(['presets']);
      helm.steer(gate, { kind: 'stop' });
      await camera.answer('presets', presets);
      expect(done.slice(0, 2)).toEqual(['presets', 'ptz-stop']);
      // Waiting behind something else.
      helm.steer(gate, { kind: 'auxiliary', on: true, number: 1 });
      await camera.answer('ptz-stop');
      if (done.filter((op) => op === 'ptz-stop').length === 2) await camera.answer('ptz-stop');
      await go();
      helm.steer(gate, { kind: 'stop' });
      await camera.answer('wiper');
      await clock.advance(seconds(30));
      expect(done.filter((op) => op.startsWith('preset'))).toEqual(['presets']);
      expect(done.at(-1)).toBe('ptz-stop');
    }
  });

  test('does not heap up stops at a camera that answers nothing, and the last word counts', async () => {
    const camera = slowCamera();
    const { pilot: helm, clock, done } = pilot(camera.perform);
    for (let turn = 0; turn < 1_000; turn += 1) {
      helm.steer(gate, right);
      helm.steer(gate, { kind: 'stop' });
    }
    expect(done).toEqual(['ptz-move', 'ptz-stop']);
    await camera.answer('ptz-move', new Error('no answer'));
    expect(done.slice(2)).toEqual(['ptz-stop']);
    for (let turn = 0; turn < 2; turn += 1) await camera.answer('ptz-stop', new Error('no answer'));
    for (let turn = 0; turn < 2; turn += 1) {
      await clock.advance(seconds(1));
      await camera.answer('ptz-stop', new Error('no answer'));
    }
    await clock.advance(seconds(60));
    expect(done).toEqual(['ptz-move', ...Array(4).fill('ptz-stop')]);
    expect(clock.sleepers).toBe(0);
  });

  test('holds no stop back for another that is not answered', async () => {
    const camera = slowCamera();
    const { pilot: helm, clock, done } = pilot(camera.perform);
    helm.steer(gate, right);
    await camera.answer('ptz-move');
    helm.steer(gate, { kind: 'stop' });
    helm.steer(gate, { kind: 'lens-stop' });
    expect(done).toEqual(['ptz-move', 'ptz-stop', 'focus-stop']);
    await camera.answer('ptz-stop', new Error('no answer'));
    await clock.advance(seconds(0.5));
    // A second word goes at once, between two tries of the first.
    helm.steer(gate, { kind: 'stop' });
    expect(done.slice(3)).toEqual(['ptz-stop']);
    // What comes next does not overtake it.
    helm.steer(gate, focus);
    expect(done.slice(4)).toEqual([]);
    await camera.answer('ptz-stop');
    await camera.answer('focus-stop');
    expect(done.slice(4)).toEqual(['focus-move']);
  });
});

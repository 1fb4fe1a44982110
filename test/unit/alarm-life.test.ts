import { describe, expect, test } from 'vitest';
import { type AlarmLife, assertStep, bornLife, lifeOf, lived, stepsFrom } from '../../gateway/domain/alarm-life.ts';
import { alarmCauses, alarmStates, type LifeStep, type StepName, stepNames } from '../../gateway/domain/alarm-step.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { DomainEvent } from '../../gateway/domain/event.ts';
import { userId } from '../../gateway/domain/ids.ts';
import { after, instant, seconds } from '../../gateway/domain/time.ts';
import { alarm, deedOf, escalation, start } from '../support/spine.ts';

const raised = alarm({ type: 'panic.silent' });
const steps: Readonly<Record<StepName, LifeStep>> = {
  verifying: { name: 'verifying' },
  acknowledged: { name: 'acknowledged' },
  dispatched: { name: 'dispatched', unit: 'car 7' },
  'on-scene': { name: 'on-scene' },
  resolved: { name: 'resolved', cause: 'true', text: 'a stranger at the gate' },
  closed: { name: 'closed' },
  reopened: { name: 'reopened', reason: 'closed too early' },
};

/** The life after these steps, each a minute after the one before, by these people in turn. */
function lifeAfter(names: readonly StepName[], people: readonly string[] = ['li']): AlarmLife {
  return names.reduce(
    (life, name, index) => lived(life, deedOf(raised, steps[name], { by: people[index % people.length]!, at: start + (index + 1) * 60_000 })),
    bornLife(start),
  );
}
const refusal = (life: AlarmLife, step: StepName, more: Partial<Parameters<typeof assertStep>[2]> = {}) => {
  try {
    assertStep(life, step, { alarm: raised.id, severity: 1, by: userId('li'), twoPersons: true, ...more });
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
};

const whole = ['verifying', 'acknowledged', 'dispatched', 'on-scene', 'resolved', 'closed'] as const;

describe('the life of an alarm', () => {
  test('goes from received over all its states to closed, and each is told by who and when', () => {
    expect(whole.map((_, index) => lifeAfter(whole.slice(0, index + 1), ['li', 'wang']).state)).toEqual(whole);
    expect(lifeAfter(whole, ['li', 'wang'])).toMatchObject({
      acknowledged: { by: 'wang', at: start + 120_000 },
      units: ['car 7'],
      resolution: { cause: 'true', text: 'a stranger at the gate', by: 'li' },
      closed: { by: 'wang', at: start + 360_000 },
    });
  });

  test('allows exactly the steps that its state offers; every other is refused with what was expected and what came', () => {
    const ways: readonly (readonly StepName[])[] = [[], ...whole.map((_, index) => whole.slice(0, index + 1))];
    expect(ways.map((way) => lifeAfter(way).state)).toEqual(alarmStates);
    for (const way of ways) {
      const life = lifeAfter(way, ['wang']);
      for (const step of stepNames) {
        const refused = refusal(life, step);
        expect({ state: life.state, step, refused: refused?.code }).toEqual({
          ...{ state: life.state, step },
          refused: stepsFrom(life.state).includes(step) ? undefined : 'ALARM_STEP',
        });
        if (!refused) continue;
        expect(refused.context).toMatchObject({ state: life.state, step, expected: expect.any(Array) });
        expect(refused.message).toContain(`is ${life.state} and cannot be ${step}: that needs`);
        expect(refused.context.words).toMatchObject({ zh: expect.stringContaining('须先处于'), en: expect.stringContaining('which needs it to be') });
      }
    }
  });

  test('goes on from on scene when another unit is sent, and skips dispatch where nobody has to go', () => {
    expect(lifeAfter(['acknowledged', 'dispatched', 'on-scene', 'dispatched'])).toMatchObject({ state: 'on-scene', units: ['car 7', 'car 7'] });
    expect(lifeAfter(['acknowledged', 'resolved']).state).toBe('resolved');
  });

  test('begins anew when it is reopened: it waits, has to be acknowledged again, and may escalate again', () => {
    const life = lived(lifeAfter(['acknowledged', 'resolved', 'closed', 'reopened']), escalation(raised, 1));
    expect(life).toMatchObject({ state: 'received', reopened: 1, escalated: 1, waitingSince: start + 240_000, units: [] });
    expect([life.acknowledged, life.resolution, life.closed]).toEqual([undefined, undefined, undefined]);
    expect(stepsFrom(life.state)).toEqual(['verifying', 'acknowledged']);
  });

  test('is the same for a step that had no place in it, as a journal of another build might hold', () => {
    const life = lifeAfter(['acknowledged']);
    for (const name of ['verifying', 'acknowledged', 'on-scene', 'closed', 'reopened'] as const) {
      expect(lived(life, deedOf(raised, steps[name], { by: 'wang' }))).toEqual(life);
    }
  });

  test('is never moved by what the panel says: neither a restore nor anything else that is no step', () => {
    const entries = [
      { ...raised, kind: 'alarm.restored' } as DomainEvent,
      deedOf(raised, steps.acknowledged),
      { ...raised, kind: 'alarm.restored' } as DomainEvent,
    ].map((event, index) => ({ position: index + 2, journalledAt: start, event }));
    expect(lifeOf({ position: 1, journalledAt: start, event: raised }, entries).state).toBe('acknowledged');
  });
});

describe('closing an alarm of severity 1', () => {
  const resolvedByLi = lifeAfter(['acknowledged', 'resolved'], ['wang', 'li']);

  test('takes somebody else than who resolved it, and says so in both languages', () => {
    const refused = refusal(resolvedByLi, 'closed');
    expect(refused).toMatchObject({ code: 'SECOND_PERSON', message: expect.stringContaining('closed by somebody else than li') });
    expect(refused?.context.words).toMatchObject({ zh: expect.stringContaining('两人'), en: expect.stringContaining('two people') });
    expect(refusal(resolvedByLi, 'closed', { by: userId('wang') })).toBeUndefined();
  });

  test('takes one person where the alarm is milder, or the school wants it so', () => {
    expect(refusal(resolvedByLi, 'closed', { severity: 2 })).toBeUndefined();
    expect(refusal(resolvedByLi, 'closed', { twoPersons: false })).toBeUndefined();
  });

  test('is not to be had by reopening: who resolves it the second time may not close it either', () => {
    const again = lifeAfter(['acknowledged', 'resolved', 'reopened', 'acknowledged', 'resolved'], ['li']);
    expect(refusal(again, 'closed')?.code).toBe('SECOND_PERSON');
  });
});

test('whatever people try in whatever order, only lives come about that the rules allow (10,000 random ones)', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  for (let run = 0; run < 10_000; run += 1) {
    let life = bornLife(start);
    let at = start;
    const seen: string[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      const by = ['li', 'wang', 'zhao'][random(3)]!;
      const name = stepNames[random(stepNames.length)]!;
      at = after(at, seconds(random(90)));
      if (refusal(life, name, { by: userId(by) })) continue;
      if (name === 'closed') expect(life.resolution?.by).not.toBe(by);
      const step: LifeStep = name === 'resolved' ? { name, cause: alarmCauses[random(alarmCauses.length)]! } : steps[name];
      life = lived(life, deedOf(raised, step, { by, at: instant(at) }));
      seen.push(name);
    }
    // Nothing is closed that was not acknowledged and resolved since it last began.
    const last = seen.slice(seen.lastIndexOf('reopened') + 1);
    if (life.state === 'closed') expect(last).toEqual(expect.arrayContaining(['acknowledged', 'resolved', 'closed']));
    if (life.resolution) expect(life.acknowledged).toBeDefined();
    expect(life.reopened).toBe(seen.filter((name) => name === 'reopened').length);
  }
});

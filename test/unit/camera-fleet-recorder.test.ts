/** Many cameras behind one door: the channels of a recorder, in the fleet on a clock that is moved by hand. */
import { describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../gateway/domain/time.ts';
import { cameraNamed, fleetOf } from '../support/camera-fleet.ts';

describe('sixteen cameras of one recorder, which share its address and account', () => {
  const recorder = () => Array.from({ length: 16 }, (_, index) => cameraNamed(`channel-${index + 1}`, { address: 'http://recorder/onvif' }));
  const states = (one: Awaited<ReturnType<typeof fleetOf>>) => [...new Set(one.fleet.statuses().map(({ connection }) => connection))];

  test('try a wrong password once, all together, and once again after five minutes', async () => {
    await using one = await fleetOf(recorder(), 'wrong password');
    await one.clock.advance(minutes(4.8));
    expect([states(one), one.seen.connects]).toEqual([['refused-credentials'], 1]);
    await one.clock.advance(minutes(0.3));
    expect(one.seen.connects).toBe(2);
  });

  test('are all connected when it is taken, and notice a new password with a few requests', async () => {
    await using one = await fleetOf(recorder());
    await one.clock.advance(minutes(1));
    expect([states(one), one.seen.connects]).toEqual([['connected'], 16]);
    const probes = one.seen.probes;
    one.seen.behaviour = 'wrong password';
    await one.clock.advance(seconds(8));
    expect([states(one), one.seen.connects]).toEqual([['refused-credentials'], 16]);
    expect(one.seen.probes - probes).toBeLessThanOrEqual(2);
  });

  test.each(['off', 'silent'] as const)('that goes %s: all unreachable within 10 s, all back within 15 s', async (how) => {
    await using one = await fleetOf(recorder());
    one.seen.behaviour = how;
    await one.clock.advance(seconds(10));
    expect(states(one)).toEqual(['unreachable']);
    await one.clock.advance(minutes(1));
    one.seen.behaviour = 'well';
    await one.clock.advance(seconds(15));
    expect(states(one)).toEqual(['connected']);
  });

  test('of which one has settings that do not fit: the others are not held up', async () => {
    const [odd, ...rest] = recorder();
    await using one = await fleetOf([{ ...odd!, settings: { nonsense: 1 } }, ...rest]);
    expect(one.fleet.statuses().filter(({ connection }) => connection === 'connected')).toHaveLength(15);
  });
});

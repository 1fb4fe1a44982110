/** The real uplink bears every misbehaviour of a platform that has nothing to do with live pictures: afterwards all is as before, within a minute. */
import { expect, test } from 'vitest';
import { messageMisbehaviours } from '../../simulators/platform/gb28181/misbehaviours/messages.ts';
import { registrationMisbehaviours } from '../../simulators/platform/gb28181/misbehaviours/registration.ts';
import { nothing, runCourse } from '../support/gb-course.ts';

/** A refusal is answered with a minute of peace and more, as the standard wants; see gb28181-registration. */
const refusals = ['refused'];
const names = [...registrationMisbehaviours, ...messageMisbehaviours].map(({ name }) => name).filter((name) => !refusals.includes(name));

test.each(names.map((name, index) => [name, index] as const))('%s', { timeout: 120_000 }, async (name, index) => {
  const course = await runCourse({ name, seed: index, transport: index % 2 === 0 ? 'udp' : 'tcp', length: 25 });
  expect(course).toMatchObject({ left: nothing, faults: [], wellAfter: expect.any(Number) });
  expect(course.wellAfter).toBeLessThanOrEqual(60);
});

/** The real uplink played by the platform simulator, which judges every packet and answer: many at once, and with everything that platforms do wrong. */
import { expect, onTestFinished, test } from 'vitest';
import { linkedSchool, livePlatforms, patience, playable, runLiveCourse, shows, transports } from '../support/gb-live-course.ts';
import { device } from '../support/gb-registrar.ts';

/** All calls of a test hang on it. */
const { signal } = new AbortController();

/** Of Node: more listeners than it thinks right, for example. */
function warnings(): readonly Error[] {
  const told: Error[] = [];
  const hear = (warning: Error) => told.push(warning);
  process.on('warning', hear);
  onTestFinished(() => void process.off('warning', hear));
  return told;
}

test.each(transports)('sixteen calls at once (%s) show every picture, and break no rule', { timeout: patience }, async (transport) => {
  const warned = warnings();
  await using school = await linkedSchool();
  const wanted = [...playable, playable[0]!].map((channel) => ({ channel, transport }));
  const plays = await Promise.all(wanted.map((order) => school.platform.play(device, order, signal)));
  expect(plays.map(({ status }) => status)).toEqual(wanted.map(() => 200));
  await Promise.all(plays.map((play) => shows(play, 50)));
  expect(plays.flatMap((play) => play.violations())).toEqual([]);
  expect(plays.every((play) => play.counters().lost === 0 && play.counters().keyframes > 0)).toBe(true);
  await Promise.all(plays.map((play) => play.bye(signal)));
  await school.nothingLeft();
  expect(school.platform.complaints()).toEqual([]);
  expect(warned).toEqual([]);
});

test.each(livePlatforms)('twenty calls of a platform with %s, in every transport, end with nothing left', { timeout: patience }, async (name) => {
  expect(await runLiveCourse(name, playable.length + name.length)).toEqual([]);
});

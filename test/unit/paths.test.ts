/** When is a primary lost, and who stands in for it? */
import { expect, test } from 'vitest';
import { isLost, type PathSigns, standingOf } from '../../gateway/delivery/paths.ts';
import type { UplinkRole } from '../../gateway/domain/campus.ts';
import { uplinkId } from '../../gateway/domain/ids.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';

const path = (id: string, role: UplinkRole, more: Partial<PathSigns> = {}): PathSigns => ({
  id: uplinkId(id),
  role,
  broken: false,
  answeredAgo: seconds(3_600),
  ...more,
});
const lost = (more: Partial<PathSigns>) => isLost(path('p', 'primary', more));

test.each<[string, Partial<PathSigns>, boolean]>([
  ['has nothing to do', {}, false],
  ['has wrong settings', { broken: true }, true],
  ['lost its registration a moment ago', { downFor: millis(9_999) }, false],
  ['lost its registration and has not had it again', { downFor: seconds(10) }, true],
  ['has answered nothing for a moment', { silentFor: millis(4_999) }, false],
  ['has answered nothing', { silentFor: seconds(5) }, true],
  ['has answered no delivery since before its link came up', { silentFor: seconds(50), upFor: seconds(1) }, false],
  ['has answered no delivery since its link came up', { silentFor: seconds(50), unansweredAgo: seconds(1), upFor: seconds(2) }, true],
  ['has not been tried since its link came up', { silentFor: seconds(50), unansweredAgo: seconds(2), upFor: seconds(1) }, false],
  ['answers no delivery although its link stands', { silentFor: seconds(5), upFor: seconds(1_000) }, true],
  ['owes an answer to a fresh alarm', { owedFor: millis(9_999) }, false],
  ['owes an answer to an alarm and gives none', { owedFor: seconds(10) }, true],
  ['is behind, but goes on', { owedFor: seconds(59), answeredAgo: seconds(1) }, false],
  ['goes on, but leaves one alarm behind', { owedFor: seconds(60), answeredAgo: seconds(0) }, true],
])('one that %s', (_what, more, expected) => {
  expect(lost(more)).toBe(expected);
});

test('the first backup that is well stands in for every primary that is lost, and for no copy', () => {
  const silent = { silentFor: seconds(60) };
  const all = [path('a', 'primary', silent), path('b', 'primary'), path('c', 'copy', silent), path('d', 'backup', silent), path('e', 'backup')];
  expect(standingOf(all)).toEqual({ backup: 'e', of: ['a'] });
  expect(standingOf(all.filter(({ id }) => id !== 'e'))).toEqual({ backup: 'd', of: ['a'] }); // lost too, and better than nobody
  expect(standingOf(all.filter(({ role }) => role !== 'backup'))).toBeUndefined();
  expect(standingOf(all.filter(({ id }) => id !== 'a'))).toBeUndefined();
});

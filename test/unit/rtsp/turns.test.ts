import { expect, test } from 'vitest';
import { Turns } from '../../../adapters/viewers/rtsp-server-turns.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('of many viewers those go first that have the least left to ask, and each set in the order of asking', async () => {
  const turns = new Turns();
  const answered: string[] = [];
  const ask = (viewer: string, asked: number) => turns.take(asked, () => void answered.push(`${viewer}${asked}`));
  for (const viewer of ['a', 'b', 'c']) ask(viewer, 0);
  ask('x', 2);
  ask('y', 3);
  expect(answered).toEqual([]);
  await turn();
  await turn();
  expect(answered).toEqual(['y3', 'x2', 'a0', 'b0', 'c0']);
});

test('the sockets are looked at between a few answers: whoever asks on meanwhile is served before those who only begin', async () => {
  const turns = new Turns();
  const answered: number[] = [];
  for (let viewer = 0; viewer < 100; viewer += 1) {
    turns.take(0, () => {
      answered.push(0);
      if (viewer === 0) setImmediate(() => turns.take(1, () => void answered.push(1)));
    });
  }
  for (let turns = 0; turns < 60; turns += 1) await turn();
  expect(answered).toHaveLength(101);
  expect(answered.indexOf(1)).toBeLessThan(10);
});

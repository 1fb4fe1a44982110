import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { millis } from '../../../gateway/domain/time.ts';
import { Courier } from '../../../gateway/media/courier.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';

function open() {
  const clock = new ManualClock();
  const heard: unknown[] = [];
  const channels = [new MessageChannel(), new MessageChannel()];
  for (const [index, { port2 }] of channels.entries()) port2.on('message', (message) => heard.push(`${index}:${message}`));
  const [one, other] = channels.map(({ port1 }) => port1);
  return {
    ...{ clock, heard, courier: new Courier(clock), one: one!, other: other! },
    turn: () => new Promise((resolve) => setTimeout(resolve, 20)),
    [Symbol.dispose]: () => {
      for (const { port1 } of channels) port1.close();
    },
  };
}

test('what comes within a few milliseconds is told together, to each port in order', async () => {
  using post = open();
  post.courier.carry(post.one, 0);
  post.courier.carry(post.other, 100);
  post.courier.carry(post.one, 50);
  await post.turn();
  expect(post.heard).toEqual([]);
  await post.clock.advance(millis(4));
  await post.turn();
  expect(post.heard.toSorted()).toEqual(['0:0', '0:50', '1:100']);
  expect(post.heard.indexOf('0:0')).toBeLessThan(post.heard.indexOf('0:50'));
});

test('what else is said to a port does not overtake it, and nothing is told twice', async () => {
  using post = open();
  post.courier.carry(post.one, 0);
  post.courier.deliver();
  post.one.postMessage('ended');
  post.courier.carry(post.one, 50);
  await post.clock.advance(millis(8));
  await post.turn();
  expect(post.heard).toEqual(['0:0', '0:ended', '0:50']);
});

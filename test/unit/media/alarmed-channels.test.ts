import { expect, test } from 'vitest';
import type { DomainEvent } from '../../../gateway/domain/event.ts';
import { instant, minutes } from '../../../gateway/domain/time.ts';
import { AlarmedChannels } from '../../../gateway/media/alarmed-channels.ts';

const raised = (id: string, at: number, channels: readonly string[]) =>
  ({ kind: 'alarm.raised', id, receivedAt: instant(at), channels }) as unknown as DomainEvent;
const acknowledged = (alarm: string) => ({ kind: 'alarm.acknowledged', alarm }) as unknown as DomainEvent;

test('channels of open alarms are told when they change, and only then', () => {
  const alarmed = new AlarmedChannels();
  const at = (time: number, event?: DomainEvent) => alarmed.take(event, instant(time));
  expect(at(0)).toBeUndefined();
  expect(at(1, raised('a', 1, ['gate', 'yard']))).toEqual(['gate', 'yard']);
  expect(at(2, raised('b', 2, ['gate']))).toBeUndefined();
  expect(at(3, acknowledged('a'))).toEqual(['gate']);
  expect(at(4, raised('c', 4, []))).toBeUndefined();
  expect(at(5, acknowledged('b'))).toEqual([]);
  expect(at(6, raised('d', 6, ['hall']))).toEqual(['hall']);
  expect(at(6 + minutes(31))).toEqual([]);
});

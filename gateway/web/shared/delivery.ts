/** How far an alarm has come, in one badge. */
import type { AlarmView } from '../../domain/api.ts';
import type { Say } from './texts.ts';

export interface DeliveryBadge {
  readonly kind: 'local' | 'waiting' | 'refused' | 'delivered';
  readonly text: string;
}

export function deliveryBadge(alarm: AlarmView, say: Say): DeliveryBadge {
  if (alarm.deliveries.length === 0) return { kind: 'local', text: say('local') };
  if (alarm.deliveries.some(({ state }) => state === 'refused')) return { kind: 'refused', text: say('refused') };
  if (alarm.deliveries.some(({ state }) => state === 'pending')) return { kind: 'waiting', text: say('undelivered') };
  const last = Math.max(...alarm.receipts.filter(({ hop }) => hop === 'accepted').map(({ at }) => at));
  return { kind: 'delivered', text: say('delivered', { ms: Math.max(0, last - Date.parse(alarm.receivedAt)) }) };
}

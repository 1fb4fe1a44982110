/** How alarms go out to one platform. */
import { z } from 'zod';
import type { EventKind } from '../../../../gateway/domain/event.ts';

const row = z.strictObject({
  /** 1 is the highest, 4 the lowest; usual: the severity. */
  priority: z.int().min(1).max(4).optional(),
  /** 1 telephone, 2 device, 3 SMS, 4 GPS, 5 video, 6 device fault, 7 other. WVP diverts 7 to where nobody looks. */
  method: z.int().min(1).max(7).optional(),
  /** `none`: no AlarmType is sent. */
  type: z.union([z.literal('none'), z.int().min(1).max(99)]).optional(),
});

export const alarmKeys = z
  .strictObject({
    /** What counts as delivered: the SIP 200, the platform's Response of the same SN, or its own answer to our alarm query. */
    ack: z.enum(['sip200', 'response', 'query']).default('sip200'),
    /** The standard has no word for the end of an alarm: it goes as another alarm marked [恢复]. */
    restores: z.boolean().default(false),
    /** Faults of the box and its devices, as alarms of method 6, and video loss. */
    faults: z.boolean().default(false),
    /** By canonical type: what this platform wants otherwise than the usual table says. */
    mapping: z.record(z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, 'a canonical alarm type, such as panic.silent'), row).default({}),
  })
  .prefault({});

/** What this platform is told. */
export function owedKinds({ restores, faults }: z.output<typeof alarmKeys>): ReadonlySet<EventKind> {
  return new Set<EventKind>(['alarm.raised', ...(restores ? (['alarm.restored'] as const) : []), ...(faults ? (['fault.raised'] as const) : [])]);
}

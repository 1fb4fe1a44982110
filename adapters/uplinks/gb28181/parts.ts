/**
 * The register of what an uplink does once it is linked: each part one line. A part is made once per life of the uplink, hears the platform through
 * the desk, speaks through `link.tell`, and follows `link.registrations` where a new registration means something to it.
 */
import type { SipResponse } from '../../protocols/sip/message.ts';
import type { DeskParts, GbNotice } from './desk.ts';
import type { PlatformLink } from './link.ts';

export interface GbParts extends Omit<DeskParts, 'response'> {
  /** Run until the uplink ends; one that throws ends the uplink, which begins anew. */
  readonly lives: readonly ((signal: AbortSignal) => Promise<void>)[];
  /** By NOTIFY, where the platform has subscribed to such alarms; undefined: it has not, and a MESSAGE is to go. */
  notifyAlarm(notice: Extract<GbNotice, { readonly cmdType: 'Alarm' }>, signal: AbortSignal): Promise<SipResponse | undefined>;
}

export function openParts(link: PlatformLink): GbParts {
  const unheard = (what: string, named: string) => link.context.log.debug('platform not obeyed', { uplink: link.uplink, what, named });
  return {
    lives: [],
    query: async ({ cmdType }) => unheard('query', cmdType),
    control: async ({ cmdType }) => unheard('control', cmdType),
    notice: ({ cmdType }) => unheard('notice', cmdType),
    subscribe: async (incoming) => incoming.answer(489),
    invite: async (incoming) => incoming.answer(488),
    notifyAlarm: async () => undefined,
  };
}

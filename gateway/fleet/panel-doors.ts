/** The doors through which brokers and receivers hand in what panels say, and fetch what they are to be told. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Panel } from '../domain/campus.ts';
import type { PanelMessage, PanelOrder } from '../domain/command.ts';
import { GatewayError } from '../domain/errors.ts';
import type { PanelStatus } from '../domain/health.ts';
import type { PanelId } from '../domain/ids.ts';
import type { PanelDoor } from '../domain/panel-ports.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { Mailbox } from '../runtime/mailbox.ts';
import type { PanelRoster } from './panel-roster.ts';

export interface PanelDoorsOptions {
  readonly roster: PanelRoster;
  readonly receive: (panel: Panel, protocol: string, message: PanelMessage) => Promise<void>;
  readonly session: (panel: PanelId, state: 'connected' | 'disconnected') => void;
  /** The broker forgot what it held for us. */
  readonly lost: (panels: readonly Panel[], broker: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface PanelDoors {
  doorFor(broker: string, protocol?: string): PanelDoor;
  /** False: nobody takes orders there now, or far too many wait. With `patient` it may wait for somebody, as long as it is good for anything. */
  send(broker: string, order: PanelOrder, patient: boolean): boolean;
  /** Whether a broker of the site lets us hear its panels; undefined: it is none, or was not called yet. */
  site(broker: string): PanelStatus['siteBroker'];
}

/** To the panels of one broker and from them. */
interface Line {
  readonly mailbox: Mailbox<PanelOrder>;
  takers: number;
  site?: PanelStatus['siteBroker'];
}

export function openPanelDoors({ roster, receive, session, lost, clock, log }: PanelDoorsOptions): PanelDoors {
  const lines = new Map<string, Line>();

  async function* orders(line: Line, signal: AbortSignal): AsyncGenerator<PanelOrder, void, void> {
    line.takers += 1;
    try {
      for await (const order of line.mailbox.take(signal)) {
        if (clock.now() < order.expires) yield order;
        else log.warn('panel order expired', { panel: order.panel, topic: order.topic });
      }
    } finally {
      line.takers -= 1;
    }
  }

  return {
    doorFor(name, protocol = name === 'embedded' ? 'mqtt' : `mqtt:${name}`) {
      const line: Line = lines.get(name) ?? { mailbox: new Mailbox(1_000), takers: 0 };
      lines.set(name, line);
      return {
        authenticate(username, password) {
          const panel = roster.at(name).panels.get(username as PanelId)?.panel;
          const given = createHash('sha256').update(password).digest();
          const kept = Buffer.from(panel?.passwordSha256 ?? '', 'hex');
          // Compared also for a name that nobody has, so that the time taken tells nothing.
          const same = timingSafeEqual(given, kept.length === given.length ? kept : Buffer.alloc(given.length));
          return same && kept.length === given.length ? panel : undefined;
        },
        panels: () => roster.at(name).grants,
        async receive(id, message) {
          const listed = roster.at(name).panels.get(id);
          if (!listed || !roster.speaksOn(listed, message.topic)) {
            throw new GatewayError('PANEL_FORBIDDEN', `Panel ${id} may not speak on ${message.topic.slice(0, 200)} of ${name}.`, {
              context: { panel: id, broker: name },
            });
          }
          await receive(listed.panel, protocol, message);
        },
        session(id, state, reason) {
          log.info('panel session changed', { panel: id, state, reason });
          session(id, state);
        },
        sessionLost() {
          log.warn('broker session lost', { broker: name });
          lost(
            [...roster.at(name).panels.values()].map(({ panel }) => panel),
            name,
          );
        },
        unheard(why) {
          line.site = { name, ...(why === undefined ? {} : { unheard: why }) };
        },
        orders: (signal) => orders(line, signal),
      };
    },
    send(broker, order, patient) {
      const line = lines.get(broker);
      return line !== undefined && (patient || line.takers > 0) && line.mailbox.push(order);
    },
    site: (broker) => lines.get(broker)?.site,
  };
}

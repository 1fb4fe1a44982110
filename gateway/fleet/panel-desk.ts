/** The command desk for panels: one order out, one answer back, or a sentence that says why not. */
import { randomUUID } from 'node:crypto';
import type { Panel } from '../domain/campus.ts';
import type { CommandResult, PanelCommand } from '../domain/command.ts';
import type { PanelStatus } from '../domain/health.ts';
import type { Clock } from '../domain/ports.ts';
import type { Report } from '../domain/report.ts';
import { after, type Instant, type Millis, millis, seconds } from '../domain/time.ts';

export interface PanelDeskOptions {
  readonly clock: Clock;
  /** Puts the command on the wire; throws COMMAND_UNSUPPORTED. False: nobody takes orders for that broker. */
  readonly send: (panel: Panel, command: PanelCommand) => boolean;
  readonly status: (panel: Panel) => PanelStatus;
}

export interface PanelDesk {
  perform(panel: Panel, command: PanelCommand): Promise<CommandResult>;
  answered(panel: Panel, response: Extract<Report, { kind: 'response' }>): void;
  /** Asks for the whole state, at most every 10 s per panel. */
  requestSync(panel: Panel): void;
}

/** A panel that has not answered after this long will not. */
const patience = seconds(10);
const syncEvery = seconds(10);

export function openPanelDesk({ clock, send, status }: PanelDeskOptions): PanelDesk {
  const waiting = new Map<string, (result: CommandResult) => void>();
  const synced = new Map<string, Instant>();

  return {
    async perform(panel, command) {
      const left = command.expires - clock.now();
      if (left <= 0) return { ok: false, sentence: `The command ${command.op} for panel ${panel.id} had expired before it was sent.` };
      // An order left with the broker for an absent panel would be carried out at a moment that nobody chose.
      if (status(panel).session === 'disconnected') return { ok: false, sentence: `Panel ${panel.id} is not connected; ${command.op} was not sent.` };
      const key = `${panel.id}|${command.id}`;
      const answer = new Promise<CommandResult>((resolve) => waiting.set(key, resolve));
      const done = new AbortController();
      const within: Millis = millis(Math.min(patience, left));
      const timeout = clock.sleep(within, done.signal).then(
        (): CommandResult => ({ ok: false, sentence: `Panel ${panel.id} did not answer ${command.op} within ${within / 1_000} s.` }),
        // Only `done` ends the wait early, and then the answer has won.
        () => answer,
      );
      try {
        if (!send(panel, command)) return { ok: false, sentence: `No broker connection carries orders to panel ${panel.id}.` };
        return await Promise.race([answer, timeout]);
      } finally {
        waiting.delete(key);
        done.abort();
      }
    },
    answered(panel, response) {
      const sentence = response.error;
      waiting.get(`${panel.id}|${response.command}`)?.({ ok: response.ok, ...(sentence === undefined ? {} : { sentence }) });
    },
    requestSync(panel) {
      const now = clock.now();
      const last = synced.get(panel.id);
      if (last !== undefined && now >= last && now - last < syncEvery) return;
      synced.set(panel.id, now);
      send(panel, { id: randomUUID(), op: 'sync', expires: after(now, seconds(60)) });
    },
  };
}

/**
 * The command desk for panels. A command is journalled with who and why before it leaves, and what became of it after. Nothing counts as done without a
 * proof: the panel's answer or, where it gives none, what it tells of itself afterwards.
 */
import { randomUUID } from 'node:crypto';
import { overtakes } from '../domain/alarm.ts';
import type { Panel } from '../domain/campus.ts';
import {
  type CommandOutcome,
  isAnswerTo,
  type Mandate,
  type PanelCommand,
  type PanelCommandResult,
  type PanelOrder,
  type PanelWords,
} from '../domain/command.ts';
import type { PanelStatus } from '../domain/health.ts';
import type { EventId, PanelId } from '../domain/ids.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import type { ArmMode, Report } from '../domain/report.ts';
import { after, type Instant, type Millis, millis, seconds } from '../domain/time.ts';
import type { Words } from '../domain/words.ts';

export interface CommandAudit {
  /** Resolves after the commit; rejects if there was none: then nothing may be sent. */
  ordered(panel: PanelId, command: PanelCommand, mandate: Mandate): Promise<EventId>;
  ended(ordered: EventId, panel: PanelId, command: PanelCommand, result: PanelCommandResult): Promise<unknown>;
}

export interface PanelDeskOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: CommandAudit;
  /** Throws COMMAND_UNSUPPORTED. */
  readonly encode: (panel: Panel, command: PanelCommand) => readonly PanelWords[];
  /** False: nobody takes orders for that broker now. */
  readonly send: (panel: Panel, order: PanelOrder, patient: boolean) => boolean;
  readonly status: (panel: Panel) => PanelStatus;
  /** It answers each order by its id. */
  readonly answers: (panel: Panel) => boolean;
}

export interface PanelDesk {
  /** Throws COMMAND_UNSUPPORTED, and JOURNAL_UNAVAILABLE: what cannot be journalled is not ordered. */
  perform(panel: Panel, command: PanelCommand, mandate: Mandate): Promise<PanelCommandResult>;
  /** What a panel says now, not what a broker kept of it. */
  heard(panel: Panel, report: Report): void;
  /** Asks for the whole state, at most every 10 s per panel. */
  requestSync(panel: Panel): void;
}

interface Waiting {
  readonly command: PanelCommand;
  readonly end: (result: PanelCommandResult) => void;
}

/** A panel that has not answered after this long will not. */
const patience = seconds(10);
const syncEvery = seconds(10);

export function openPanelDesk({ clock, log, audit, encode, send, status, answers }: PanelDeskOptions): PanelDesk {
  const waiting = new Map<PanelId, Set<Waiting>>();
  const synced = new Map<PanelId, Instant>();

  const ordersOf = (panel: Panel, command: PanelCommand): readonly PanelOrder[] =>
    encode(panel, command).map((words) => ({ ...words, panel: panel.id, expires: command.expires }));

  const carry = async (panel: Panel, command: PanelCommand, orders: readonly PanelOrder[]): Promise<PanelCommandResult> => {
    const left = command.expires - clock.now();
    const hindrance = left <= 0 ? late(panel, command) : hindranceOf(panel, command, status(panel));
    if (hindrance) return ended('not-sent', hindrance);
    if (orders.length === 0)
      return ended('not-sent', words(`主机 ${panel.id} 会自行上报状态，无需询问。`, `Panel ${panel.id} tells its state by itself.`));
    const own = waiting.get(panel.id) ?? new Set();
    waiting.set(panel.id, own);
    const done = new AbortController();
    const within: Millis = millis(Math.min(patience, left));
    let one: Waiting | undefined;
    try {
      const answer = new Promise<PanelCommandResult>((end) => {
        one = { command, end };
        own.add(one);
      });
      if (!orders.every((order) => send(panel, order, false))) {
        return ended(
          'not-sent',
          words(`目前没有连接能将命令送达主机 ${panel.id}。`, `No broker connection carries orders to panel ${panel.id} now.`),
        );
      }
      const silence = clock.sleep(within, done.signal).then(
        () => ended('unknown', silent(panel, command, within)),
        () => answer, // only `done` ends the wait early, and then the answer has won
      );
      return await Promise.race([answer, silence]);
    } finally {
      if (one) own.delete(one);
      if (own.size === 0) waiting.delete(panel.id);
      done.abort();
    }
  };

  return {
    async perform(panel, command, mandate) {
      const orders = ordersOf(panel, command);
      const ordered = await audit.ordered(panel.id, command, mandate);
      const result = await carry(panel, command, orders);
      const { outcome, words: told } = result;
      log.info('panel command', { panel: panel.id, op: command.op, command: command.id, by: mandate.by, outcome, why: told.en });
      await audit.ended(ordered, panel.id, command, result).catch((error: unknown) => {
        // It was carried out or not, whatever the disk says: whoever asked must hear.
        log.error('command result not journalled', { panel: panel.id, command: command.id, error });
      });
      return result;
    },
    heard(panel, report) {
      const own = waiting.get(panel.id);
      if (own === undefined) return;
      for (const { command, end } of own) {
        const proof = proofIn(report, command, answers(panel));
        if (proof) end(proof);
      }
    },
    requestSync(panel) {
      const now = clock.now();
      const last = synced.get(panel.id);
      if (last !== undefined && now >= last && now - last < syncEvery) return;
      synced.set(panel.id, now);
      for (const order of ordersOf(panel, { id: randomUUID(), op: 'sync', expires: after(now, seconds(60)) })) send(panel, order, true);
    },
  };
}

function proofIn(report: Report, command: PanelCommand, answers: boolean): PanelCommandResult | undefined {
  if (report.kind === 'response') {
    if (!isAnswerTo(report.command, command)) return undefined;
    if (report.ok) return ended('accepted', words('主机已确认执行。', 'The panel has confirmed it.'));
    const why = report.error ?? 'no reason given';
    return ended('refused', words(`主机拒绝：${why}`, `The panel refused: ${why}`));
  }
  if (answers || !shows(report, command)) return undefined;
  return ended('accepted', words('主机此后上报的状态与命令一致。', 'What the panel has told since is as ordered.'));
}

function shows(report: Report, command: PanelCommand): boolean {
  switch (command.op) {
    case 'arm':
      return showsArming(report, command.mode ?? 'away', command.partition);
    case 'disarm':
      return showsArming(report, 'disarmed', command.partition);
    case 'bypass':
    case 'unbypass':
      return (
        report.kind === 'trouble' && report.code === 'zone-bypassed' && report.zone === command.zone && report.active === (command.op === 'bypass')
      );
    case 'reset':
    case 'siren':
    case 'received':
    case 'sync':
      return false;
  }
}

function showsArming(report: Report, mode: ArmMode, partition: string | undefined): boolean {
  return report.kind === 'arming' && report.mode === mode && (partition ?? report.partition) === report.partition;
}

function hindranceOf(panel: Panel, command: PanelCommand, { session, announced }: PanelStatus): Words | undefined {
  if (command.op === 'bypass' && overtakes(panel.zones.find(({ id }) => id === command.zone)?.type ?? '')) {
    return words(
      `防区 ${command.zone} 为紧急或火警防区，任何时候不得旁路。`,
      `Zone ${command.zone} is for panic or fire: it is never taken out of service.`,
    );
  }
  // An order left with the broker for an absent panel would be carried out at a moment that nobody chose.
  if (session === 'disconnected' || announced === 'offline') {
    return words(`主机 ${panel.id} 未连接，命令未发送。`, `Panel ${panel.id} is not connected; ${command.op} was not sent.`);
  }
  return undefined;
}

function late(panel: Panel, { op }: PanelCommand): Words {
  return words(`命令在发送前已过期，未发送至主机 ${panel.id}。`, `The command ${op} for panel ${panel.id} had expired before it was sent.`);
}

function silent(panel: Panel, { op }: PanelCommand, within: Millis): Words {
  const count = within / 1_000;
  return words(
    `已发送，但 ${count} 秒内没有任何信息表明主机 ${panel.id} 是否执行，请现场确认。`,
    `It was sent, but nothing has told within ${count} s whether panel ${panel.id} did ${op}: look there.`,
  );
}

function ended(outcome: CommandOutcome, told: Words): PanelCommandResult {
  return { ok: outcome === 'accepted', outcome, words: told, sentence: told.en };
}

function words(zh: string, en: string): Words {
  return { zh, en };
}

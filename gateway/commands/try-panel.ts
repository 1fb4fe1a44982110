/** What `campus-gateway panel try` does; printing and exit codes are the caller's. */
import { panelTrials } from '../assemble-adapters.ts';
import { GatewayError } from '../domain/errors.ts';
import type { TriedMessage } from '../domain/panel-trial.ts';
import type { CommandSurroundings, Printable } from '../inventory/cli.ts';
import { openInventory } from '../inventory/store.ts';

/** Throws NOT_FOUND where the inventory has no such panel. Nothing is recorded. */
export async function tryPanel(folder: string, id: string, message: TriedMessage, { clock, log }: CommandSurroundings): Promise<Printable> {
  await using store = await openInventory({ folder, clock, log });
  const panel = store.current().panels.find((each) => each.id === id);
  if (!panel) throw new GatewayError('NOT_FOUND', `There is no panel ${JSON.stringify(id.slice(0, 80))} in the inventory.`);
  const [trial] = panelTrials(store, clock)(panel, [message]);
  const { heard = false, meanings = [], refused } = trial ?? {};
  const lines = meanings.map(({ sentence }) => `${sentence.en} · ${sentence.zh}`);
  if (!heard) lines.push(`Panel ${id} is not heard on this topic. · 网关不接收主机 ${id} 的此主题。`);
  else if (refused) lines.push(refused.sentence);
  else if (lines.length === 0) lines.push('It says nothing of alarms. · 与报警无关。');
  return { text: lines.map((line) => `${line}\n`).join(''), json: { ...trial } };
}

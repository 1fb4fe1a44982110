/** What must hold of the site's rules. A zone need not be in the inventory: one that nobody entered alarms all the same. */
import type { Inventory } from '../domain/campus.ts';
import type { Report } from './check.ts';

const mostRules = 256;
export const typePattern = /^[a-z]+(\.[a-z0-9-]+)*$/;

export function checkRules({ rules, panels }: Inventory, report: Report): void {
  if (rules.length > mostRules) report(['rules'], `at most ${mostRules} rules`, rules);
  const conditions = new Map<string, string>();
  for (const { id, panel, zone, code, alarm, type, severity, drill } of rules) {
    const path = ['rules', id];
    if (panel !== undefined && !panels.some((each) => each.id === panel)) report([...path, 'panel'], 'the id of a panel in the inventory', panel);
    if (zone !== undefined && panel === undefined) report([...path, 'panel'], 'the panel beside its zone', undefined);
    if (code !== undefined && (code.trim() === '' || code.length > 63)) report([...path, 'code'], 'a code as the panel says it', code);
    if (alarm !== undefined && !typePattern.test(alarm)) report([...path, 'alarm'], 'an alarm type such as burglary.interior', alarm);
    if (type !== undefined && !typePattern.test(type)) report([...path, 'type'], 'an alarm type such as panic.silent', type);
    if ((panel ?? zone ?? code ?? alarm) === undefined) report(path, 'a panel, a zone, a code or an alarm to which it applies', undefined);
    if ((type ?? severity ?? drill) === undefined) report(path, 'a type, a severity or drill: what it changes', undefined);
    const condition = JSON.stringify([panel, zone, code?.toUpperCase(), alarm]);
    const first = conditions.get(condition);
    if (first !== undefined) report(path, `a condition that rule ${first} does not have`, id);
    conditions.set(condition, id);
  }
}

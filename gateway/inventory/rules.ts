/** The site's rules as rows, and back. */
import type { AlarmType, Severity } from '../domain/alarm.ts';
import { GatewayError } from '../domain/errors.ts';
import { panelId, zoneId } from '../domain/ids.ts';
import type { SiteRule } from '../domain/site-rules.ts';
import type { Ledger } from './ledger.ts';
import { flag, putRow, type Row, removeRows } from './rows.ts';

export interface Rules {
  putRule(rule: SiteRule): void;
  removeRule(rule: string): void;
}

export function rulesOf(ledger: Ledger): Rules {
  return {
    putRule: (rule) => ledger.edit((database) => putRow(database, 'rules', ruleRow(rule.id, rule))),
    removeRule: (rule) =>
      ledger.edit((database) => {
        if (removeRows(database, 'rules', { column: 'id', is: rule }) > 0) return;
        throw new GatewayError('NOT_FOUND', `There is no rule ${JSON.stringify(rule)} in the inventory.`, { context: { rule } });
      }),
  };
}

/** As the file or a caller gives it; what is wrong with it, `checkInventory` tells. */
interface GivenRule {
  readonly panel?: string | undefined;
  readonly zone?: string | undefined;
  readonly code?: string | undefined;
  readonly alarm?: AlarmType | undefined;
  readonly type?: AlarmType | undefined;
  readonly severity?: Severity | undefined;
  readonly drill?: true | undefined;
}

export function ruleRow(id: string, { panel, zone, code, alarm, type, severity, drill }: GivenRule): Row<'rules'> {
  return {
    ...{ id, panel: panel ?? null, zone: zone ?? null, code: code ?? null, alarm: alarm ?? null },
    ...{ type: type ?? null, severity: severity ?? null, drill: flag(drill ?? false) },
  };
}

export function ruleOf({ id, panel, zone, code, alarm, type, severity, drill }: Row<'rules'>): SiteRule {
  const grade = ([1, 2, 3, 4] as const).find((each) => each === severity);
  return {
    id,
    ...(panel === null ? {} : { panel: panelId(panel) }),
    ...(zone === null ? {} : { zone: zoneId(zone) }),
    ...(code === null ? {} : { code }),
    ...(alarm === null ? {} : { alarm }),
    ...(type === null ? {} : { type }),
    ...(grade === undefined ? {} : { severity: grade }),
    ...(drill === 1 ? { drill: true } : {}),
  };
}

/** As the exported file says it. */
export function ruleEntry(row: Row<'rules'>): Omit<SiteRule, 'id'> {
  const { id: _id, ...rule } = ruleOf(row);
  return rule;
}

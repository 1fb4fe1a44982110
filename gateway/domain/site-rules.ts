/**
 * What one site wants otherwise than the normalisation table: another type, a graver or milder severity, or the mark of a drill, for a code, a type,
 * a panel or a zone. Pure. Panic, hold-up, duress and fire are above it: no rule makes them milder, turns them into something lesser, or marks them
 * as a drill (alarm-panels §0.9).
 */
import { type AlarmType, overtakes, type Severity } from './alarm.ts';
import { severityOf, typeOfContactId } from './alarm-types.ts';
import type { Inventory } from './campus.ts';
import type { PanelId, ZoneId } from './ids.ts';
import type { Report } from './report.ts';
import { typeOfSia } from './sia-types.ts';
import type { Words } from './words.ts';

/** All that is named must hold; a rule that names nothing is none. */
interface RuleCondition {
  readonly panel?: PanelId;
  /** Of that panel. */
  readonly zone?: ZoneId;
  /** As the panel says it: `130` of Contact ID with any qualifier, `BA` of SIA with what restores it, or a dialect's own word such as `action:single`. */
  readonly code?: string;
  /** The canonical type that the table gives, or that a rule has given. */
  readonly alarm?: AlarmType;
}

export interface SiteRule extends RuleCondition {
  readonly id: string;
  readonly type?: AlarmType;
  readonly severity?: Severity;
  readonly drill?: true;
}

type ZoneReport = Extract<Report, { kind: 'zone' }>;

export interface RuledReport {
  readonly report: ZoneReport;
  readonly severity: Severity;
  /** Ids of the rules that changed something. */
  readonly rules: readonly string[];
}

/** The report as this site reads it. The nearest rule decides: a zone's before a panel's before the site's, then one with a code or a type before one without. */
export function underRules(report: ZoneReport, { rules, panels }: Pick<Inventory, 'rules' | 'panels'>): RuledReport {
  if (rules.length === 0) return { report, severity: severityOf(report.type), rules: [] };
  const applied = new Set<string>();
  const own = panels.find(({ id }) => id === report.device)?.zones.find(({ id }) => id === report.zone)?.type;
  const typed = nearest(rules, report, report.type, (rule) => rule.type !== undefined && (rule.zone !== undefined || own !== report.type));
  let type = report.type;
  if (typed?.type !== undefined && typed.type !== type && !(overtakes(type) && !overtakes(typed.type))) {
    type = typed.type;
    applied.add(typed.id);
  }
  let severity = severityOf(type);
  const graded = nearest(rules, report, type, (rule) => rule.severity !== undefined);
  if (graded?.severity !== undefined && graded.severity !== severity && !(overtakes(type) && graded.severity > severity)) {
    severity = graded.severity;
    applied.add(graded.id);
  }
  let { drill } = report;
  const drilled = overtakes(type) || drill ? undefined : nearest(rules, report, type, (rule) => rule.drill === true);
  if (drilled) {
    drill = true;
    applied.add(drilled.id);
  }
  return { report: applied.size === 0 ? report : { ...report, type, drill }, severity, rules: [...applied] };
}

function nearest(rules: readonly SiteRule[], report: ZoneReport, type: AlarmType, wanted: (rule: SiteRule) => boolean): SiteRule | undefined {
  let found: SiteRule | undefined;
  for (const rule of rules) {
    if (wanted(rule) && holds(rule, report, type) && (found === undefined || nearness(rule) > nearness(found))) found = rule;
  }
  return found;
}

function holds({ panel, zone, code, alarm }: SiteRule, report: ZoneReport, type: AlarmType): boolean {
  return (
    (panel === undefined || panel === report.device) &&
    (zone === undefined || zone === report.zone) &&
    (code === undefined || saysCode(report.code, code)) &&
    (alarm === undefined || alarm === type || alarm === report.type)
  );
}

function nearness({ panel, zone, code, alarm }: RuleCondition): number {
  return (zone === undefined ? 0 : 8) + (panel === undefined ? 0 : 4) + (code === undefined ? 0 : 2) + (alarm === undefined ? 0 : 1);
}

function saysCode(said: string, wanted: string): boolean {
  if (said === wanted) return true;
  const [heard, code] = [said.toUpperCase(), wanted.toUpperCase()];
  if (contactId.test(code)) return /^[136]/.test(heard) && heard.slice(1) === code;
  if (!sia.test(heard) || !sia.test(code)) return false;
  if (heard === code) return true;
  // What ends it must carry the same type, or the alarm would stand for ever.
  const [meant, ruled] = [typeOfSia(heard, '1'), typeOfSia(code, '1')];
  return !meant.active && meant.type === ruled.type;
}

const contactId = /^[0-9A-F]{3}$/;
const sia = /^[A-Z][A-Z0-9]$/;

/** What of a rule is passed over, or may be: whoever edits it must be told. */
export function ruleDoubts({ code, alarm, type, severity, drill }: SiteRule): readonly Words[] {
  const upper = code?.toUpperCase() ?? '';
  const usual = alarm ?? (contactId.test(upper) ? typeOfContactId(upper, '1') : sia.test(upper) ? typeOfSia(upper, '1').type : undefined);
  const doubts: Words[] = [];
  const above = usual !== undefined && overtakes(usual);
  if (above && type !== undefined && !overtakes(type)) doubts.push(doubt(usual, `改为 ${type}`, `become ${type}`));
  const stays = above && type !== undefined && overtakes(type) ? type : type === undefined || above ? usual : type;
  if (stays !== undefined && overtakes(stays)) {
    if (severity !== undefined && severity > severityOf(stays)) doubts.push(doubt(stays, `降为 ${severity} 级`, `get severity ${severity}`));
    if (drill) doubts.push(doubt(stays, '标为演练', 'be marked as a drill'));
  }
  return doubts;
}

function doubt(type: AlarmType, zh: string, en: string): Words {
  return { zh: `紧急报警与火警不受此规则影响：${type} 不会${zh}。`, en: `Panic and fire are above rules: ${type} will not ${en}.` };
}

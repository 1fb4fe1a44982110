/** Fixtures of the dialects that say states: messages in the order in which they came, and in a few words what each must mean. */
import { readFileSync } from 'node:fs';
import { panelDialects } from '../../adapters/index.ts';
import type { Panel } from '../../gateway/domain/campus.ts';
import type { PanelMessage } from '../../gateway/domain/command.ts';
import { isGatewayError } from '../../gateway/domain/errors.ts';
import { type ZoneId, zoneId } from '../../gateway/domain/ids.ts';
import type { PanelDialect } from '../../gateway/domain/panel-ports.ts';
import type { Report } from '../../gateway/domain/report.ts';
import { messageOf, type WrittenMessage } from './bad-input.ts';
import { panelOf } from './panels.ts';

export interface DialectCase extends WrittenMessage {
  /** `raise`, `restore`, `arm`, `tamper`, `battery`, `mains`, `offline`, `replay`, `garbage`; others where a dialect has its own. */
  readonly case: string;
  readonly says: readonly string[];
  /** One digit says it, or any word says something, so that a flipped bit may say what was not meant: only a checksum could tell. */
  readonly fragile?: boolean;
}

interface CaseFile {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly zones: Readonly<Record<string, { readonly name?: string; readonly type?: string }>>;
  /** What this dialect has no word for, and why. */
  readonly without: Readonly<Record<string, string>>;
  readonly cases: readonly DialectCase[];
}

export interface DialectFixture {
  readonly dialect: PanelDialect;
  readonly panel: Panel;
  readonly without: readonly string[];
  readonly cases: readonly DialectCase[];
}

/** All but `campus`, whose fixtures are older and one file each. */
export const dialectFixtures: readonly DialectFixture[] = panelDialects
  .filter(({ name }) => name !== 'campus')
  .map((dialect) => {
    const file: CaseFile = JSON.parse(readFileSync(new URL(`../fixtures/dialect/${dialect.name}/cases.json`, import.meta.url), 'utf8'));
    const zones = Object.entries(file.zones).map(([id, zone]) => ({ id: zoneId(id) as ZoneId, name: zone.name ?? id, channels: [], ...zone }));
    const panel = panelOf('gate', { dialect: dialect.name, settings: file.settings, zones });
    return { dialect, panel, without: Object.keys(file.without), cases: file.cases };
  });

/** The reports of the cases, one after the other, each with what the earlier ones taught. */
export function decodedInOrder({ dialect, panel, cases }: DialectFixture): readonly (readonly Report[] | 'refused')[] {
  const learned = new Map<string, string>();
  return cases.map((each) => {
    const reports = decodedOr(dialect, panel, { ...messageOf(each), learned });
    if (reports !== 'refused') for (const report of reports) if (report.kind === 'learned') learned.set(report.key, report.value);
    return reports;
  });
}

/** Throws whatever is no PANEL_MESSAGE. */
export function decodedOr(dialect: PanelDialect, panel: Panel, message: PanelMessage): readonly Report[] | 'refused' {
  try {
    return dialect.decode(panel, message);
  } catch (error) {
    if (isGatewayError(error, 'PANEL_MESSAGE')) return 'refused';
    throw error;
  }
}

/** What would ring a bell, and where. */
export function alarmsIn(reports: readonly Report[] | 'refused'): readonly string[] {
  if (reports === 'refused') return [];
  return reports.flatMap((report) => (report.kind === 'zone' && /^(raised|still)$/.test(report.state) ? [`${report.type} @${report.zone}`] : []));
}

/** `raised panic.silent @7 old test`, `trouble mains-lost`, `no trouble tamper`, `armed away #1`, `online`. What is learned is not told. */
export function wordsOf(reports: readonly Report[] | 'refused'): readonly string[] {
  return reports === 'refused' ? ['refused'] : reports.flatMap((report) => (report.kind === 'learned' ? [] : [wordOf(report)]));
}

function wordOf(report: Exclude<Report, { kind: 'learned' }>): string {
  switch (report.kind) {
    case 'zone': {
      const marks = [report.historical ? 'old' : '', report.test ? 'test' : '', report.drill ? 'drill' : ''].filter((mark) => mark !== '');
      return [report.state, report.type, `@${report.zone}`, ...marks].join(' ');
    }
    case 'arming':
      return `armed ${report.mode} #${report.partition}`;
    case 'trouble':
      return `${report.active ? '' : 'no '}trouble ${report.code}${report.zone === undefined ? '' : ` @${report.zone}`}`;
    case 'alive':
      return report.online ? 'online' : 'offline';
    case 'response':
      return `answer ${report.command}`;
  }
}

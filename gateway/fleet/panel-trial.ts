/** Pure: messages of a panel, through its dialect and in words. */
import { titleOf } from '../domain/alarm-types.ts';
import type { Inventory, Panel } from '../domain/campus.ts';
import type { PanelMessage } from '../domain/command.ts';
import { isGatewayError } from '../domain/errors.ts';
import type { PanelDialect } from '../domain/panel-ports.ts';
import type { Meaning, Trial, TriedMessage } from '../domain/panel-trial.ts';
import type { ArmMode, Report } from '../domain/report.ts';
import { underRules } from '../domain/site-rules.ts';
import type { Instant } from '../domain/time.ts';
import { matches } from '../domain/topic-filter.ts';
import { troubleTitles } from '../domain/trouble-titles.ts';
import type { Words } from '../domain/words.ts';

interface TrialGround {
  readonly dialect: PanelDialect;
  readonly panel: Panel;
  /** Its campus, and its rules. */
  readonly inventory: Pick<Inventory, 'campus' | 'rules'>;
  readonly now: Instant;
}

export function tryMessages({ dialect, panel, inventory, now }: TrialGround, messages: readonly TriedMessage[]): readonly Trial[] {
  const { campus, rules } = inventory;
  const filters = dialect.topics(panel, campus.id);
  const learned = new Map<string, string>();
  const armed = new Map<string, ArmMode>();
  return messages.map(({ topic, payload, retained }) => {
    if (!filters.some((filter) => matches(filter, topic))) return { topic, heard: false, meanings: [] };
    const disarmed = armed.size > 0 && [...armed.values()].every((mode) => mode === 'disarmed');
    const read = decoded(dialect, panel, { topic, payload, retained, qos: 1, duplicate: false, receivedAt: now, learned, disarmed });
    if ('refused' in read) return { topic, heard: true, meanings: [], refused: read.refused };
    for (const report of read.reports) {
      if (report.kind === 'learned') learned.set(report.key, report.value);
      if (report.kind === 'arming') armed.set(report.partition, report.mode);
    }
    return { topic, heard: true, meanings: read.reports.map((report) => meaningOf(report, panel, rules)) };
  });
}

type Read = { readonly reports: readonly Report[] } | { readonly refused: NonNullable<Trial['refused']> };

function decoded(dialect: PanelDialect, panel: Panel, message: PanelMessage): Read {
  try {
    return { reports: dialect.decode(panel, message) };
  } catch (error) {
    if (!isGatewayError(error, 'PANEL_MESSAGE')) throw error;
    const { path, expected, got } = error.context;
    return { refused: { sentence: error.message, path: String(path), expected: String(expected), got: String(got) } };
  }
}

function meaningOf(report: Report, panel: Panel, siteRules: Inventory['rules']): Meaning {
  const { kind } = report;
  const timed = report.deviceTime === undefined ? {} : { occurredAt: report.deviceTime };
  switch (report.kind) {
    case 'zone': {
      const { report: said, severity, rules } = underRules(report, { panels: [panel], rules: siteRules });
      const { zone, type, code, text } = said;
      const known = { zone, type, severity, code, ...(rules.length === 0 ? {} : { rules }) };
      return { kind, sentence: zoneSentence(said, panel, rules), ...known, ...(text === undefined ? {} : { text }), ...timed };
    }
    case 'arming': {
      const mode = modes[report.mode];
      const { partition } = report;
      return { kind, sentence: { zh: `分区 ${partition}：${mode.zh}。`, en: `Partition ${partition}: ${mode.en}.` }, ...timed };
    }
    case 'trouble': {
      const title = troubleTitles[report.code];
      const { zone, active } = report;
      const where = zone === undefined ? { zh: '', en: '' } : { zh: `（防区 ${zone}）`, en: ` (zone ${zone})` };
      const sentence = active
        ? { zh: `故障：${title.zh}${where.zh}。`, en: `Trouble: ${title.en}${where.en}.` }
        : { zh: `无此故障：${title.zh}${where.zh}。`, en: `No such trouble: ${title.en}${where.en}.` };
      return { kind, sentence, ...(zone === undefined ? {} : { zone }), ...timed };
    }
    case 'alive':
      return {
        kind,
        sentence: report.online ? { zh: '主机在线。', en: 'The panel is there.' } : { zh: '主机离线。', en: 'The panel is gone.' },
        ...timed,
      };
    case 'learned':
      return { kind, sentence: { zh: '记住此信息，用于解读后续消息。', en: 'Kept in mind, to read later messages by.' }, ...timed };
    case 'response':
      return { kind, sentence: { zh: `命令 ${report.command} 的应答。`, en: `The answer to command ${report.command}.` }, ...timed };
  }
}

const modes: Readonly<Record<ArmMode, Words>> = {
  disarmed: { zh: '撤防', en: 'disarmed' },
  home: { zh: '留守布防', en: 'armed, people at home' },
  away: { zh: '外出布防', en: 'armed, nobody there' },
  night: { zh: '夜间布防', en: 'armed for the night' },
};

/** What the alarm would come to, told with its marks. */
const states: Readonly<Record<Extract<Report, { kind: 'zone' }>['state'], Words>> = {
  raised: { zh: '报警', en: 'Raises an alarm' },
  restored: { zh: '报警恢复', en: 'Ends an alarm' },
  still: { zh: '处于报警状态（此前未报警时才报警）', en: 'Stands in alarm (raises one unless it stands already)' },
  quiet: { zh: '状态正常（此前报警时即恢复）', en: 'Is at rest (ends an alarm that stands)' },
};

function zoneSentence(report: Extract<Report, { kind: 'zone' }>, panel: Panel, rules: readonly string[]): Words {
  const { state, type, zone, historical, drill, test } = report;
  const title = titleOf(type);
  const name = panel.zones.find(({ id }) => id === zone)?.name ?? zone;
  const marks = [
    ...(historical ? [{ zh: '较早', en: 'of earlier' }] : []),
    ...(drill ? [{ zh: '演练', en: 'drill' }] : []),
    ...(test ? [{ zh: '测试', en: 'test' }] : []),
    ...rules.map((rule) => ({ zh: `按规则 ${rule}`, en: `by rule ${rule}` })),
  ];
  const marked =
    marks.length === 0 ? { zh: '', en: '' } : { zh: `（${marks.map(({ zh }) => zh).join('、')}）`, en: ` (${marks.map(({ en }) => en).join(', ')})` };
  return { zh: `${states[state].zh}：${title.zh}，防区 ${name}${marked.zh}。`, en: `${states[state].en}: ${title.en}, zone ${name}${marked.en}.` };
}

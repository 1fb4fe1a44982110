/** The bureau's table as CSV: a heading, in English or Chinese, and one line for each code. */
import { type CsvCell, readCsv } from './csv.ts';
import type { IssuedCode, IssuedTable } from './issued.ts';
import type { OwnerKind } from './judge.ts';

const headings = {
  code: ['code', 'gbcode', 'gb code', 'deviceid', '编码', '国标编码', '设备编码', '通道编码', '国标id'],
  id: ['id', 'channel', 'zone', '标识', '编号', '网关编号'],
  kind: ['kind', 'type', '类型', '种类', '设备类型'],
  name: ['name', '名称', '设备名称', '通道名称', '点位名称'],
} as const;

const kinds: ReadonlyMap<string, OwnerKind> = new Map(
  Object.entries({
    ...{ device: 'device', gateway: 'device', 网关: 'device', 设备: 'device', nvr: 'device' },
    ...{ channel: 'channel', camera: 'channel', 通道: 'channel', 摄像机: 'channel', 视频通道: 'channel' },
    ...{ zone: 'zone', alarm: 'zone', 防区: 'zone', 报警输入: 'zone', 报警通道: 'zone' },
    ...{ group: 'group', 业务分组: 'group', place: 'place', 位置: 'place', 虚拟组织: 'place' },
  } as const),
);

/** Without a column for the kind, or where the word in it is unknown, the type digits of each code say it. */
export function readIssuedCsv(text: string): IssuedTable {
  const { rows, faults } = readCsv(text);
  if (faults.length > 0) return { issued: [], problems: faults.map((fault) => ({ path: '', ...fault })) };
  const [head, ...lines] = rows;
  const columnOf = (names: readonly string[]) => head?.findIndex((cell) => names.includes(cell.text.toLowerCase())) ?? -1;
  const at = { code: columnOf(headings.code), id: columnOf(headings.id), kind: columnOf(headings.kind), name: columnOf(headings.name) };
  if (!head || at.code < 0 || (at.id < 0 && at.name < 0)) {
    const got = head ? head.map((cell) => cell.text.slice(0, 40)).join(', ') : 'an empty file';
    const expected = 'a heading with "code" (编码), and "id" (编号) or "name" (名称)';
    return { issued: [], problems: [{ path: '', expected, got, line: head?.[0]?.line ?? 1, column: head?.[0]?.column ?? 1 }] };
  }
  const read = lines.map((cells) => issuedOf(cells, at));
  return { issued: read.flatMap(({ issued }) => issued ?? []), problems: read.flatMap(({ problem }) => problem ?? []) };
}

function issuedOf(
  cells: readonly CsvCell[],
  at: Readonly<Record<keyof typeof headings, number>>,
): { issued?: IssuedCode; problem?: IssuedTable['problems'][number] } {
  const first = cells[0]!;
  const cell = (index: number) => (index < 0 ? undefined : cells[index]);
  const code = cell(at.code);
  const place = { line: code?.line ?? first.line, column: code?.column ?? first.column };
  if (!code || code.text === '') return { problem: { path: 'code', expected: 'a code of 20 decimal digits', got: 'nothing', ...place } };
  const said = cell(at.kind)?.text ?? '';
  const kind = kinds.get(said.toLowerCase());
  // Every bureau has words of its own for cameras: one that nobody here knows is told, and the code says what the thing is.
  const strange = said === '' || kind ? {} : { strangeKind: said.slice(0, 40) };
  // Spreadsheets are told that a cell is text by an apostrophe, or by ="…".
  const digits = code.text.replace(/^'|^="|"$/g, '');
  return { issued: { code: digits, kind, ...strange, id: cell(at.id)?.text || undefined, name: cell(at.name)?.text, ...place } };
}

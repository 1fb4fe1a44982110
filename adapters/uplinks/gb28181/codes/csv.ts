/** Tables as spreadsheets write them (RFC 4180; tabs and semicolons too), each cell with the place where it stands. */

export interface CsvCell {
  readonly text: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

export interface CsvFault {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
  readonly got: string;
}

export interface CsvTable {
  /** Without the empty ones. */
  readonly rows: readonly (readonly CsvCell[])[];
  readonly faults: readonly CsvFault[];
}

/** Never throws. `mostCells`: beyond them nothing is read, and that is a fault. The separator is the one that the first line has most of. */
export function readCsv(source: string, mostCells = 100_000): CsvTable {
  const text = source.replace(/^\uFEFF/, '');
  const separator = separatorOf(text);
  const rows: CsvCell[][] = [];
  let row: CsvCell[] = [];
  let [at, line, lineStart, count] = [0, 1, 0, 0];

  const endRow = () => {
    if (row.some((cell) => cell.text !== '')) rows.push(row);
    row = [];
  };
  while (at < text.length) {
    const place = { line, column: at - lineStart + 1 };
    count += 1;
    if (count > mostCells) return { rows, faults: [{ ...place, expected: `at most ${mostCells} cells`, got: 'more' }] };
    let value: string;
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1);
      if (end === -1) return { rows, faults: [{ ...place, expected: 'a closing quote', got: 'the end of the file' }] };
      const quoted = text.slice(at + 1, end);
      value = quoted.replaceAll('""', '"');
      const breaks = [...quoted.matchAll(/\r\n|\r|\n/g)];
      const last = breaks.at(-1);
      if (last) lineStart = at + 1 + last.index + last[0].length;
      line += breaks.length;
      at = end + 1;
      const next = text[at];
      if (next !== undefined && next !== separator && next !== '\r' && next !== '\n') {
        return { rows, faults: [{ line, column: at - lineStart + 1, expected: 'a separator after the closing quote', got: JSON.stringify(next) }] };
      }
    } else {
      const end = endOfCell(text, at, separator);
      value = text.slice(at, end);
      at = end;
    }
    row.push({ text: value.trim(), ...place });
    if (text[at] === separator) {
      at += 1;
      // A separator at the very end is followed by an empty cell, which nobody misses.
    } else if (at < text.length) {
      at += text.startsWith('\r\n', at) ? 2 : 1;
      endRow();
      line += 1;
      lineStart = at;
    }
  }
  endRow();
  return { rows, faults: [] };
}

function separatorOf(text: string): string {
  const [first = ''] = text.split(/[\r\n]/, 1);
  const counted = [',', ';', '\t'].map((sign) => ({ sign, times: first.split(sign).length }));
  return counted.reduce((best, each) => (each.times > best.times ? each : best)).sign;
}

/** The first quote that is not doubled. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at !== -1 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

function endOfCell(text: string, from: number, separator: string): number {
  let at = from;
  while (at < text.length && text[at] !== separator && text[at] !== '\r' && text[at] !== '\n') at += 1;
  return at;
}

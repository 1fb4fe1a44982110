/** Tables of codes that a bureau issued, as CSV: what is taken fits together, and what is refused has a place. */

import { codesSchema } from '../../../adapters/uplinks/gb28181/codes/code-map.ts';
import { issuedText, planIssued } from '../../../adapters/uplinks/gb28181/codes/issued.ts';
import { gbSchool } from '../../support/gb-school.ts';
import { prototypeNames } from '../shared/prototype-names.ts';
import { fixture } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const school = gbSchool();
const device = '34020000001180000001';

export const issuedCodesTarget: FuzzTarget = {
  name: 'issued-codes',
  words: [device, '34020000001320000001', 'panel-1/fence', 'gate', '编码', '名称', '类型', '"', '\r\n', ...prototypeNames],
  seeds: () => [
    fixture('gb-codes/issued-gb18030.csv'),
    Buffer.from(`id,code,kind\n,${device},device\ngate,34020000001320000001,\npanel-1/fence;34020000001340000002;zone`),
    ...prototypeNames.map((name) => Buffer.from(`id,code,kind,${name}\n${name},34020000001320000001,${name},${name}`)),
  ],
  run(input) {
    const text = issuedText(input);
    const { codes, problems } = planIssued(text, 'csv', school, {});
    must((codes === undefined) === problems.length > 0, 'a table is taken, or told why not', () => problems);
    must(
      problems.every(({ path, line }) => line !== undefined || path === 'device'),
      'a mistake has a line',
      () => problems,
    );
    if (!codes) return;
    must(codesSchema.safeParse(codes).success, 'what is taken is a map of codes', () => codes);
    const again = planIssued(text, 'csv', school, codes);
    must(again.adds.length + again.changes.length === 0, 'taken twice, it changes nothing', () => again);
  },
};

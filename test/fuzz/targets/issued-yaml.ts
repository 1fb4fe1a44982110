/** Tables of codes that a bureau issued, as YAML: what is taken fits together, and what is refused has a place. */
import { codesSchema } from '../../../adapters/uplinks/gb28181/codes/code-map.ts';
import { issuedText, planIssued } from '../../../adapters/uplinks/gb28181/codes/issued.ts';
import { gbSchool } from '../../support/gb-school.ts';
import { prototypeNames } from '../shared/prototype-names.ts';
import { type FuzzTarget, must } from '../target.ts';

const school = gbSchool();
const device = '34020000001180000001';
const gate = '34020000001320000001';

export const issuedYamlTarget: FuzzTarget = {
  name: 'issued-yaml',
  // The library takes 5 KB for each blank line behind a plain scalar: 4 KiB of them come to 20 MiB.
  longest: 2_048,
  words: [device, gate, 'channels:', 'zones:', 'places:', 'group:', 'panel-1/fence', '"', '\n  ', '&a ', '*a', '<<: ', '!!', ...prototypeNames],
  seeds: () => [
    Buffer.from(`device: "${device}"\nchannels:\n  gate: "${gate}"\nzones:\n  panel-1/fence: "34020000001340000002"\n`),
    Buffer.from(`device: "${device}"\nchannels: { gate: '${gate}' }\nplaces: { yard: "34020000002160000002" }\ngroup: "34020000002150000001"\n`),
    Buffer.from(`a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n`),
  ],
  run(input) {
    const text = issuedText(input);
    const { codes, problems } = planIssued(text, 'yaml', school, {});
    must((codes === undefined) === problems.length > 0, 'a table is taken, or told why not', () => problems);
    if (!codes) return;
    must(codesSchema.safeParse(codes).success, 'what is taken is a map of codes', () => codes);
    const again = planIssued(text, 'yaml', school, codes);
    must(again.adds.length + again.changes.length === 0, 'taken twice, it changes nothing', () => again);
  },
};

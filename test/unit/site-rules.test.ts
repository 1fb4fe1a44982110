/** What a site wants otherwise than the table. */
import { describe, expect, test } from 'vitest';
import { panelId, zoneId } from '../../gateway/domain/ids.ts';
import { ruleDoubts, type SiteRule, underRules } from '../../gateway/domain/site-rules.ts';
import { panelOf } from '../support/panels.ts';

const gate = panelId('gate');
const panels = [panelOf('gate'), panelOf('hall')];

interface Said {
  readonly panel?: string;
  readonly zone?: string;
  readonly type?: string;
  readonly code?: string;
  readonly state?: 'raised' | 'restored';
}

/** `type severity` and `drill`, then the rules that made it so. */
function read(rules: readonly SiteRule[], { panel = 'gate', zone = '1', type = 'burglary', code = '1130', state = 'raised' }: Said = {}): string {
  const report = { kind: 'zone', device: panelId(panel), zone: zoneId(zone), type, state, code, drill: false, test: false } as const;
  const ruled = underRules({ ...report, historical: false, dedupe: 'x', raw: Buffer.of() }, { rules, panels });
  return [ruled.report.type, ruled.severity, ruled.report.drill ? 'drill' : '', ...ruled.rules].filter((word) => word !== '').join(' ');
}

describe('a rule of the site', () => {
  test('gives a code of Contact ID another meaning, whatever its qualifier, so that the end of the alarm finds its beginning', () => {
    const rules: readonly SiteRule[] = [{ id: 'boiler', code: '150', type: 'gas' }];
    expect(read(rules, { code: '1150', type: 'technical.24h' })).toBe('gas 1 boiler');
    expect(read(rules, { code: '3150', type: 'technical.24h', state: 'restored' })).toBe('gas 1 boiler');
    expect(read(rules, { code: '1154', type: 'water.leak' })).toBe('water.leak 3');
  });

  test('gives a SIA code another meaning, and what restores it', () => {
    const rules: readonly SiteRule[] = [{ id: 'fence', code: 'ba', type: 'burglary.outdoor' }];
    expect(['BA', 'BH', 'BR'].map((code) => read(rules, { code }))).toEqual(Array(3).fill('burglary.outdoor 2 fence'));
    expect(read(rules, { code: 'UA', type: 'technical.24h' })).toBe('technical.24h 3');
  });

  test("gives a dialect's own word a meaning", () => {
    expect(read([{ id: 'desk', panel: gate, code: 'action:single', type: 'panic.silent' }], { code: 'action:single', type: 'unknown.single' })).toBe(
      'panic.silent 1 desk',
    );
  });

  test('of a zone outranks that of its panel, that of a panel the site’s, and a code or a type none', () => {
    const site: SiteRule = { id: 'site', alarm: 'burglary', severity: 4 };
    const panel: SiteRule = { id: 'panel', panel: gate, severity: 3 };
    const coded: SiteRule = { id: 'coded', panel: gate, code: '130', severity: 1 };
    const zone: SiteRule = { id: 'zone', panel: gate, zone: zoneId('1'), severity: 2 };
    expect(read([site, panel])).toBe('burglary 3 panel');
    expect(read([panel, coded, site])).toBe('burglary 1 coded');
    expect(read([site, coded, zone, panel])).toBe('burglary 2'); // the usual severity: nothing was changed
    expect(read([site, coded, zone, panel], { panel: 'hall' })).toBe('burglary 4 site');
  });

  test('about a code of the whole site leaves the zone its own type, as the inventory is nearer', () => {
    const panic = { zone: '7', type: 'panic.silent' };
    expect(read([{ id: 'site', code: '130', type: 'panic.audible' }], panic)).toBe('panic.silent 1');
    expect(read([{ id: 'zone', panel: gate, zone: zoneId('7'), type: 'panic.audible' }], panic)).toBe('panic.audible 1 zone');
  });

  test('grades the type that another rule has given', () => {
    const rules: readonly SiteRule[] = [
      { id: 'boiler', code: '150', type: 'gas' },
      { id: 'gas', alarm: 'gas', severity: 2 },
    ];
    expect(read(rules, { code: '1150', type: 'technical.24h' })).toBe('gas 2 boiler gas');
  });

  test('marks what comes from a bench as a drill, and the rest of the panel not', () => {
    const rules: readonly SiteRule[] = [{ id: 'bench', panel: gate, zone: zoneId('9'), drill: true }];
    expect([read(rules, { zone: '9' }), read(rules)]).toEqual(['burglary 2 drill bench', 'burglary 2']);
  });

  test('never makes panic or fire milder, lesser or a drill, and whoever edits it is told', () => {
    for (const type of ['panic.silent', 'fire.smoke', 'holdup.verified', 'emergency.personal']) {
      const rule: SiteRule = { id: 'quiet', alarm: type, type: 'burglary', severity: 4, drill: true };
      expect(read([rule], { type })).toBe(`${type} 1`);
      expect(ruleDoubts(rule).map(({ en }) => en)).toEqual([
        `Panic and fire are above rules: ${type} will not become burglary.`,
        `Panic and fire are above rules: ${type} will not get severity 4.`,
        `Panic and fire are above rules: ${type} will not be marked as a drill.`,
      ]);
    }
    expect(ruleDoubts({ id: 'x', code: '122', severity: 3 })).toHaveLength(1);
    expect(ruleDoubts({ id: 'x', code: '130', type: 'panic.silent', severity: 3 })).toHaveLength(1);
    expect(ruleDoubts({ id: 'x', code: '150', type: 'gas', severity: 2 })).toEqual([]);
  });
});

/**
 * What one site wants otherwise than the normalisation table: a graver or milder severity of a type, another type for a code of its panels.
 * Pure. Panic, hold-up, duress and fire are above it: no rule makes them milder or turns their codes into something lesser (alarm-panels §0.9).
 */
import { type AlarmType, overtakes, type Severity } from './alarm.ts';
import { severityOf, typeOfContactId } from './alarm-types.ts';
import { type SiaMeaning, typeOfSia } from './sia-types.ts';

export interface SiteRules {
  readonly severities: Readonly<Record<AlarmType, Severity>>;
  /** By three-digit Contact ID code. */
  readonly contactId: Readonly<Record<string, AlarmType>>;
  /** By two-letter SIA code. */
  readonly sia: Readonly<Record<string, AlarmType>>;
}

export const noSiteRules: SiteRules = { severities: {}, contactId: {}, sia: {} };

export function severityAt(rules: SiteRules, type: AlarmType): Severity {
  const usual = severityOf(type);
  const wanted = own(rules.severities, type) ?? usual;
  return overtakes(type) && wanted > usual ? usual : wanted;
}

export function contactIdAt(rules: SiteRules, code3: string, zone?: string): AlarmType {
  return unlessLesser(typeOfContactId(code3, zone), own(rules.contactId, code3.toUpperCase()));
}

export function siaAt(rules: SiteRules, code: string, zone?: string): SiaMeaning {
  const usual = typeOfSia(code, zone);
  return { ...usual, type: unlessLesser(usual.type, own(rules.sia, code.toUpperCase())) };
}

/** The rules that would be passed over, as paths: whoever edits them must be told. */
export function idleRules(rules: SiteRules): readonly string[] {
  const idle = (section: keyof SiteRules, passed: (key: string) => boolean) =>
    Object.keys(rules[section])
      .filter(passed)
      .map((key) => `${section}.${key}`);
  return [
    ...idle('severities', (type) => severityAt(rules, type) !== rules.severities[type]),
    ...idle('contactId', (code) => contactIdAt(rules, code, '1') !== rules.contactId[code]),
    ...idle('sia', (code) => siaAt(rules, code, '1').type !== rules.sia[code]),
  ];
}

function unlessLesser(usual: AlarmType, wanted: AlarmType | undefined): AlarmType {
  return wanted === undefined || (overtakes(usual) && !overtakes(wanted)) ? usual : wanted;
}

function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

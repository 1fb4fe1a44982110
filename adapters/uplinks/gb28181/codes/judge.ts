/**
 * Is this a code for that? A fault is refused: the platform would take the thing for something else. A doubt is told and let pass, since the bureau's
 * table rules (GB/T 28181-2022 Annex E).
 */
import type { Words } from '../../../../gateway/domain/words.ts';
import { doubtfulGroups, parseGbCode } from '../../../protocols/gb-code/code.ts';
import { typeWords } from '../../../protocols/gb-code/words.ts';

/** The gateway itself, a camera channel, a zone of a panel, the business group, a place in it. */
export type OwnerKind = 'device' | 'channel' | 'zone' | 'group' | 'place';

interface Expected {
  readonly name: Words;
  /** Digits 11 to 13. The first is the one that is allocated; pairs are ranges. */
  readonly types: readonly (number | readonly [number, number])[];
}

const extended = [144, 199] as const;

const expected: Readonly<Record<OwnerKind, Expected>> = {
  // 118 NVR is usual; some platforms want the 200 of a lower platform (facts §2.1).
  device: { name: { zh: '网关', en: 'the gateway' }, types: [118, [111, 114], 117, 120, 130, [200, 211]] },
  channel: { name: { zh: '摄像机通道', en: 'a camera channel' }, types: [132, 131, 121, 122, extended] },
  zone: { name: { zh: '报警防区', en: 'an alarm zone' }, types: [134, extended] },
  group: { name: { zh: '业务分组', en: 'the business group' }, types: [215] },
  place: { name: { zh: '虚拟组织（位置）', en: 'a virtual organisation, which a place is' }, types: [216] },
};

export function kindName(kind: OwnerKind): Words {
  return expected[kind].name;
}

/** Digits 11 to 13 of a code that is allocated for it. */
export function usualType(kind: OwnerKind): string {
  return String(rangeOf(expected[kind].types[0]!)[0]).padStart(3, '0');
}

/** What codes of these types are for; undefined: for nothing that we report. */
export function kindOfType(type: number): OwnerKind | undefined {
  return (['device', 'channel', 'zone', 'group', 'place'] as const).find((kind) => fits(kind, type));
}

/** Why it cannot be the code of such a thing. */
export function faultOfCode(kind: OwnerKind, text: string): Words | undefined {
  if (!/^\d{20}$/.test(text)) {
    const got = JSON.stringify(text.slice(0, 40));
    return {
      zh: `应为 20 位十进制数字的编码，而不是 ${got}（${text.length} 个字符）`,
      en: `a code of 20 decimal digits, not ${text.length} characters`,
    };
  }
  const type = Number(parseGbCode(text).type);
  if (fits(kind, type)) return undefined;
  const { name, types } = expected[kind];
  const wanted = types.map(rangeOf).map(([from, to]) => ({ digits: from === to ? `${from}` : `${from}–${to}`, words: typeWords(from) }));
  const got = typeWords(type);
  return {
    zh: `第 11–13 位 ${type} 是${got ? `“${got.zh}”` : '未知类型'}；${name.zh}应为 ${wanted.map(({ digits, words }) => `${digits}（${words?.zh}）`).join('、')}`,
    en: `a code for ${name.en}, with ${wanted.map(({ digits, words }) => `${digits} (${words?.en})`).join(', ')} as digits 11 to 13: ${type} is ${got ? got.en : 'no known type'}`,
  };
}

/** What looks mistyped about a code that is none the less taken: digits without a meaning, another county than the gateway's. */
export function doubtsOfCode(text: string, device: string | undefined): Words[] {
  const code = parseGbCode(text);
  const unknown = doubtfulGroups(code).map(({ digits, name }) => ({
    zh: `${name.zh} ${digits} 没有已知含义`,
    en: `the ${name.en} ${digits} has no known meaning`,
  }));
  const home = device === undefined ? undefined : parseGbCode(device).centre.slice(0, 6);
  const county = code.centre.slice(0, 6);
  if (home === undefined || county === home) return unknown;
  return [...unknown, { zh: `区县 ${county} 与网关的 ${home} 不同`, en: `the county ${county} is not ${home}, the gateway's` }];
}

function fits(kind: OwnerKind, type: number): boolean {
  return expected[kind].types.map(rangeOf).some(([from, to]) => type >= from && type <= to);
}

const rangeOf = (range: number | readonly [number, number]): readonly [number, number] => (typeof range === 'number' ? [range, range] : range);

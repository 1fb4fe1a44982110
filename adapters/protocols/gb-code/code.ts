/**
 * The 20-digit codes of devices, channels, platforms and users (GB/T 28181-2022 Annex E, coding rule A): taken apart, put together, judged, explained.
 * Codes are assigned by the police bureau: judging finds typing mistakes, it never proves that a code was assigned.
 */
import { ProtocolError } from '../protocol-error.ts';
import { type CodeWords, industryWords, networkWords, provinceWords, typeWords } from './words.ts';

/** Decimal digits, in the order in which they stand. */
export interface GbCode {
  /** 8: province, city, county, grass-roots unit ("00" where there is none), two each (GB/T 2260). */
  readonly centre: string;
  /** 2. */
  readonly industry: string;
  /** 3: what it is, for example 131 a camera. */
  readonly type: string;
  /** 1. Old codes carry 0 whatever their network is. */
  readonly network: string;
  /** 6. */
  readonly serial: string;
}

const groups = [
  { part: 'centre', from: 0, width: 8, name: { zh: '中心编码', en: 'centre code' } },
  { part: 'industry', from: 8, width: 2, name: { zh: '行业编码', en: 'industry' } },
  { part: 'type', from: 10, width: 3, name: { zh: '类型编码', en: 'type' } },
  { part: 'network', from: 13, width: 1, name: { zh: '网络标识', en: 'network' } },
  { part: 'serial', from: 14, width: 6, name: { zh: '序号', en: 'serial number' } },
] as const;

/** Throws ProtocolError for anything but 20 decimal digits; white space at the ends is nobody's fault. */
export function parseGbCode(text: string): GbCode {
  const digits = text.trim();
  if (!/^\d{20}$/.test(digits)) throw new ProtocolError('20 decimal digits', JSON.stringify(digits.slice(0, 40)), 'a GB/T 28181 code');
  return {
    centre: digits.slice(0, 8),
    industry: digits.slice(8, 10),
    type: digits.slice(10, 13),
    network: digits.slice(13, 14),
    serial: digits.slice(14),
  };
}

/** Throws ProtocolError where a group has other than its digits. */
export function writeGbCode(code: GbCode): string {
  return groups
    .map(({ part, width, name }) => {
      const digits = code[part];
      if (digits.length !== width || /\D/.test(digits)) throw new ProtocolError(`${width} digits`, JSON.stringify(digits.slice(0, 40)), name.en);
      return digits;
    })
    .join('');
}

/** A SIP domain: centre and industry of the server's code (§2 of the annex; some platforms append ".spvmn.cn", some use an address). */
export function domainOfGbCode(code: GbCode): string {
  return code.centre + code.industry;
}

/** A region stands in a catalogue, and in CivilCode, with the first 2, 4, 6 or 8 digits. */
export function isRegionCode(text: string): boolean {
  return /^(\d{2}){1,4}$/.test(text);
}

export interface GbCodeGroup {
  readonly digits: string;
  /** What this group is called. */
  readonly name: CodeWords;
  /** What these digits stand for; absent where nobody has given them a meaning. */
  readonly meaning?: CodeWords;
}

/** The groups of a code in words, for people who check one against the bureau's list. */
export function explainGbCode(code: GbCode): GbCodeGroup[] {
  return groups.map(({ part, name }) => {
    const meaning = meaningOf(code, part);
    return { digits: code[part], name, ...(meaning ? { meaning } : {}) };
  });
}

/** What looks mistyped: groups whose digits mean nothing. Empty for a code that could have been assigned. */
export function doubtfulGroups(code: GbCode): GbCodeGroup[] {
  return explainGbCode(code).filter(({ meaning }) => meaning === undefined);
}

function meaningOf(code: GbCode, part: keyof GbCode): CodeWords | undefined {
  switch (part) {
    case 'centre':
      return centreWords(code.centre);
    case 'industry':
      return industryWords(Number(code.industry));
    case 'type':
      return typeWords(Number(code.type));
    case 'network':
      return networkWords(Number(code.network));
    case 'serial':
      return { zh: `第 ${Number(code.serial)} 号`, en: `number ${Number(code.serial)}` };
  }
}

/** The province by name; below it by number, since counties are renamed and merged every year. */
function centreWords(centre: string): CodeWords | undefined {
  const province = provinceWords(Number(centre.slice(0, 2)));
  if (!province) return undefined;
  const [city, county, unit] = [centre.slice(2, 4), centre.slice(4, 6), centre.slice(6)];
  const below = { zh: `，市 ${city}，区县 ${county}`, en: `, city ${city}, county ${county}` };
  const last = unit === '00' ? { zh: '', en: '' } : { zh: `，基层单位 ${unit}`, en: `, unit ${unit}` };
  return { zh: province.zh + below.zh + last.zh, en: province.en + below.en + last.en };
}

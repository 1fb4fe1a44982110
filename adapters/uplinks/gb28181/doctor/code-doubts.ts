/** What about the codes themselves may be why a platform does not take us: hints that follow a sentence, each empty where there is nothing to say. */
import type { Words } from '../../../../gateway/domain/words.ts';
import { doubtfulGroups, parseGbCode } from '../../../protocols/gb-code/code.ts';
import type { GbSettings } from '../settings.ts';

const nothing: Words = { zh: '', en: '' };

/** Digits without a meaning; else province and city, for a school of one is rarely watched by the police of another. */
export function codeHint({ codes, platform }: GbSettings): Words {
  for (const code of [codes.device, platform.code]) {
    const [doubtful] = doubtfulGroups(parseGbCode(code));
    if (!doubtful) continue;
    const { name, digits } = doubtful;
    return {
      zh: `（编码 ${code} 的${name.zh} ${digits} 没有含义，可能填错）`,
      en: ` (the ${name.en} ${digits} of code ${code} means nothing and may be mistyped)`,
    };
  }
  const [own, theirs] = [parseGbCode(codes.device).centre.slice(0, 4), parseGbCode(platform.code).centre.slice(0, 4)];
  if (own === theirs) return nothing;
  return {
    zh: `（两个编码的行政区划不同：设备 ${own}，平台 ${theirs}，其中一个可能填错）`,
    en: ` (their regions differ: ${own} of the device, ${theirs} of the platform; one of them may be mistyped)`,
  };
}

/** A platform has a code of type 2xx. */
export function looksExchanged({ platform }: GbSettings): boolean {
  return !parseGbCode(platform.code).type.startsWith('2');
}

export function exchangedWords({ codes, platform }: GbSettings): Words {
  const { type } = parseGbCode(platform.code);
  return {
    zh: `平台编码 ${platform.code} 的类型位是 ${type}，不是平台的类型（2xx）：它可能与设备编码 ${codes.device} 填反，或有一位填错。`,
    en: `Platform code ${platform.code} is of type ${type}, which is none of a platform (2xx): it was exchanged with device code ${codes.device}, or a digit of it is wrong.`,
  };
}

/** What a refused registration means, where the platform does not say so in words. */
import type { Words } from '../../../../gateway/domain/words.ts';
import { domainOf } from '../settings.ts';
import { wordsOf } from '../trouble.ts';
import { otherRealm, realm } from './agreement-rules.ts';
import { codeHint, exchangedWords, looksExchanged } from './code-doubts.ts';
import type { DoctorFacts } from './facts.ts';
import { at, down, problem, type Rule } from './rule.ts';
import { said } from './said-rules.ts';

/** GB 35114: certificates instead of a password. */
const byCertificate = /^(uni|bi)direction$/i;

const certificates: Rule = (facts) => {
  const { trouble, seen } = facts;
  if (!down(facts) || trouble.kind !== 'unknown-challenge') return undefined;
  const scheme = seen.schemes.find((each) => byCertificate.test(each));
  if (scheme !== undefined) {
    return problem(
      'certificate',
      `平台要求 GB 35114 证书认证（${scheme}），本机只能用密码认证（Digest）：请平台方为本设备改用密码认证。`,
      `The platform asks for a certificate as in GB 35114 (${scheme}), and this box signs with a password (Digest): ask its people to let this device in by password.`,
    );
  }
  const wanted = seen.schemes.includes('digest') ? seen.algorithms.join(', ') : seen.schemes.join(', ');
  return problem(
    'algorithm',
    `平台要求的认证算法（${wanted || '没有说明'}）本机不支持：本机支持 Digest 的 MD5、SHA-256 和 SM3，请平台方改用其中一种。`,
    `The platform asks for a signature by an algorithm that this box does not have (${wanted || 'it does not say which'}): it has Digest with MD5, SHA-256 and SM3. Ask its people for one of these.`,
  );
};

const version: Rule = (facts) => {
  const { trouble, settings, seen } = facts;
  if (!down(facts) || trouble.kind !== 'refused' || trouble.status >= 600) return undefined;
  const says = seen.version;
  // A refusal with another meaning, such as a wrong password, carries its version as well.
  const malformed = [400, 406, 415, 420, 488, 505].includes(trouble.status);
  if (settings.version === '2022' && says !== undefined && /^[12]\./.test(says)) {
    return problem(
      'version',
      `平台拒绝注册（${trouble.status}），自称标准版本 ${says}，而本机按 2022 版（3.0）通信：请把版本改为 2016。`,
      `The platform refuses the registration (${trouble.status}) and says that it speaks version ${says} of the standard, while 2022 (3.0) is set here: set the version to 2016.`,
    );
  }
  if (settings.version === '2022' && says === undefined && malformed) {
    return problem(
      'version',
      `平台认为注册消息有误（${trouble.status}），而本机按 2022 版（X-GB-Ver: 3.0）通信：平台多半只支持 2016 版，请把版本改为 2016；否则是编码或域的设置不符。`,
      `The platform finds our registration malformed (${trouble.status}), and version 2022 (X-GB-Ver: 3.0) is set here: most likely it knows 2016 alone. Set the version to 2016; else codes or domain do not suit it.`,
    );
  }
  if (settings.version === '2016' && says !== undefined && /^3\./.test(says) && malformed) {
    return problem(
      'version',
      `平台拒绝注册（${trouble.status}），自称标准版本 ${says}（2022），而本机按 2016 版（2.0）通信：请把版本改为 2022。`,
      `The platform refuses the registration (${trouble.status}) and says that it speaks version ${says} of the standard (2022), while 2016 (2.0) is set here: set the version to 2022.`,
    );
  }
  return undefined;
};

/** It takes no nonce that it has given. */
const nonces: Rule = (facts) => {
  const signed = facts.seen.registers.filter((each) => each.signed);
  if (!down(facts) || facts.trouble.kind !== 'wrong-password' || signed.length < 2 || !signed.slice(0, 2).every(({ stale }) => stale === true))
    return undefined;
  return problem(
    'nonce',
    `平台 ${at(facts)} 一再称随机数（nonce）已过期（stale），签名因此从不被接受：平台的多台服务器不共享 nonce，或其时钟、有效时间设置有误，请平台方检查。`,
    `The platform at ${at(facts)} calls its own nonce stale again and again, so that no signature is ever in time: several servers there do not share them, or their clock or lifetime is wrong. Ask its operator.`,
  );
};

const unlike = ({ zh, en }: Words, more: Words) => problem('password', `${zh.slice(0, -1)}${more.zh}。`, `${en.slice(0, -1)}${more.en}.`);

/** With these very settings it took us before. */
const stood = ({ losses = [], seen }: DoctorFacts) => losses.length > 0 || seen.registers.some(({ status }) => status === 200);

const password: Rule = (facts) => {
  const { trouble, settings, password: kept, seen } = facts;
  if (!down(facts)) return undefined;
  if (trouble.kind === 'no-password' || (trouble.kind === 'wrong-password' && kept === 'none'))
    return { name: 'password', verdict: 'problem', sentence: wordsOf({ kind: 'no-password' }, settings, facts.asked) };
  const signedRefusal = trouble.kind === 'refused' && trouble.status === 403 && seen.registers[0]?.signed === true;
  if (trouble.kind !== 'wrong-password' && !signedRefusal) return undefined;
  if (stood(facts)) {
    const status = signedRefusal ? 403 : 401;
    return problem(
      'password',
      `平台 ${at(facts)} 此前接受注册，现在不接受（${status}）：多半是平台上更改了设备 ${settings.codes.device} 的密码，或停用了该设备，请向平台方核对密码。`,
      `The platform at ${at(facts)} took our registration before and does not now (${status}): most likely the password of device ${settings.codes.device} was changed there, or the device disabled. Ask for the password.`,
    );
  }
  if (kept === 'blank-at-the-ends') {
    return problem(
      'password',
      '密码的首尾有空格：平台不接受，请重新填写。',
      'The password begins or ends with a blank, and the platform does not take it: enter it again.',
    );
  }
  if (kept === 'not-ascii') {
    return problem(
      'password',
      '密码中有全角或中文字符：平台不接受，请用英文输入法重新填写。',
      'The password has full-width or other characters beyond ASCII in it, and the platform does not take it: enter it again.',
    );
  }
  if (settings.username !== undefined && settings.username !== settings.codes.device) {
    return problem(
      'password',
      `平台不接受用户名 ${settings.username} 与该密码：多数平台要求用户名（username）为设备编码 ${settings.codes.device}；若用户名无误，请核对密码。`,
      `The platform does not take user name ${settings.username} with this password: most want the device code ${settings.codes.device} as user name; if the name is right, compare the password.`,
    );
  }
  // Free text, which many platforms write: it may mean nothing.
  const other = otherRealm(facts);
  const elsewhere = {
    zh: other ? `；其认证域（realm）是 ${seen.realm} 而不是 ${other.wanted}，也可能是另一个平台` : '',
    en: other ? `; its realm is ${seen.realm} and not ${other.wanted}, so that it may be another platform` : '',
  };
  return signedRefusal
    ? problem(
        'password',
        `平台 ${at(facts)} 在验证签名后拒绝注册（403）：多半是密码与平台为设备 ${settings.codes.device} 所设的不同；若相同，请核对设备编码、平台编码 ${settings.platform.code} 与域 ${domainOf(settings)}${elsewhere.zh}。`,
        `The platform at ${at(facts)} refuses the registration after it saw our signature (403): most likely the password is not the one that it has for device ${settings.codes.device}; if it is, compare device code, platform code ${settings.platform.code} and domain ${domainOf(settings)}${elsewhere.en}.`,
      )
    : unlike(wordsOf({ kind: 'wrong-password' }, settings), elsewhere);
};

const refusal: Rule = (facts) => {
  const { trouble, settings, seen } = facts;
  if (!down(facts) || (trouble.kind !== 'refused' && trouble.kind !== 'redirected-in-circles' && trouble.kind !== 'forgotten')) return undefined;
  const unsigned = trouble.kind === 'refused' && (trouble.status === 403 || trouble.status === 404) && seen.registers[0]?.signed !== true;
  if (unsigned && looksExchanged(settings)) return { name: 'identity', verdict: 'problem', sentence: exchangedWords(settings) };
  const doubt = codeHint(settings);
  if (unsigned && trouble.status === 403) {
    const from = facts.own ?? seen.us;
    if (stood(facts)) {
      return problem(
        'identity',
        `平台 ${at(facts)} 此前接受注册，现在一开始就拒绝（403）：设备编码 ${settings.codes.device} 多半已被平台停用、锁定或删除，请平台方检查。`,
        `The platform at ${at(facts)} took our registration before and refuses it at once now (403): most likely device code ${settings.codes.device} was disabled, locked or deleted there. Ask its people.`,
      );
    }
    const newer = settings.version === '2022';
    return problem(
      'identity',
      `平台 ${at(facts)} 一开始就拒绝注册（403）：设备编码 ${settings.codes.device} 未在平台登记或已停用，或平台编码 ${settings.platform.code}、域 ${domainOf(settings)} 有误，或平台不接受来自 ${from ?? '本机'} 的设备${newer ? '，或不支持 2022 版（version）' : ''}${doubt.zh}。`,
      `The platform at ${at(facts)} refuses the registration at once (403): device code ${settings.codes.device} is not entered or enabled there, or platform code ${settings.platform.code} or domain ${domainOf(settings)} is wrong, or it takes no devices from ${from ?? 'our address'}${newer ? ', or does not know version 2022' : ''}${doubt.en}.`,
    );
  }
  const { zh, en } = wordsOf(trouble, settings, facts.asked);
  const doubtful = trouble.kind === 'refused' && (trouble.status === 404 || trouble.status === 400);
  if (!doubtful) return problem('registration', zh, en);
  // Platforms want the one or the other form.
  const form = settings.requestUri === 'address' ? 'domain' : 'address';
  const other =
    trouble.status === 404
      ? { zh: `；也可改用另一种请求 URI（requestUri: ${form}）`, en: `; the other form of the Request-URI may suit it too (requestUri: ${form})` }
      : { zh: '', en: '' };
  return problem('registration', `${zh.slice(0, -1)}${doubt.zh}${other.zh}。`, `${en.slice(0, -1)}${doubt.en}${other.en}.`);
};

export const refusalRules: readonly Rule[] = [said, certificates, version, nonces, realm, password, refusal];

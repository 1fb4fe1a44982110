/** Why a broker is not heard, in words for whoever looks after it: what was seen, and what to do. */
import type { Words } from '../../gateway/domain/words.ts';

const words = (zh: string, en: string): Words => ({ zh, en });

const nobodyThere = words(
  '该地址没有程序监听，请检查代理是否运行、地址和端口是否正确',
  'nobody listens there: is the broker running, are address and port right?',
);
const noAnswer = words('没有应答，请检查网络和防火墙', 'nothing answers there: look at the network and its firewalls');
const nameless = words('无法解析主机名，请检查地址和 DNS', 'its name leads nowhere: look at the address and at DNS');
const hungUp = words(
  '对方未应答就挂断了连接：该端口是否使用 TLS（mqtts://）可能与地址不符，或不是 MQTT 端口',
  'it hung up without an answer: the port may speak TLS where the address says mqtt://, or none where it says mqtts://, or be no port for MQTT',
);
const noTls = words('该端口不使用 TLS：请改用 mqtt:// 或另一个端口', 'there is no TLS at this port: write mqtt://, or another port');
const stranger = words(
  '其证书由本机不信任的机构签发：请在 gateway.yaml 中用 mqtt.external 的 authorityFile 指明该机构的证书文件',
  'its certificate is vouched for by an authority that this box does not know: name the file of that authority in gateway.yaml (mqtt.external, authorityFile)',
);
const ended = words('其证书已过期：请在代理上更换证书', 'its certificate has expired: put a new one at the broker');
const tooEarly = words(
  '其证书尚未生效：请检查本机和代理的时钟',
  'its certificate does not hold yet: look at the clocks of this box and of the broker',
);
const otherName = words('其证书不是为该地址签发的：请使用证书中的名称', 'its certificate is for another address: use the name that stands in it');
const notThisAccount = words(
  '代理拒绝此账号：用户名或密码错误，或该账号无权登录',
  'it does not let this account in: the user name or the password is wrong, or the account may not sign in',
);
const otherVersion = words('代理不支持此 MQTT 版本', 'it does not speak this version of MQTT');
const otherClient = words('代理不接受此客户端标识', 'it does not take this client id');
const busy = words('代理目前不提供服务', 'it serves nobody just now');

/** By the code of the operating system, of OpenSSL, or of CONNACK (MQTT 3.1.1 §3.2.2.3, MQTT 5 §3.2.2.2). */
const causes: ReadonlyMap<string, Words> = new Map([
  ['ECONNREFUSED', nobodyThere],
  ...['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN'].map((code) => [code, noAnswer] as const),
  ...['ENOTFOUND', 'EAI_AGAIN'].map((code) => [code, nameless] as const),
  ...['ECONNRESET', 'EPIPE'].map((code) => [code, hungUp] as const),
  ...['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'].map((code) => [code, noTls] as const),
  ...['SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'].map((code) => [code, stranger] as const),
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'].map((code) => [code, stranger] as const),
  ['CERT_HAS_EXPIRED', ended],
  ['CERT_NOT_YET_VALID', tooEarly],
  ['ERR_TLS_CERT_ALTNAME_INVALID', otherName],
  ...['4', '5', '134', '135', '138'].map((code) => [code, notThisAccount] as const),
  ...['1', '132'].map((code) => [code, otherVersion] as const),
  ...['2', '133'].map((code) => [code, otherClient] as const),
  ...['3', '136', '137'].map((code) => [code, busy] as const),
]);

/** Clauses, without a full stop, with what was seen in brackets. */
export function whyUnheard(error: unknown): Words {
  const seen = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // What the library says in words only.
  const cause = causes.get(code) ?? (seen === 'connack timeout' ? noAnswer : undefined);
  if (cause === undefined) return words(seen, seen);
  const mark = code === '' ? seen : code;
  return words(`${cause.zh}（${mark}）`, `${cause.en} (${mark})`);
}

/** Of a connection that was closed before anything was said, and of which nobody knows more. */
export const closedUnheard: Words = hungUp;

/** Nothing that the platform asks comes to us: does it call us where we are? */
import { isIP, SocketAddress } from 'node:net';
import { minutes } from '../../../../gateway/domain/time.ts';
import { hostPort } from '../../../protocols/sip/uri.ts';
import { forgetting } from '../trouble.ts';
import type { DoctorFacts } from './facts.ts';
import { neverHeard, problem, type Rule, warning } from './rule.ts';

/** What happened longer ago explains nothing of now. */
const lately = minutes(10);

/** How often of late it took us and then did not know us; a platform that cannot ask a device drops it, as one does that has another by the same code. */
const timesForgotten = ({ seen }: DoctorFacts) =>
  seen.told.filter(({ what, status, age }) => what === 'Keepalive' && forgetting.has(status ?? 0) && age < lately).length;

/** Whoever was heard since it sees us here has found the way, whatever was advertised. */
const foundTheWay = ({ seen }: DoctorFacts) => seen.callers.some(({ before }) => before !== true);

/** `place` may have a port behind it, and be written as a server with one socket for both families writes IPv4. */
function isAt(place: string, address: string): boolean {
  const host = place
    .replace(/(?<=^[^:]*|\]):\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIP(host) !== 6 || isIP(address) !== 6) return host === address;
  return new SocketAddress({ address: host, family: 'ipv6' }).address === new SocketAddress({ address, family: 'ipv6' }).address;
}

/** The platform itself sees us at the address that it was told. */
export const advertisedIsTrue = ({ settings: { advertised }, seen: { us } }: DoctorFacts): boolean =>
  advertised !== undefined && us !== undefined && isAt(us, advertised.address);

const again = {
  zh: '，多半因此又一再不认识本设备',
  en: ', which is most likely why it takes us and then no longer knows us, again and again',
};

/** The advertised address is another than the platform sees, or, where it does not say, than ours. */
function elsewhere(facts: DoctorFacts, forgotten: boolean): ReturnType<Rule> {
  const { settings, seen, own } = facts;
  if (settings.advertised === undefined || advertisedIsTrue(facts)) return undefined;
  const { address, port } = settings.advertised;
  const told = hostPort(address, port);
  const then = forgotten ? again : { zh: '', en: '' };
  if (seen.us !== undefined) {
    const direct = own !== undefined && isAt(seen.us, own);
    return problem(
      'advertised',
      `平台从 ${seen.us} 看到本机，而对外地址（advertised）设置为 ${told}：平台按后者呼叫，到不了本机${then.zh}。${direct ? '两者之间没有地址转换，请删除对外地址。' : '请把对外地址更正为平台看到的地址，并在路由器上把其端口映射到本机。'}`,
      `The platform sees us at ${seen.us}, but ${told} is set as our advertised address (advertised): it calls that, and not this box${then.en}. ${direct ? 'No NAT stands between: remove the advertised address.' : 'Set the advertised address to the one that it sees, and have the router map its port to this box.'}`,
    );
  }
  if (own === undefined || isAt(own, address) || !(forgotten || neverHeard(facts))) return undefined;
  return (forgotten ? problem : warning)(
    'advertised',
    `对外地址（advertised）设置为 ${told}，本机地址是 ${own}，平台没有说明从哪里看到本机，它的请求也没有到达：对外地址可能已过时${then.zh}。请核对它是否仍是路由器的外部地址并映射到本机；没有地址转换（NAT）时请删除。`,
    `${told} is set as our advertised address (advertised), ours is ${own}, the platform does not say where it sees us, and none of its requests has come: the advertised address may be out of date${then.en}. See that it still is the outer address of the router, and mapped to this box; without a NAT remove it.`,
  );
}

/** Before a second device is blamed for it, or the platform. */
const forgottenElsewhere: Rule = (facts) => (timesForgotten(facts) >= 2 && !foundTheWay(facts) ? elsewhere(facts, true) : undefined);

const advertised: Rule = (facts) => {
  const { settings, seen, own } = facts;
  if (seen.callers.length > 0 || timesForgotten(facts) >= 2) return undefined;
  if (settings.advertised) return elsewhere(facts, false) ?? otherPort(facts);
  if (seen.us === undefined || own === undefined || isAt(seen.us, own)) return undefined;
  return warning(
    'advertised',
    `平台从 ${seen.us} 看到本机，而本机地址是 ${own}，也没有收到过平台的请求：中间有地址转换（NAT），请填写对外地址（advertised）并保持心跳不超过 30 秒。`,
    `The platform sees us at ${seen.us}, while our address is ${own}, and none of its requests has come: a NAT stands between. Set the advertised address, and keepalives of 30 s or less.`,
  );
};

/** The address is right. A NAT need not leave by the port that it maps, and by TCP none does. */
const otherPort: Rule = (facts) => {
  const { settings, seen } = facts;
  if (!settings.advertised || !advertisedIsTrue(facts) || settings.transport !== 'udp' || !neverHeard(facts)) return undefined;
  const { address, port } = settings.advertised;
  if (seen.us === hostPort(address, port)) return undefined;
  return warning(
    'port map',
    `平台从 ${seen.us} 看到本机，对外地址是 ${hostPort(address, port)}，平台的请求没有到达：请核对路由器是否把端口 ${port}（UDP）映射到本机。`,
    `The platform sees us at ${seen.us}, where ${hostPort(address, port)} is advertised, and none of its requests has come: see that the router maps port ${port} (UDP) to this box.`,
  );
};

/** A SIP ALG in a router, as a rule; whoever is heard all the same has found the way. */
const rewritten: Rule = ({ seen }) => {
  const { rewritten: by, callers } = seen;
  if (!by || callers.length > 0) return undefined;
  return warning(
    'rewritten',
    `途中有设备改写了本机的 SIP 报文（${by.header} 由 ${by.ours} 变为 ${by.theirs}），也没有收到过平台的请求：请在路由器或防火墙上关闭 SIP ALG，或改用 TCP。`,
    `Something on the way rewrites our SIP messages (${by.header} from ${by.ours} to ${by.theirs}), and none of the platform's requests has come: switch off SIP ALG in the router or firewall, or change the transport to TCP.`,
  );
};

const secondBox: Rule = ({ seen, settings: { codes } }) => {
  const [other] = seen.otherContacts;
  if (other === undefined || seen.callers.length > 0) return undefined;
  return warning(
    'second device',
    `平台上编码 ${codes.device} 还登记着另一个地址 ${other}，而平台的请求没有到达本机：另一台设备可能在使用同一编码，请核对。`,
    `The platform has code ${codes.device} registered at another address as well, ${other}, and none of its requests reaches this box: another device may be using the same code. Look for it.`,
  );
};

export const forgottenRules: readonly Rule[] = [forgottenElsewhere];
export const wayBackRules: readonly Rule[] = [advertised, rewritten, secondBox];

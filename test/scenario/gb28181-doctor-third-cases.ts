/**
 * Fifteen ways in which a school's link to a police platform goes wrong, the commonest first. Written by a third author, who had seen neither the
 * doctor, nor its texts, nor the cases before these.
 */
import { writeGbSession } from '../../adapters/protocols/sdp/gb-session.ts';
import { headerOf } from '../../adapters/protocols/sip/message.ts';
import { parseUri, type SipUri } from '../../adapters/protocols/sip/uri.ts';
import { hours, minutes } from '../../gateway/domain/time.ts';
import { gbDevice } from '../support/gb-device.ts';
import { type DoctorCase, regional, shifted, type World } from '../support/gb-doctor-world.ts';
import { cameraCode } from '../support/gb-large-box.ts';
import { device, type GbRegistrar, password, server, type Whim } from '../support/gb-registrar.ts';
import { localSip } from '../support/sip-endpoint.ts';
import { openUdpTunnel } from '../support/udp-tunnel.ts';

const home = { code: server, address: '127.0.0.1' };
/** The password, or the clock, or our own code were not the matter. */
const passwordBlamed = /密码(不对|错误|有误|不一致)|(password|secret) (is|was) wrong|wrong password/i;

/** Signs for whoever knows the password, and then looks at how the request names it. */
const particular =
  (status: number, mine: (uri: SipUri | undefined) => boolean): Whim =>
  ({ request }) =>
    request.method === 'REGISTER' && headerOf(request, 'Authorization') !== undefined && !mine(parseUri(request.uri)) ? status : undefined;

/** Registered, and said to be alive. */
const settled = (world: World, registrar: GbRegistrar) => world.until(() => registrar.registered && registrar.keepalives.length > 0);

const escaped = (text = '') => new RegExp(text.replaceAll('.', '\\.'));

export const thirdCases: readonly DoctorCase[] = [
  {
    name: 'third: the password was copied with a slip',
    compares: 'answered',
    cause: 'The password of the uplink is not the one that the bureau has for this device.',
    named: () => ({ zh: [/密码|口令/], en: [/password|secret/i], never: /不认识|未登记|没有登记|does not know|时钟/i }),
    async make(world) {
      const platform = await world.platform({ habits: { refusesProof: world.one(401, 403) } });
      return { uplink: world.gateway(platform.address, {}, world.one('1234567', '12345679', '12345678 ', '123456789')) };
    },
  },
  {
    name: 'third: the bureau has entered another code for this box',
    compares: 'ids',
    cause: 'Our own code is not in the list of the platform, which refuses before it asks for a password.',
    named: () => ({
      zh: [/编码|国标号|设备号|\bID\b|34020000001180000001/, /不认识|未知|没有|未|不存在|无此|不在/],
      en: [/\bcode\b|\bids?\b|34020000001180000001/i, /not|unknown|no such|never/i],
      never: passwordBlamed,
    }),
    async make(world) {
      const entered = `340200000011800000${world.dice.between(10, 99)}`;
      const platform = await world.platform({ passwords: { [entered]: password } });
      return { uplink: world.gateway(platform.address), said: device };
    },
  },
  {
    name: 'third: a firewall swallows whatever goes to the platform',
    compares: 'answered',
    cause: 'Nothing comes back from the address of the platform: the address is wrong, or something between drops it.',
    named: () => ({
      zh: [/(没有|无|未|不|收不到|毫无).{0,10}(应答|回应|回答|响应|答复|回音|回复)|沉默|静默/],
      en: [/no (answer|reply|response)|nothing|silen|not answer|unanswered|never answer|not repl|not respond/i],
      never: passwordBlamed,
    }),
    async make(world) {
      const registrar = await world.registrar(() => 'ignore');
      return { uplink: world.gateway(registrar) };
    },
  },
  {
    name: 'third: the port of the platform was mistyped',
    compares: 'ports',
    cause: 'Nobody listens at the port that is set.',
    named: () => ({ zh: [/端口|监听|拒绝(了)?连接|无人/], en: [/\bport\b|listen|refuse|nobody/i], never: passwordBlamed }),
    async make(world) {
      const transport = world.one('tcp', 'udp');
      const closed = await world.registrar(() => 'ignore', transport === 'tcp' ? 'TCP' : 'UDP');
      const { port } = closed;
      await closed.close();
      return { uplink: world.gateway({ port }, { transport }) };
    },
  },
  {
    name: 'third: the platform takes SIP over TCP alone',
    compares: 'transport',
    cause: 'The uplink speaks UDP, and the platform listens on TCP only.',
    named: () => ({ zh: [/TCP/i], en: [/TCP/i], never: passwordBlamed }),
    async make(world) {
      const platform = await world.platform({ transports: ['TCP'] });
      return { uplink: world.gateway(platform.address) };
    },
  },
  {
    name: 'third: behind a NAT, the platform calls the address inside',
    compares: 'address',
    cause: 'Contact says our address inside the NAT; the platform sees another, and what it asks at the one inside never arrives.',
    named: () => ({
      zh: [/NAT|地址转换|地址映射|映射|对外|公布|通告|公网|127\.0\.0\.2/],
      en: [/\bNAT\b|translat|mapp|advertis|outside|public|127\.0\.0\.2/i],
      never: passwordBlamed,
    }),
    async make(world) {
      // It asks, at an address that is not on its network: so nothing of that is seen here.
      const registrar = await world.registrar(() => undefined);
      const nat = world.own(await openUdpTunnel({ to: registrar.port, as: '127.0.0.2' }));
      const uplink = world.gateway(nat);
      await settled(world, registrar);
      return { uplink };
    },
  },
  {
    name: 'third: the code of the platform has a slip in its region',
    compares: 'ids',
    cause: 'The code that is set for the platform is not its own; the realm of its challenge shows the right region.',
    named: ({ said }) => ({
      zh: [new RegExp(`(平台|服务器)的?(国标|SIP ?)?(编码|编号|ID|代码)|域|realm|${said}`, 'i')],
      en: [new RegExp(`(platform|server)('s)? (code|id\\b|number)|code of the (platform|server)|domain|realm|${said}`, 'i')],
      never: passwordBlamed,
    }),
    async make(world) {
      const said = `3402${world.one('01', '10', '02')}00002000000001`;
      const registrar = await world.registrar(particular(world.one(404, 403), (uri) => uri?.user === server));
      return { uplink: world.gateway(registrar, { platform: { ...home, code: said, port: registrar.port } }), said };
    },
  },
  {
    name: 'third: the SIP domain is not that of the platform',
    compares: 'domain',
    cause: 'The domain that is set is not the one that the platform serves, which its challenge names.',
    named: ({ said }) => ({ zh: [new RegExp(`域|realm|${said}`, 'i')], en: [new RegExp(`domain|realm|${said}`, 'i')], never: passwordBlamed }),
    async make(world) {
      const said = world.one('34020000', '340200', '3402000001', '4302000000');
      const registrar = await world.registrar(particular(world.one(404, 403), (uri) => uri?.host === regional));
      return { uplink: world.gateway(registrar, { platform: { ...home, domain: said, port: registrar.port } }), said };
    },
  },
  {
    name: 'third: the bureau calls a camera by a code that is not in our table',
    compares: 'asked',
    cause: 'The platform asks for a picture of a channel by a code that no channel has here.',
    named: ({ said }) => ({
      zh: [escaped(said), /不认识|没有|未|不存在|无此|不在|找不到/],
      en: [escaped(said), /not|unknown|no (such|channel|camera)|nobody|nothing/i],
      never: passwordBlamed,
    }),
    async make(world) {
      const said = `3402000000131000000${world.dice.between(1, 5)}`;
      const platform = await world.platform();
      const uplink = world.gateway(platform.address);
      await world.until(() => (platform.catalogue(device)?.items.length ?? 0) > 0);
      let over = false;
      const play = platform.play(device, { channel: said, transport: world.one('udp', 'tcp-passive') }, new AbortController().signal);
      play
        .catch(() => undefined)
        .finally(() => {
          over = true;
        });
      await world.until(() => over);
      return { uplink, said };
    },
  },
  {
    name: 'third: pictures are wanted at a media server with another address',
    compares: 'asked',
    cause: 'The platform wants its pictures at a media server whose address is not among those that pictures may go to.',
    named: ({ said }) => ({
      zh: [escaped(said), /媒体|图像|画面|视频|码流|流|点播|实况/],
      en: [escaped(said), /media|picture|video|stream|\bplay|RTP|invite/i],
      never: passwordBlamed,
    }),
    async make(world) {
      const said = `10.${world.dice.between(1, 99)}.${world.dice.between(1, 99)}.${world.dice.between(2, 250)}`;
      const registrar = await world.registrar(() => undefined);
      const uplink = world.gateway(registrar);
      await settled(world, registrar);
      const { transport, remote } = registrar.flow!;
      const [to, from] = [`sip:${cameraCode(1)}@${regional}`, `sip:${server}@${regional}`];
      const formats = [{ payloadType: 96, encoding: 'PS', clockRate: 90_000 }];
      const wish = { name: 'Play', owner: server, start: 0, stop: 0, kind: 'video', address: said, port: 30_000, transport: 'udp' } as const;
      const content = writeGbSession({ ...wish, direction: 'recvonly', formats, ssrc: 200_000_001 });
      const order = {
        uri: to,
        from,
        to,
        headers: { Subject: `${cameraCode(1)}:0200000001,${server}:0` },
        body: { type: 'APPLICATION/SDP', content },
      };
      let over = false;
      const call = registrar.endpoint.invite(order, { transport, ...remote }, (asked) => asked.answer(200), new AbortController().signal);
      call
        .catch(() => undefined)
        .finally(() => {
          over = true;
        });
      await world.until(() => over);
      return { uplink, said };
    },
  },
  {
    name: 'third: the platform asks from a second server',
    compares: 'address',
    cause: 'The questions come from another address than the one that is set, and whoever is not set is not heard.',
    named: ({ said }) => ({ zh: [escaped(said)], en: [escaped(said)], never: passwordBlamed }),
    async make(world) {
      const said = `127.0.0.${world.dice.between(3, 200)}`;
      const registrar = await world.registrar(() => undefined);
      const uplink = world.gateway(registrar);
      await settled(world, registrar);
      const { transport, remote } = registrar.flow!;
      const second = world.own(await localSip({ local: { address: said, port: 0 } }));
      const [to, from] = [`sip:${device}@${regional}`, `sip:${server}@${regional}`];
      const content = `<?xml version="1.0" encoding="GB2312"?>\r\n<Query>\r\n<CmdType>Catalog</CmdType>\r\n<SN>7</SN>\r\n<DeviceID>${device}</DeviceID>\r\n</Query>\r\n`;
      const order = { method: 'MESSAGE', uri: to, from, to, body: { type: 'Application/MANSCDP+xml', content } };
      second.endpoint.ask(order, { transport, ...remote }, new AbortController().signal).catch(() => undefined); // Nobody answers.
      return { uplink, said };
    },
  },
  {
    name: 'third: online, and no channel has a code',
    compares: 'ids',
    cause: 'Nobody entered the codes of the channels: the catalogue is empty.',
    named: () => ({
      zh: [/通道|摄像机|摄像头|相机|镜头|目录/, /编码|空|没有|无|\b0\b/],
      en: [/channel|camera|catalog/i, /\bcodes?\b|empty|none|\bno\b|nothing|without/i],
      never: passwordBlamed,
    }),
    async make(world) {
      const platform = await world.platform();
      const uplink = world.gateway(platform.address, { codes: { device } });
      await world.until(() => platform.catalogue(device) !== undefined);
      return { uplink };
    },
  },
  {
    name: 'third: the clock of the box is wrong',
    compares: 'clock',
    cause: 'The box shows another time than the platform, so that its alarms carry the wrong one.',
    named: () => ({ zh: [/时钟|时间|校时|对时|NTP/], en: [/clock|\btime\b|NTP/i], never: passwordBlamed }),
    async make(world) {
      const platform = await world.platform({ habits: { date: world.one('beijing', 'beijing-millis', 'gmt') } });
      const by = world.one(-hours(8), hours(8), -minutes(17), -hours(24 * 40));
      const clock = shifted(world.clock, by);
      return { uplink: world.own(gbDevice(platform.address, clock, { codes: world.box.codes }, password, world.box.door)).uplink };
    },
  },
  {
    name: 'third: the tunnel to the police network drops long datagrams',
    compares: 'mtu',
    cause: 'Short messages pass, the long ones of the catalogue do not.',
    after: 60,
    named: () => ({
      zh: [/MTU|分片|过大|过长|太长|太大|较大|较长|大报文|长报文|大包|字节/],
      en: [/\bMTU\b|fragment|\blong|\blarge|\bbig|bytes|too (long|large|big)|size/i],
      never: passwordBlamed,
    }),
    async make(world) {
      const platform = await world.platform();
      const tunnel = world.own(await openUdpTunnel({ to: platform.address.port, longest: world.dice.between(900, 960) }));
      const uplink = world.gateway(tunnel);
      await world.until(() => platform.devices().some(({ online }) => online));
      return { uplink };
    },
  },
  {
    name: 'third: we write UTF-8 where the platform reads GB2312',
    compares: 'charset',
    cause: 'The charset of the uplink is not that of the platform: the names of the cameras come out garbled.',
    named: () => ({
      zh: [/字符集|字符编码|乱码|GB2312|GB18030|UTF-8/i],
      en: [/charset|character|GB2312|GB18030|garbled|UTF-8|encod/i],
      never: passwordBlamed,
    }),
    async make(world) {
      const platform = await world.platform();
      const uplink = world.gateway(platform.address, { charset: 'UTF-8' });
      await world.until(() => (platform.catalogue(device)?.items.length ?? 0) > 0);
      return { uplink };
    },
  },
];

/** Fifteen links of schools as an integration engineer meets them in the field, each with one thing wrong. Written by somebody who had not seen the doctor. */
import { createServer, type Socket } from 'node:net';
import { type GbSession, writeGbSession } from '../../adapters/protocols/sdp/gb-session.ts';
import { gbSsrc, writeGbSsrc } from '../../adapters/protocols/sdp/gb-ssrc.ts';
import { contactsOf } from '../../adapters/protocols/sip/fields.ts';
import { headerOf, writeMessage } from '../../adapters/protocols/sip/message.ts';
import { writeSubject } from '../../adapters/protocols/sip/subject.ts';
import { hours, minutes, seconds } from '../../gateway/domain/time.ts';
import { deliveryOf } from '../support/gb-device.ts';
import { type DoctorCase, regional, shifted, type World } from '../support/gb-doctor-world.ts';
import { cameraCode } from '../support/gb-large-box.ts';
import { device, type GbRegistrar, server, type Whim } from '../support/gb-registrar.ts';
import { never } from '../support/sip-endpoint.ts';
import { alarm } from '../support/spine.ts';

/** It knows nobody who has said nothing for so long. */
const forgetsAfter = minutes(3);
/** Until it gives a device up that has not answered its questions. */
const patience = seconds(10);

const hostOf = (uri: string) => uri.replace(/^sip:([^@]*@)?/, '').replace(/[:;].*$/, '');
const usual: Whim = () => undefined;

/** A TCP port, and what befalls whoever connects. */
async function tcpPort(world: World, port: number, taken: (socket: Socket) => void): Promise<number> {
  const listening = createServer((socket) => taken(socket.on('error', () => undefined)));
  await new Promise<void>((resolve, reject) => listening.once('error', reject).listen(port, '127.0.0.1', resolve));
  world.own(listening);
  const bound = listening.address();
  return typeof bound === 'object' && bound ? bound.port : port;
}

async function ask(world: World, registrar: GbRegistrar, cmdType: 'Catalog' | 'DeviceInfo'): Promise<void> {
  await registrar.tell({ root: 'Query', cmdType, sn: world.dice.between(1, 9_999), deviceId: device, content: {} });
}

/** As an operator who clicks on a camera: asks for its picture, and leaves it at what comes back. */
async function click(world: World, registrar: GbRegistrar, code: string, media: string): Promise<void> {
  if (!registrar.flow) throw new Error('Nobody has registered.');
  const ssrc = gbSsrc(server, 'live', world.dice.between(1, 9_999));
  const offer: GbSession = {
    ...{ name: 'Play', owner: server, start: 0, stop: 0, kind: 'video', address: media, port: 30_000 + 2 * world.dice.between(0, 200) },
    ...{ direction: 'recvonly', ssrc, transport: 'udp', formats: [{ payloadType: 96, encoding: 'PS', clockRate: 90_000 }] },
  };
  const [to, from] = [`sip:${code}@${regional}`, `sip:${server}@${regional}`];
  const subject = writeSubject({ sender: { id: code, stream: writeGbSsrc(ssrc) }, receiver: { id: server, stream: '0' } });
  const order = { uri: to, to, from, headers: { Subject: subject }, body: { type: 'APPLICATION/SDP', content: writeGbSession(offer) } };
  const { transport, remote } = registrar.flow;
  await registrar.endpoint.invite(order, { transport, ...remote }, (asked) => asked.answer(200), never);
}

export const fourthCases: readonly DoctorCase[] = [
  {
    name: 'a platform code with other last digits',
    compares: 'ids',
    cause: 'The platform code that was entered is not the platform’s: it registers us all the same, and takes no MESSAGE for that code.',
    named: () => ({
      zh: [new RegExp(`(平台|服务器|上级)(的|自己的)?(国标|SIP)? ?(编码|编号|代码|ID)|自称|${server}`, 'i')],
      en: [new RegExp(`(platform|server)(['’]s)?( own)? (code|id\\b)|(code|\\bid) of the (platform|server)|calls itself|${server}`, 'i')],
    }),
    async make(world) {
      const code = `340200000020000000${world.one('11', '02', '10')}`;
      const registrar = await world.registrar(({ request }) => (request.method === 'MESSAGE' && !request.uri.includes(server) ? 404 : undefined));
      const uplink = world.gateway(registrar, { platform: { code, address: '127.0.0.1', port: registrar.port } });
      await world.until(() => registrar.registered);
      await ask(world, registrar, 'DeviceInfo');
      return { uplink };
    },
  },
  {
    name: 'the table of the bureau was imported for the buttons, and not for the cameras',
    compares: 'ids',
    cause: 'No channel has a code: the platform sees the gateway online and not one camera below it.',
    named: () => ({ zh: [/编码|编号|代码|ID/i, /通道|摄像机|摄像头|相机|目录/], en: [/code|\bids?\b/i, /channel|camera|catalog/i] }),
    async make(world) {
      const platform = await world.platform();
      const uplink = world.gateway(platform.address, { codes: { device, zones: world.one({}, world.box.codes.zones) } });
      await world.until(() => platform.catalogue(device) !== undefined);
      return { uplink };
    },
  },
  {
    name: 'a domain of our own making',
    compares: 'domain',
    cause: 'The domain that was entered is not the platform’s: it answers for its own alone.',
    named: () => ({ zh: [/域/], en: [/domain|realm/i], never: /版本|version/i }),
    async make(world) {
      const refusal = world.one(404, 400);
      const domain = world.one('3402010000', 'police.gov.cn', '3402000001', 'wuhu.spvmn.cn');
      const registrar = await world.registrar(({ request }) => {
        const ours = hostOf(request.uri) === regional;
        return ours || headerOf(request, 'Authorization') === undefined ? undefined : refusal;
      });
      return { uplink: world.gateway(registrar, { platform: { code: server, domain, address: '127.0.0.1', port: registrar.port } }) };
    },
  },
  {
    name: 'the test platform of the bureau, at the address of the true one',
    compares: 'realm',
    cause: 'Whoever answers is another platform than the one of the form: its realm is another, and our account is not there.',
    named: () => ({
      zh: [/域|realm|(另一|别的|其他|不是).{0,8}(平台|服务器)/i],
      en: [/realm|domain|(another|different) (platform|server)|not the platform/i],
    }),
    async make(world) {
      const realm = world.one('3402990000', '3401000000', 'GBTEST', 'LiveGBS');
      const platform = await world.platform({ realm, passwords: world.digits(8) });
      return { uplink: world.gateway(platform.address, { realm: regional }) };
    },
  },
  {
    name: 'an old platform, and a charset that somebody thought better',
    compares: 'charset',
    cause: 'The platform reads GB2312 alone, and the box is set to write in another charset: every MESSAGE is refused.',
    named: () => ({
      zh: [/字符集|字符编码|编码(方式|格式)|charset|UTF-8|GB18030|GB2312/i],
      en: [/charset|character|encoding|UTF-8|GB18030|GB2312/i],
    }),
    async make(world) {
      const charset = world.one('UTF-8', 'GB18030');
      const refusal = world.one(400, 415);
      const registrar = await world.registrar(({ request }) =>
        request.method === 'MESSAGE' && !/encoding="GB2312"/i.test(Buffer.from(request.body).toString('latin1')) ? refusal : undefined,
      );
      return { uplink: world.gateway(registrar, { charset }) };
    },
  },
  {
    name: 'a port map that leads TCP to nowhere',
    compares: 'transport',
    cause: 'The box speaks TCP; at that port somebody takes TCP connections and hangs up, while the platform answers there over UDP.',
    named: () => ({ zh: [/UDP/i], en: [/UDP/i] }),
    async make(world) {
      const registrar = await world.registrar(usual);
      const byData = world.one(true, false);
      await tcpPort(world, registrar.port, (socket) => (byData ? socket.once('data', () => socket.destroy()) : socket.destroy()));
      return { uplink: world.gateway(registrar, { transport: 'tcp' }) };
    },
  },
  {
    name: 'the public address of last year’s contract',
    compares: 'address',
    cause: 'The advertised address is not the one that we are seen under: the platform calls it, nobody answers, and it drops us again and again.',
    named: () => ({
      zh: [/(对外|公布|通告|宣告|宣称|映射|公网|外网|看到的).{0,12}(地址|IP|端口)|advertised|Contact|203\.0\.113/i],
      en: [/advertis|announce|public address|mapped|Contact (header|address)|203\.0\.113/i],
    }),
    async make(world) {
      const address = `203.0.113.${world.dice.between(2, 250)}`;
      let since = 0;
      const registrar = await world.registrar(({ request, flow }, it) => {
        const now = world.clock.now();
        const called = contactsOf(request)[0];
        if (request.method === 'REGISTER') since = called && hostOf(called.uri) === flow.remote.address ? Number.POSITIVE_INFINITY : now;
        else if (now - since > patience) it.registered = false;
        return undefined;
      });
      return { uplink: world.gateway(registrar, { advertised: { address, port: world.one(5_060, 15_060) } }) };
    },
    after: 90,
  },
  {
    name: 'a server in UTC that takes its time for Beijing’s',
    compares: 'clock',
    cause: 'The platform’s clock is eight hours behind: it says UTC where Beijing time is meant.',
    named: () => ({ zh: [/时钟|时区|校时|对时|小时|平台时间/], en: [/clock|time ?zone|UTC|hours/i] }),
    async make(world) {
      const clock = shifted(world.clock, -hours(8) + world.dice.between(-900, 900));
      const platform = await world.platform({ clock, habits: { date: world.one('beijing', 'beijing-millis') } });
      return { uplink: world.gateway(platform.address) };
    },
  },
  {
    name: 'the port of the platform’s web page',
    compares: 'ports',
    cause: 'The port that was entered is that of the platform’s web page: HTTP answers there.',
    named: () => ({ zh: [/端口|HTTP|网页|Web/i], en: [/\bport\b|HTTP|web/i] }),
    async make(world) {
      const agent = world.one('nginx/1.24.0', 'Apache-Coyote/1.1', 'openresty');
      const page = `HTTP/1.1 400 Bad Request\r\nServer: ${agent}\r\nContent-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
      const port = await tcpPort(world, 0, (socket) => socket.once('data', () => socket.end(page)));
      return { uplink: world.gateway({ port }, { transport: 'tcp' }) };
    },
  },
  {
    name: 'a tunnel that loses what is long',
    compares: 'mtu',
    cause: 'What is longer than the tunnel carries never arrives: keepalives do, the items of the catalogue do not.',
    named: () => ({
      zh: [/MTU|分片|字节|大包|长包|(较|过|太)(大|长)的?(报文|数据包|消息)|(报文|数据包|消息).{0,8}((较|过|太)(大|长)|超长|大于|超过 ?\d)/i],
      en: [/MTU|fragment|\bbytes?\b|\bsizes?\b|large|long(er)? (message|datagram|packet)|longer than \d/i],
    }),
    async make(world) {
      const most = world.dice.between(900, 1_040);
      const registrar = await world.registrar(({ request }) => (writeMessage(request).length > most ? 'ignore' : undefined));
      const uplink = world.gateway(registrar);
      await world.until(() => registrar.keepalives.length > 0);
      await ask(world, registrar, 'Catalog');
      return { uplink };
    },
  },
  {
    name: 'a media server that nobody put on the form',
    compares: 'asked',
    cause: 'The platform wants pictures at its media server, to which this box may not send: each view is refused.',
    named: ({ said = '' }) => ({
      zh: [/媒体|流|画面|视频|图像|点播|观看|预览/, new RegExp(`地址|允许|media\\.to|放行|${said}`)],
      en: [/media|picture|video|view|stream|play|INVITE/i, new RegExp(`address|allow|media\\.to|${said}`, 'i')],
    }),
    async make(world) {
      const said = `10.33.${world.dice.between(0, 9)}.${world.dice.between(2, 250)}`;
      const registrar = await world.registrar(usual);
      const uplink = world.gateway(registrar);
      await world.until(() => registrar.keepalives.length > 0);
      await ask(world, registrar, 'Catalog');
      for (const serial of [1, world.one(2, 3)]) await click(world, registrar, cameraCode(serial), said);
      return { uplink, said };
    },
  },
  {
    name: 'the codes of the recorder that was here before',
    compares: 'asked',
    cause: 'The platform still asks for the channels of an old recorder, by codes that nothing here has.',
    named: () => ({
      zh: [/编码|编号|代码|通道|ID/i, /通道|摄像机|点播|请求|索要|查询|INVITE|404/],
      en: [/code|channel|\bids?\b/i, /channel|camera|asks for|INVITE|404|view|picture|\bplay/i],
      never: /密码|口令|password/i,
    }),
    async make(world) {
      const platform = await world.platform();
      const uplink = world.gateway(platform.address);
      await world.until(() => platform.catalogue(device) !== undefined);
      const first = world.dice.between(21, 60);
      const count = world.dice.between(2, 4);
      for (let serial = first; serial < first + count; serial += 1) {
        const channel = `3402000000131${String(serial).padStart(7, '0')}`;
        await platform.play(device, { channel, transport: 'udp' }, never).catch(() => undefined); // "Failed (404)", on the operator's screen
      }
      return { uplink };
    },
  },
  {
    name: 'a platform that wants certificates',
    compares: 'answered',
    cause: 'The platform registers by certificate alone (GB 35114), which this box cannot.',
    named: () => ({
      zh: [/35114|证书|国密|SM2|算法|认证方式|鉴权方式|认证方案|Bidirection|Unidirection/i],
      en: [/35114|certificate|SM2|algorithm|scheme|authenticat\w+ method|Bidirection|Unidirection/i],
    }),
    async make(world) {
      const scheme = world.one('Bidirection', 'Unidirection');
      const random = Buffer.from(world.digits(16)).toString('base64');
      const challenge = `${scheme} algorithm="A:SM2;H:SM3;S:SM4/OFB/PKCS5;SI:SM3-SM2", random1="${random}"`;
      const refusal = { status: 401, headers: { 'WWW-Authenticate': challenge } };
      const registrar = await world.registrar(({ request }) => (request.method === 'REGISTER' ? refusal : undefined));
      return { uplink: world.gateway(registrar) };
    },
  },
  {
    name: 'a receipt that this make of platform never sends',
    compares: 'answered',
    cause: 'The box waits for a Response to each alarm, and the platform answers with SIP 200 alone: nothing ever counts as delivered.',
    named: () => ({
      zh: [/报警|告警|警情/, /Response|应答|回执|确认|响应|回复|ack|200/i],
      en: [/alarm/i, /Response|receipt|acknowledg|confirm|\back\b|200/i],
    }),
    async make(world) {
      const platform = await world.platform();
      await platform.misbehave('alarm-without-response');
      const uplink = world.gateway(platform.address, { alarms: { ack: 'response' } });
      await world.until(() => platform.catalogue(device) !== undefined);
      const pressed = deliveryOf(alarm({ panel: 'gate', zone: `z${world.dice.between(1, 5)}`, type: 'panic.silent' }));
      // As the outbox does it: again a while after it was not delivered.
      const again = async () => {
        for (let attempt = 0; attempt < 2; attempt += 1) await uplink.deliver(pressed, never).catch(() => undefined);
      };
      void again();
      return { uplink };
    },
  },
  {
    name: 'a keepalive that spares the line',
    compares: 'answered',
    cause: 'Our keepalive comes more rarely than the platform’s patience of three minutes lasts: it forgets us between two of them.',
    named: () => ({
      zh: [/心跳|保活|keepalive/i, /间隔|周期|频|太(长|久|稀|慢|少)|过(长|久|稀|慢|少)|每|every|秒/i],
      en: [/keep-?alive|heartbeat/i, /every|interval|rare|seldom|often|period|frequen|too (long|slow|far)|\d+ s\b/i],
    }),
    async make(world) {
      const every = world.one(200, 240, 255);
      const registrar = await world.registrar(({ request }, it) => {
        const [before, now] = it.heard.slice(-2);
        if (request.method === 'MESSAGE' && before && now && now.at - before.at > forgetsAfter) it.registered = false;
        return undefined;
      });
      return { uplink: world.gateway(registrar, { keepalive: { every, misses: 3 } }) };
    },
    after: 840,
  },
];

/**
 * Fifteen more misconfigurations of a link to a police platform, by another author: from the field (gb28181 §3.1, §3.3, §3.5, §5.1, §7, §9.2), written
 * and committed before that author had seen the doctor, its texts, or the cases of the first.
 */
import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer } from 'node:net';
import { headerOf } from '../../adapters/protocols/sip/message.ts';
import { instant, seconds } from '../../gateway/domain/time.ts';
import { deliveryOf, gbDevice } from '../support/gb-device.ts';
import type { DoctorCase, World } from '../support/gb-doctor-world.ts';
import { cameraCode } from '../support/gb-large-box.ts';
import { openLivePlane, view } from '../support/gb-live.ts';
import { device, type GbRegistrar, password, server } from '../support/gb-registrar.ts';
import { never } from '../support/sip-endpoint.ts';
import { alarm } from '../support/spine.ts';

/** The link stands, and the platform has asked what there is, as it does. */
async function greeted(world: World, registrar: GbRegistrar): Promise<void> {
  await world.until(() => registrar.keepalives.length > 0);
  await registrar.tell({ root: 'Query', cmdType: 'Catalog', sn: 7, deviceId: device, content: {} });
}

export const fieldCases: readonly DoctorCase[] = [
  {
    name: 'the password was pasted with a blank behind it',
    compares: 'answered',
    cause: 'The password that the box holds has a blank at its end; the platform refuses the proof.',
    named: () => ({ zh: [/密码|口令/], en: [/password/i] }),
    async make(world) {
      const platform = await world.platform({ habits: { refusesProof: world.one(401, 403) } });
      return { uplink: world.gateway(platform.address, {}, `${password}${world.one(' ', '\u3000')}`) };
    },
  },
  {
    name: 'the box signs in under the name of a person',
    compares: 'ids',
    cause: 'The profile has a username of its own; this platform knows devices by their code alone. The password is right.',
    named: ({ said }) => ({
      zh: [/用户名|登录名|账号|帐号|username/i, new RegExp(`${said}|编码`)],
      en: [/user ?name|login|account|sign(s|ed)? in/i, new RegExp(`${said}|\\bcode\\b`)],
    }),
    async make(world) {
      const username = world.one('admin', 'school03');
      const platform = await world.platform();
      return { uplink: world.gateway(platform.address, { username }), said: username };
    },
  },
  {
    name: 'the port is that of the platform’s web pages',
    compares: 'ports',
    cause: 'Somebody listens at that port over TCP and answers in HTTP: it is not the SIP port.',
    named: () => ({
      zh: [/HTTP|网页|不是.{0,12}SIP|非 ?SIP|端口.{0,20}(错|不对|不是|另|别)|(错|不对|别的|其他|另一).{0,20}端口/i],
      en: [/HTTP|\b(not|no|never)\b.{0,25}SIP|(wrong|other|another|different|check).{0,25}port|port.{0,25}(wrong|other|another)/i],
    }),
    async make(world) {
      const web = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () =>
          socket.end('HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html></html>'),
        );
      });
      await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
      world.own({ [Symbol.asyncDispose]: () => new Promise((resolve) => web.close(() => resolve())) });
      return { uplink: world.gateway({ port: (web.address() as AddressInfo).port }, { transport: 'tcp' }) };
    },
  },
  {
    name: 'the registration is asked to hold for less than the platform allows',
    compares: 'answered',
    cause: '`expires` is a minute or some; the platform wants an hour at least, says 423 and not how much.',
    named: () => ({
      zh: [/有效期|有效时间|注册时间|时长|期限|周期|Expires/i, /短|小|少|低|至少|加长|调大|423/],
      en: [/expir|how long|duration|period|interval|registration time|hold/i, /short|brief|small|longer|less|least|minim|423/i],
    }),
    async make(world) {
      const registrar = await world.registrar(({ request }) => {
        const asked = Number(headerOf(request, 'Expires'));
        return request.method === 'REGISTER' && asked > 0 && asked < 3_600 ? 423 : undefined;
      });
      return { uplink: world.gateway(registrar, { expires: world.dice.between(60, 300) }) };
    },
  },
  {
    name: 'keepalives come more rarely than the platform’s patience lasts',
    compares: 'answered',
    cause: 'The box speaks every three or four minutes; the platform gives up a device after one and answers its next keepalive with 404.',
    after: 900,
    named: () => ({
      zh: [/心跳|保活|keepalive/i, /间隔|周期|频率|太(长|久|慢|少|稀)|过(长|久|慢|少|稀)/],
      en: [/keep-?alive|heartbeat/i, /interval|often|every \d|seldom|rare|too (long|slow|few)|longer than|frequen|period/i],
    }),
    async make(world) {
      let heard = world.clock.now();
      const registrar = await world.registrar(({ request }, self) => {
        if (request.method === 'MESSAGE' && world.clock.now() - heard > seconds(65)) {
          self.registered = false;
          return 404;
        }
        heard = world.clock.now();
        return undefined;
      });
      const uplink = world.gateway(registrar, { keepalive: { every: world.dice.between(180, 240), misses: 3 } });
      await greeted(world, registrar);
      return { uplink };
    },
  },
  {
    name: 'the platform has locked the account after too many wrong passwords',
    compares: 'answered',
    cause: 'The password is right by now, but the account is locked: 403 before any challenge, with a reason and a time to come back.',
    named: () => ({
      zh: [/锁|冻结|封禁|封停|禁用|停用/],
      en: [/lock|block|frozen|suspend|disabl|barred/i],
      never: /密码(错|不对|不正确)|未(登记|录入|添加)|wrong password|does not know|not (listed|entered)/i,
    }),
    async make(world) {
      const minutes = world.one(30, 60);
      const registrar = await world.registrar((incoming) => {
        if (incoming.request.method !== 'REGISTER') return undefined;
        incoming.answer(403, { reason: 'Account Locked', headers: { 'Retry-After': minutes * 60 } });
        return 'ignore';
      });
      return { uplink: world.gateway(registrar) };
    },
  },
  {
    name: 'the box speaks the edition of 2022 to a platform of 2016',
    compares: 'answered',
    cause: 'The platform cannot bear X-GB-Ver: 3.0 and says 400; its answer carries X-GB-Ver: 2.0.',
    named: () => ({ zh: [/版本|版次|2016|X-GB-Ver/i], en: [/version|edition|2016|X-GB-Ver/i] }),
    async make(world) {
      const older = world.one('2.0', '1.1');
      const registrar = await world.registrar(({ request }) =>
        headerOf(request, 'X-GB-Ver') === '3.0' ? { status: 400, headers: { 'X-GB-Ver': older } } : undefined,
      );
      return { uplink: world.gateway(registrar, { version: '2022' }) };
    },
  },
  {
    name: 'the platform takes no long messages',
    compares: 'mtu',
    cause: 'Items of the catalogue are longer than the platform’s limit for a MESSAGE over UDP: 513. Keepalives pass.',
    named: () => ({
      zh: [/过大|太大|太长|过长|超长|大小|长度|字节|上限/],
      en: [/too (large|long|big)|size|bytes|length|limit/i],
    }),
    async make(world) {
      const most = world.dice.between(350, 450);
      let refused = 0;
      const registrar = await world.registrar(({ request }) => {
        if (request.method !== 'MESSAGE' || request.body.length <= most) return undefined;
        refused += 1;
        return 513;
      });
      const uplink = world.gateway(registrar);
      await greeted(world, registrar);
      await world.until(() => refused > 0);
      return { uplink };
    },
  },
  {
    name: 'the platform refuses alarms, and nothing else',
    compares: 'answered',
    cause: 'Registration, keepalives and catalogue are well; every Notify/Alarm is answered 415 or 488.',
    named: () => ({
      zh: [/报警|告警|警情|警报/, /拒|不收|不接受|不认|不支持|415|488/],
      en: [/alarm/i, /refus|reject|declin|415|488|not (take|accept|support)/i],
    }),
    async make(world) {
      const status = world.one(415, 488);
      const registrar = await world.registrar(({ request }) =>
        /<CmdType>Alarm</.test(Buffer.from(request.body).toString('latin1')) ? status : undefined,
      );
      const uplink = world.gateway(registrar);
      await greeted(world, registrar);
      const event = { ...alarm({ panel: 'gate', zone: 'z1', type: 'panic.silent' }), occurredAt: instant(world.clock.now()) };
      await uplink.deliver(deliveryOf(event), never).catch(() => undefined);
      return { uplink };
    },
  },
  {
    name: 'pictures are to go to a media server that the profile does not name',
    compares: 'address',
    cause: 'The platform’s media server has an address of its own, which is not in `media.to`: the box refuses each INVITE.',
    named: () => ({
      zh: [/媒体|画面|视频|图像|点播|取流|RTP/, /地址|media\.to|192\.0\.2/],
      en: [/media|picture|video|stream|RTP/i, /address|media\.to|192\.0\.2/i],
    }),
    async make(world) {
      const registrar = await world.registrar(() => undefined);
      const uplink = world.gateway(registrar);
      await greeted(world, registrar);
      const { status } = world.own(await view({ registrar }, { code: cameraCode(1), offer: { address: `192.0.2.${world.dice.between(40, 60)}` } }));
      if (status !== 403) throw new Error(`The INVITE was answered ${status}.`);
      return { uplink };
    },
  },
  {
    name: 'the platform sends the box on to a server that is behind a firewall',
    compares: 'answered',
    cause: 'REGISTER is answered 302; the server that it names never answers.',
    after: 200,
    named: () => ({
      zh: [/重定向|转向|转到|转往|跳转|302|引向|引到|改到|指向/],
      en: [/redirect|302|sen[dt]s? (us |the box |it )?(on|to|elsewhere)|points? (us )?to|referr|moved/i],
    }),
    async make(world) {
      const dark = createSocket('udp4');
      await new Promise<void>((resolve) => dark.bind(0, '127.0.0.1', resolve));
      world.own({ [Symbol.asyncDispose]: () => new Promise((resolve) => dark.close(() => resolve())) });
      const next = `<sip:3402000000200000000${world.dice.between(2, 9)}@127.0.0.1:${dark.address().port}>`;
      const registrar = await world.registrar(({ request }) =>
        headerOf(request, 'Authorization') !== undefined ? { status: 302, headers: { Contact: next, Expires: '3600' } } : undefined,
      );
      return { uplink: world.gateway(registrar) };
    },
  },
  {
    name: 'the platform has an IPv6 address and the box is tied to its IPv4 one',
    compares: 'address',
    cause: '`platform.address` is IPv6, `local.address` is IPv4: nothing can go from the one to the other.',
    named: () => ({ zh: [/IPv6|IPv4|地址族|协议族/i], en: [/IPv6|IPv4|address famil/i] }),
    async make(world) {
      const address = world.one('2001:db8:34::10', '::1');
      return { uplink: world.gateway({ port: 5_060 }, { platform: { code: server, address }, local: { address: '127.0.0.1', port: 0 } }) };
    },
  },
  {
    name: 'nobody has entered the codes of the cameras',
    compares: 'ids',
    cause: 'The bureau’s table was never imported: no channel has a code, and the platform’s catalogue stays empty.',
    named: () => ({
      zh: [/编码|国标码|编号/, /没有|未|缺|空|无|0 ?(个|路|条)/, /通道|摄像机|镜头|相机/],
      en: [/code/i, /\bno\b|none|without|missing|lack|empty|not|\b0\b/i, /channel|camera/i],
    }),
    async make(world) {
      const registrar = await world.registrar(() => undefined);
      const uplink = world.gateway(registrar, { codes: { device } });
      await greeted(world, registrar);
      return { uplink };
    },
  },
  {
    name: 'the platform demands certificates of GB 35114',
    compares: 'answered',
    cause: 'Its 401 has no Digest in it, but Bidirection or Unidirection with SM2: a password is of no use.',
    named: () => ({
      zh: [/35114|(认证|鉴权)(方式|方法|算法)|质询|摘要|Digest|双向|单向|证书|SM2|国密/i],
      en: [/35114|digest|certificate|scheme|challenge|unidirection|bidirection|SM2|authentication (method|kind|type)/i],
      never: /密码(错|不对|不正确)|wrong password|password is wrong/i,
    }),
    async make(world) {
      const scheme = world.one('Bidirection', 'Unidirection');
      const challenge = `${scheme} algorithm="A:SM2;H:SM3;S:SM4/OFB/PKCS5;SI:SM3-SM2", random1="MDEyMzQ1Njc4OWFiY2RlZg=="`;
      const registrar = await world.registrar(({ request }) =>
        request.method === 'REGISTER' ? { status: 401, headers: { 'WWW-Authenticate': challenge } } : undefined,
      );
      return { uplink: world.gateway(registrar) };
    },
  },
  {
    name: 'a firewall lets SIP pass and not the connections for pictures',
    compares: 'ports',
    cause: 'The platform takes pictures over TCP; each INVITE is accepted, and nobody can be reached at the media port.',
    named: () => ({
      zh: [/媒体|画面|视频|图像|点播|取流|RTP/, /连不上|连接|拒|不通|防火墙|打不开|够不着|到不了/],
      en: [/media|picture|video|RTP|stream|play/i, /connect|refus|reach|closed|firewall/i],
      never: /摄像机.{0,12}(离线|断线|连不上|不可用)|camera.{0,30}(offline|unavailable|unreachable)/i,
    }),
    async make(world) {
      const registrar = await world.registrar(() => undefined);
      const { plane } = world.own(await openLivePlane());
      const { uplink } = world.own(gbDevice(registrar, world.clock, { codes: world.box.codes }, password, { ...world.box.door, media: plane }));
      await greeted(world, registrar);
      const { call } = world.own(await view({ registrar }, { code: cameraCode(1), offer: { port: await closedPort() } }));
      // It must have been accepted, and ended by the box.
      await world.until(() => call?.dialog.ended.aborted === true);
      return { uplink };
    },
  },
];

/** Of TCP. The machine gives it to nobody for a while. */
async function closedPort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise<void>((resolve) => listener.close(() => resolve()));
  return port;
}

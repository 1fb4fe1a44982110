/** Misconfigurations of a police link, with their true causes, written from the field (gb28181 §3, §7) before their author had seen the doctor. */
import { parseUri } from '../../adapters/protocols/sip/uri.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { type DoctorCase, regional, shifted } from '../support/gb-doctor-world.ts';
import { cameraCode } from '../support/gb-large-box.ts';
import { device, password, server } from '../support/gb-registrar.ts';
import { localSip, never } from '../support/sip-endpoint.ts';
import { openUdpTunnel } from '../support/udp-tunnel.ts';

/** The platform's requests go to where its Contact led them, and are never seen. */
const unheard = { queries: false, subscriptions: [] } as const;

export const doctorCases: readonly DoctorCase[] = [
  {
    name: 'wrong-password',
    compares: 'answered',
    cause: 'The password is not the one that the platform has for this device.',
    named: () => ({ zh: [/口令|密码/], en: [/password/i] }),
    async make(world) {
      const platform = await world.platform({ habits: { refusesProof: world.one(401, 403) } });
      return { uplink: world.gateway(platform.address, { transport: world.one('udp', 'tcp') }, `wrong-${world.digits(4)}`) };
    },
  },
  {
    name: 'device-unknown',
    compares: 'ids',
    cause: 'The platform has other devices in its list, and not this code.',
    named: () => ({
      zh: [/(设备|本机|网关|我方|我们).{0,12}(编码|编号|国标|ID)|(编码|编号|国标).{0,30}(未|没有|不认识|不存在)/],
      en: [/(device|our|gateway|own|its) (code|id)\b|code \d{20}/i],
      never: /password|口令|密码/i,
    }),
    async make(world) {
      const platform = await world.platform({ passwords: { [`3402000000118${world.digits(7)}`]: password } });
      return { uplink: world.gateway(platform.address) };
    },
  },
  {
    name: 'server-code-wrong',
    compares: 'ids',
    cause: 'The code of the platform is mistyped: it does not take requests for somebody else (404).',
    named: () => ({
      zh: [/(平台|服务器|上级).{0,12}(编码|编号|国标|ID)|(编码|编号).{0,30}(平台|服务器)/],
      en: [/(platform|server)('s)? (code|id)|code of the (platform|server)|(code|id) .{0,40}(platform|server)/i],
      never: /password|口令|密码/i,
    }),
    async make(world) {
      const registrar = await world.registrar(({ request }) => (parseUri(request.uri)?.user === server ? undefined : 404));
      const code = `34020000002000${String(world.dice.between(2, 999_999)).padStart(6, '0')}`;
      return { uplink: world.gateway(registrar, { platform: { code, address: '127.0.0.1', port: registrar.port } }) };
    },
  },
  {
    name: 'duplicate-device',
    compares: 'ids',
    cause: 'Another box signs in with the same code, and each throws the other out.',
    named: () => ({
      zh: [/(另|其他|其它|别的|第二|两|多).{0,6}(设备|台|网关|处|个)|重复|(同一|相同|同样).{0,6}(编码|编号)/],
      en: [/another|other (device|gateway|box)|same (code|id)|somebody else|second (device|box|gateway)|twice|two /i],
    }),
    after: 120,
    async make(world) {
      const registrar = await world.registrar(({ request, flow }, { flow: known }) =>
        request.method === 'MESSAGE' && known && known.remote.port !== flow.remote.port ? 404 : undefined,
      );
      const keepalive = { every: world.dice.between(5, 15), misses: 3 };
      world.gateway(registrar, { keepalive: { every: world.dice.between(5, 15), misses: 3 } });
      return { uplink: world.gateway(registrar, { keepalive }) };
    },
  },
  {
    name: 'domain-wrong',
    compares: 'domain',
    cause: 'The SIP domain is not the platform’s, which names its own in the challenge and then refuses.',
    named: () => ({ zh: [/域(?!名)/], en: [/domain|realm/i] }),
    async make(world) {
      const status = world.one(403, 404);
      const registrar = await world.registrar(({ request }, { heard }) =>
        request.method === 'REGISTER' && parseUri(request.uri)?.host !== regional && heard.at(-1)?.signed ? status : undefined,
      );
      const domain = world.one('3401000000', '3420000000', `44${world.digits(8)}`);
      return { uplink: world.gateway(registrar, { platform: { code: server, address: '127.0.0.1', port: registrar.port, domain } }) };
    },
  },
  {
    name: 'realm-other',
    compares: 'realm',
    cause: 'Somebody else’s platform answers at that address: its realm is not the one we were given.',
    named: ({ said = '' }) => ({ zh: [/realm|(认证|鉴权|SIP ?)域|域(?!名)/i, new RegExp(said)], en: [/realm|domain/i, new RegExp(said)] }),
    async make(world) {
      const realm = `44${world.digits(8)}`;
      const platform = await world.platform({ realm, passwords: world.digits(8) });
      return { uplink: world.gateway(platform.address, { realm: regional }), said: realm };
    },
  },
  {
    name: 'charset-differs',
    compares: 'charset',
    cause: 'The platform writes UTF-8, and the profile says something else: names are garbled there.',
    named: () => ({ zh: [/字符集|字符编码|UTF-8|乱码/i], en: [/charset|character (set|encoding)|UTF-8|garbled/i] }),
    async make(world) {
      const platform = await world.platform();
      await platform.misbehave('utf-8');
      const uplink = world.gateway(platform.address, { charset: world.one('GB2312', 'GB18030') });
      await world.until(() => platform.catalogue(device) !== undefined);
      return { uplink };
    },
  },
  {
    name: 'platform-tcp-only',
    compares: 'transport',
    cause: 'The platform listens on TCP alone, and we send datagrams.',
    named: () => ({ zh: [/TCP/i], en: [/TCP/i] }),
    async make(world) {
      const platform = await world.platform({ transports: ['TCP'] });
      return { uplink: world.gateway(platform.address, { transport: 'udp' }) };
    },
  },
  {
    name: 'platform-udp-only',
    compares: 'transport',
    cause: 'The platform listens on UDP alone, and we try to connect.',
    named: () => ({ zh: [/UDP/i], en: [/UDP/i] }),
    async make(world) {
      const platform = await world.platform({ transports: ['UDP'] });
      return { uplink: world.gateway(platform.address, { transport: 'tcp' }) };
    },
  },
  {
    name: 'host-unresolved',
    compares: 'address',
    cause: 'The name of the platform’s host does not resolve.',
    named: ({ said = '' }) => ({
      zh: [/解析|DNS|域名|主机名/i, new RegExp(said)],
      en: [/resolve|DNS|host name|no such (name|host)|look(ed)? up/i, new RegExp(said)],
    }),
    async make(world) {
      const said = `gb-${world.digits(4)}.invalid`;
      return { uplink: world.gateway({ port: 5_060 }, { platform: { code: server, address: said, port: 5_060 } }), said };
    },
  },
  {
    name: 'host-unreachable',
    compares: 'address',
    cause: 'Nothing comes back from the platform’s address, whatever is sent.',
    outside: true,
    named: ({ said = '' }) => ({
      zh: [
        /不可达|到不了|到达不了|无法到达|不通|连不上|没有(任何|收到)?.{0,4}(应答|回应|响应|回答)|(不|无|未)(应答|回应|响应)|没有路由/,
        new RegExp(said),
      ],
      en: [/unreachable|reach|no (answer|route|reply|response)|not answer|nothing|silent|connect/i, new RegExp(said)],
    }),
    async make(world) {
      const said = `198.51.100.${world.dice.between(1, 250)}`;
      const platform = { code: server, address: said, port: 5_060 };
      return { uplink: world.gateway(platform, { transport: world.one('udp', 'tcp'), local: { port: 0 }, platform }), said };
    },
  },
  {
    name: 'advertised-wrong',
    compares: 'address',
    cause: 'The address that we tell the platform to call is not ours: none of its requests arrive.',
    named: ({ said = '' }) => ({
      zh: [/(对外|通告|公布|宣告|声明|映射|告诉|告知|advertised).{0,12}地址|Contact|地址/i, new RegExp(said)],
      en: [/advertis|contact|told .{0,30}(call|address)|address/i, new RegExp(said)],
    }),
    after: 120,
    async make(world) {
      const platform = await world.platform({ welcome: unheard });
      const said = `198.51.100.${world.dice.between(1, 250)}`;
      return { uplink: world.gateway(platform.address, { advertised: { address: said, port: 5_060 } }), said };
    },
  },
  {
    name: 'behind-nat',
    compares: 'address',
    cause: 'A router between us and the platform translates our address, and what we advertise is the inner one.',
    named: () => ({
      zh: [/NAT|地址转换|地址映射|路由器|映射|对外.{0,6}地址|127\.0\.0\.2/i],
      en: [/NAT\b|translat|router|maps|mapped|advertis|127\.0\.0\.2/],
    }),
    after: 120,
    async make(world) {
      const platform = await world.platform({ welcome: unheard });
      const tunnel = world.own(await openUdpTunnel({ to: platform.address.port, as: '127.0.0.2' }));
      return { uplink: world.gateway(tunnel, { keepalive: { every: world.dice.between(10, 30) } }) };
    },
  },
  {
    name: 'platform-speaks-from-elsewhere',
    compares: 'address',
    cause: 'The platform asks from another of its servers, which we take for a stranger.',
    named: () => ({ zh: [/127\.0\.0\.2/], en: [/127\.0\.0\.2/] }),
    async make(world) {
      const platform = await world.platform({ welcome: unheard });
      const uplink = world.gateway(platform.address);
      await world.until(() => platform.devices().some(({ keepalives }) => keepalives > 0));
      const other = world.own(await localSip({ timers: world.clock, local: { address: '127.0.0.2', port: 0 } }));
      const [from, to] = [`sip:${server}@${regional}`, `sip:${device}@${regional}`];
      const ask = (sn: number) => {
        const content = `<?xml version="1.0"?>\r\n<Query>\r\n<CmdType>Catalog</CmdType>\r\n<SN>${sn}</SN>\r\n<DeviceID>${device}</DeviceID>\r\n</Query>\r\n`;
        const body = { type: 'Application/MANSCDP+xml', content };
        other.endpoint.ask({ method: 'MESSAGE', uri: to, from, to, body }, platform.devices()[0]!.peer, never).catch(() => undefined);
      };
      for (let sn = 1; sn <= 3; sn += 1) {
        ask(sn);
        await world.pass(seconds(world.dice.between(3, 8)));
      }
      return { uplink };
    },
  },
  {
    name: 'clock-off',
    compares: 'clock',
    cause: 'The clock of the box is hours away from the platform’s.',
    named: () => ({ zh: [/时钟|时间|对时|校时/], en: [/clock|\btime\b|hours/i] }),
    async make(world) {
      const hours = world.dice.between(2, 7) * world.one(1, -1);
      const platform = await world.platform({ clock: shifted(world.clock, hours * 3_600_000 + seconds(world.dice.between(0, 900))) });
      return { uplink: world.gateway(platform.address) };
    },
  },
  {
    name: 'port-closed',
    compares: 'ports',
    cause: 'The platform listens at another port than the one entered.',
    named: ({ said = '' }) => ({ zh: [/端口/, new RegExp(said)], en: [/port/i, new RegExp(said)] }),
    async make(world) {
      const gone = await world.platform();
      await gone.down();
      const { port } = gone.address;
      await world.platform();
      return { uplink: world.gateway({ port }, { transport: world.one('udp', 'tcp') }), said: String(port) };
    },
  },
  {
    name: 'tunnel-loses-long-datagrams',
    compares: 'mtu',
    cause: 'The police’s tunnel loses datagrams beyond its size: keepalives pass, the catalogue does not.',
    named: () => ({
      zh: [/MTU|(过|太|较|很|更)(大|长)|大(报文|包)|长(报文|包)|分片|字节/i],
      en: [/MTU|large|\blong|fragment|bytes|too big/i],
    }),
    after: 60,
    async make(world) {
      const platform = await world.platform();
      const tunnel = world.own(await openUdpTunnel({ to: platform.address.port, longest: world.dice.between(800, 950) }));
      return { uplink: world.gateway(tunnel) };
    },
  },
  {
    name: 'expires-refused',
    compares: 'asked',
    cause: 'The platform does not register for so short a time (423), and does not say for how long it would.',
    named: () => ({ zh: [/有效期|Expires|过期|时长/i], en: [/expir|(registration|validity|time).{0,30}(short|brief|seconds|long)/i] }),
    async make(world) {
      const least = world.one(3_600, 1_800);
      const registrar = await world.registrar(({ request }, { heard }) =>
        request.method === 'REGISTER' && (heard.at(-1)?.expires ?? 0) < least ? 423 : undefined,
      );
      return { uplink: world.gateway(registrar, { expires: world.dice.between(60, 1_200) }) };
    },
  },
  {
    name: 'keepalive-unanswered',
    compares: 'answered',
    cause: 'The platform registers us and never answers a keepalive.',
    named: () => ({ zh: [/心跳|保活/], en: [/keepalive|keep-alive|heartbeat/i] }),
    after: 90,
    async make(world) {
      const platform = await world.platform({ welcome: unheard });
      await platform.misbehave('keepalive-unanswered');
      return { uplink: world.gateway(platform.address, { transport: world.one('udp', 'tcp') }) };
    },
  },
  {
    name: 'media-destination',
    compares: 'asked',
    cause: 'The platform wants pictures at an address that is not in the list of those allowed.',
    named: () => ({
      zh: [/(媒体|视频|画面|图像|码流|图片|RTP).*(允许|许可|名单|放行|范围)|(允许|许可|名单|放行).*(媒体|视频|画面|图像|码流|RTP)/i],
      en: [/(media|picture|video|RTP|stream).*(allow|permit|list|may go)|(allow|permit|list).*(media|picture|video|RTP|stream)/i],
    }),
    async make(world) {
      const platform = await world.platform();
      const uplink = world.gateway(platform.address, { media: { to: [`10.${world.dice.between(1, 250)}.0.0/16`] } });
      await world.until(() => platform.catalogue(device) !== undefined);
      const played = platform.play(device, { channel: cameraCode(1), transport: world.one('udp', 'tcp-passive') }, never).catch(() => undefined);
      let over = false;
      void played.then(() => {
        over = true;
      });
      await world.until(() => over);
      return { uplink };
    },
  },
];

/** The device side of GB/T 28181, as small as it can be: for tests of the platform simulator. What a device may do wrong, it does on request. */
import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { batchesOf } from '../../adapters/protocols/manscdp/batches.ts';
import type { CatalogItem } from '../../adapters/protocols/manscdp/catalog-item.ts';
import { type ManscdpMessage, readManscdp, writeManscdp } from '../../adapters/protocols/manscdp/message.ts';
import { PsMuxer } from '../../adapters/protocols/ps/muxer.ts';
import { PsPacketiser } from '../../adapters/protocols/rtp/ps-packetiser.ts';
import { type GbSession, parseGbSession, writeGbSession } from '../../adapters/protocols/sdp/gb-session.ts';
import type { Dialog } from '../../adapters/protocols/sip/dialog.ts';
import { openSip, type SipEndpoint } from '../../adapters/protocols/sip/endpoint.ts';
import { callIdOf } from '../../adapters/protocols/sip/fields.ts';
import type { SipAddress, SipTransportName } from '../../adapters/protocols/sip/flow.ts';
import type { IncomingRequest } from '../../adapters/protocols/sip/incoming.ts';
import { headerOf } from '../../adapters/protocols/sip/message.ts';
import { SipSeries } from '../../adapters/protocols/sip/outbound.ts';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { framesOf } from './program-streams.ts';
import { mediaFixture } from './rtp-captures.ts';

export const deviceId = '34020000001180000001';
export const cameraId = (serial: number) => `3402000000131${String(serial).padStart(7, '0')}`;
export const password = '12345678';

export const cameraItem = (serial: number): CatalogItem => ({
  deviceId: cameraId(serial),
  name: `校门口 ${serial}`,
  manufacturer: 'X',
  model: 'Y',
  civilCode: '340200',
  address: 'Gate 1',
  parental: false,
  parentIds: [deviceId],
  registerWay: 1,
  secrecy: false,
  status: 'ON',
});

/** What it does wrong with media: each packet, with its place from 0 on, as it goes out instead; several, or none. */
export type PacketFault = (packet: Buffer, index: number) => readonly Buffer[];

export interface GbDeviceOptions {
  readonly platform: SipAddress;
  readonly transport: SipTransportName;
  readonly items?: readonly CatalogItem[];
  /** Announced instead of the number of items. */
  readonly sumNum?: number;
  readonly packets?: PacketFault;
  /** ms between pictures. */
  readonly pace?: number;
  /** Status of every INVITE. */
  readonly refuses?: number;
}

export interface TestDevice extends AsyncDisposable {
  /** Status of the last answer. */
  register(options?: { readonly password?: string; readonly expires?: number; readonly series?: SipSeries }): Promise<number>;
  say(message: ManscdpMessage): Promise<number>;
  notify(cmdType: string, content: string): Promise<number | undefined>;
  readonly endpoint: SipEndpoint;
  /** `Control/DeviceControl PTZCmd …`, in order. */
  readonly heard: readonly string[];
  readonly calls: ReadonlySet<string>;
  readonly acknowledged: readonly string[];
}

const realm = '3402000000';
const platformUri = `sip:34020000002000000001@${realm}`;
const ours = `sip:${deviceId}@${realm}`;
const never = new AbortController().signal;

export async function openGbDevice(options: GbDeviceOptions): Promise<TestDevice> {
  await using opening = new Scope();
  const peer = { transport: options.transport, ...options.platform };
  const heard: string[] = [];
  const calls = new Set<string>();
  const acknowledged: string[] = [];
  const subscriptions = new Map<string, { readonly dialog: Dialog; readonly event: string }>();
  const life = new AbortController();
  const endpoint = opening.own(
    await openSip({
      timers: systemClock,
      local: { address: '127.0.0.1', port: 0 },
      transports: [options.transport],
      userAgent: 'TestDevice/1.0',
      request: take,
    }),
  );
  opening.defer(() => life.abort());
  const scope = opening.release();
  let sn = 0;

  return {
    endpoint,
    heard,
    calls,
    acknowledged,
    async register({ password: secret = password, expires = 3_600, series = new SipSeries('127.0.0.1') } = {}) {
      const credentials = { username: deviceId, password: secret };
      const order = {
        method: 'REGISTER',
        uri: platformUri,
        from: ours,
        to: ours,
        series,
        credentials,
        headers: { Expires: expires, 'X-GB-Ver': '3.0' },
      };
      return (await endpoint.ask(order, peer, never)).status;
    },
    say,
    async notify(kind, content) {
      const subscription = subscriptions.get(kind);
      sn += 1;
      const body = `<?xml version="1.0"?><Notify><CmdType>${kind}</CmdType><SN>${sn}</SN><DeviceID>${deviceId}</DeviceID>${content}</Notify>`;
      const response = await subscription?.dialog.request('NOTIFY', notice(subscription.event, body), never);
      return response?.status;
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };

  async function say(message: ManscdpMessage): Promise<number> {
    const body = { type: 'Application/MANSCDP+xml', content: writeManscdp(message, 'GB2312') };
    return (await endpoint.ask({ method: 'MESSAGE', uri: platformUri, from: ours, to: platformUri, body }, peer, never)).status;
  }

  function take(incoming: IncomingRequest): void | Promise<void> {
    switch (incoming.request.method) {
      case 'INVITE':
        return play(incoming);
      case 'SUBSCRIBE':
        return subscribe(incoming);
      default:
        return answer(incoming);
    }
  }

  async function answer(incoming: IncomingRequest): Promise<void> {
    incoming.answer(200);
    if (incoming.request.method !== 'MESSAGE') return;
    const asked = readManscdp(incoming.request.body);
    heard.push(asked.root === 'foreign' ? asked.named : `${asked.root}/${asked.cmdType}`);
    if (asked.root !== 'Query' && asked.root !== 'Control') return;
    const head = { root: 'Response', sn: asked.sn, deviceId: asked.deviceId } as const;
    if (asked.cmdType === 'DeviceInfo') {
      await say({ ...head, cmdType: 'DeviceInfo', content: { deviceName: '校园网关', result: 'OK', manufacturer: 'X', model: 'Y' } });
    } else if (asked.cmdType === 'ConfigDownload') {
      const basic = { name: 'BasicParam', value: { heartBeatInterval: 20, heartBeatCount: 3 } } as const;
      await say({ ...head, cmdType: 'ConfigDownload', content: { result: 'OK', configs: [basic] } });
    } else if (asked.cmdType === 'Catalog') {
      for (const { items, sumNum } of batchesOf(options.items ?? [cameraItem(1)], 1)) {
        await say({ ...head, cmdType: 'Catalog', content: { sumNum: options.sumNum ?? sumNum, items } });
      }
    } else if (asked.cmdType === 'DeviceControl') {
      const names = asked.content.commands.map(({ name, value }) => `${name} ${typeof value === 'string' ? value : ''}`.trim());
      heard.push(...names);
      if (names.some((name) => name.startsWith('GuardCmd'))) await say({ ...head, cmdType: 'DeviceControl', content: { result: 'OK' } });
    }
  }

  function notice(event: string, content: string) {
    const headers = { Event: event, 'Subscription-State': 'active;expires=3600;retry-after=0' };
    return content === '' ? { headers } : { headers, body: { type: 'Application/MANSCDP+xml', content } };
  }

  async function subscribe(incoming: IncomingRequest): Promise<void> {
    const kind = readManscdp(incoming.request.body);
    const event = headerOf(incoming.request, 'Event') ?? '';
    const { dialog } = incoming.accept((asked) => asked.answer(200, { headers: { Expires: 3_600 } }), { headers: { Expires: 3_600 } });
    if (kind.root !== 'foreign') subscriptions.set(kind.cmdType, { dialog, event });
    await dialog.request('NOTIFY', notice(event, ''), never);
  }

  async function play(incoming: IncomingRequest): Promise<void> {
    if (options.refuses !== undefined) return incoming.answer(options.refuses);
    const offer = parseGbSession(incoming.request.body);
    const door = await openSender(offer);
    const formats = [{ payloadType: 96, encoding: 'PS', clockRate: 90_000 }];
    const transport = offer.transport === 'udp' ? 'udp' : offer.transport === 'tcp-passive' ? 'tcp-active' : 'tcp-passive';
    const described: GbSession = { ...offer, owner: cameraId(1), address: '127.0.0.1', port: door.port, transport, direction: 'sendonly', formats };
    if (incoming.cancelled.aborted) return door.close();
    const call = callIdOf(incoming.request);
    const { dialog, acknowledged: ack } = incoming.accept((asked) => asked.answer(200), {
      body: { type: 'APPLICATION/SDP', content: writeGbSession(described) },
    });
    calls.add(call);
    dialog.ended.addEventListener('abort', () => {
      calls.delete(call);
      door.close();
    });
    if (await ack) {
      acknowledged.push(call);
      void stream(offer, door, dialog.ended).catch(() => undefined); // The door was closed.
    }
  }

  async function stream(offer: GbSession, door: Sender, ended: AbortSignal): Promise<void> {
    const frames = framesOf('h264', mediaFixture('ffmpeg-main-320x240.h264'));
    const muxer = new PsMuxer({ video: 'h264' });
    const transport = offer.transport === 'udp' ? 'udp' : 'tcp';
    const packetiser = new PsPacketiser({ ssrc: offer.ssrc ?? 1, sequence: 65_530, transport });
    let index = 0;
    for (let turn = 0; !ended.aborted && !life.signal.aborted; turn += 1) {
      const frame = frames[turn % frames.length]!;
      const pts = 90_000 + turn * 3_600;
      const bytes = packetiser.packets(muxer.frame({ ...frame, pts }), pts);
      const head = transport === 'tcp' ? 2 : 0;
      for (let at = 0; at < bytes.length; ) {
        const length = transport === 'tcp' ? bytes.readUInt16BE(at) : Math.min(1_400, bytes.length - at);
        const packet = Buffer.from(bytes.subarray(at + head, at + head + length));
        for (const one of options.packets?.(packet, index) ?? [packet]) door.send(one);
        index += 1;
        at += head + length;
      }
      await systemClock.sleep(millis(options.pace ?? 20), ended);
    }
  }
}

interface Sender {
  readonly port: number;
  send(packet: Buffer): void;
  close(): void;
}

async function openSender(offer: GbSession): Promise<Sender> {
  if (offer.transport === 'udp') {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    let open = true;
    const close = () => {
      if (open) socket.close();
      open = false;
    };
    return { port: socket.address().port, send: (packet) => open && socket.send(packet, offer.port, offer.address), close };
  }
  const send = (socket: Socket | undefined, packet: Buffer) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(packet.length);
    socket?.write(Buffer.concat([length, packet]));
  };
  if (offer.transport === 'tcp-passive') {
    const socket = connect(offer.port, offer.address);
    socket.on('error', () => undefined);
    return { port: 9, send: (packet) => send(socket, packet), close: () => socket.destroy() };
  }
  const server = createServer();
  let accepted: Socket | undefined;
  server.on('connection', (socket) => {
    accepted = socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : 0;
  const close = () => {
    server.close();
    accepted?.destroy();
  };
  return { port, send: (packet) => send(accepted, packet), close };
}

/**
 * Misconfigurations as an engineer of a bureau meets them, beyond the four sets that were written blind: by the doctor's own author, so they prove that it
 * reads what it says it reads from real messages, and no more.
 */
import { createSocket, type Socket } from 'node:dgram';
import { headerOf } from '../../adapters/protocols/sip/message.ts';
import { instant } from '../../gateway/domain/time.ts';
import { deliveryOf } from '../support/gb-device.ts';
import type { DoctorCase, World } from '../support/gb-doctor-world.ts';
import { device, type GbRegistrar } from '../support/gb-registrar.ts';
import { never } from '../support/sip-endpoint.ts';
import { alarm } from '../support/spine.ts';

interface NatWish {
  readonly to: number;
  /** A hole that was not used for so long, ms, is closed: the next datagram leaves by another. */
  readonly forgetsAfter?: number;
  /** What an ALG makes of each datagram, both ways. */
  readonly rewrites?: (text: string) => string;
}

/** A router on the way, over UDP. */
async function router(
  world: World,
  { to, forgetsAfter = Number.POSITIVE_INFINITY, rewrites = (text) => text }: NatWish,
): Promise<{ readonly port: number }> {
  const sockets: Socket[] = [];
  let over = false;
  world.own({
    async [Symbol.asyncDispose]() {
      over = true;
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  });
  const bound = async () => {
    const socket = createSocket('udp4');
    sockets.push(socket);
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return socket;
  };
  const changed = (datagram: Buffer) => Buffer.from(rewrites(datagram.toString('latin1')), 'latin1');
  const near = await bound();
  let gateway = 0;
  let used = world.clock.now();
  const hole = async () => (await bound()).on('message', (datagram) => over || near.send(changed(datagram), gateway, '127.0.0.1'));
  let far = await hole();
  near.on('message', async (datagram, { port }) => {
    gateway = port;
    const idle = world.clock.now() - used;
    used = world.clock.now();
    if (idle > forgetsAfter) far = await hole();
    if (!over) far.send(changed(datagram), to, '127.0.0.1');
  });
  return { port: near.address().port };
}

const registered = (world: World, registrar: GbRegistrar) => world.until(() => registrar.keepalives.length > 0);

export const engineerCases: readonly DoctorCase[] = [
  {
    name: 'engineer: a router with a SIP ALG writes another address into Contact',
    compares: 'address',
    cause: 'The platform calls an address that is not ours: an ALG has rewritten our Contact.',
    named: () => ({ zh: [/改写/, /ALG/], en: [/rewrites/, /ALG/] }),
    async make(world) {
      const platform = await world.platform({ welcome: { queries: false, subscriptions: [] } });
      const inner = /Contact: <sip:(\d+)@127\.0\.0\.1:\d+>/;
      const rewrites = (text: string) => text.replace(inner, 'Contact: <sip:$1@203.0.113.9:61234>');
      return { uplink: world.gateway(await router(world, { to: platform.address.port, rewrites })) };
    },
  },
  {
    name: 'engineer: a NAT forgets us between two keepalives',
    compares: 'address',
    cause: 'Keepalives every two minutes, and the NAT closes a hole after one.',
    after: 600,
    named: () => ({ zh: [/NAT/, /心跳间隔/], en: [/NAT/, /[Kk]eepalives/] }),
    async make(world) {
      const registrar = await world.registrar(() => undefined);
      return { uplink: world.gateway(await router(world, { to: registrar.port, forgetsAfter: 60_000 }), { keepalive: { every: 120, misses: 3 } }) };
    },
  },
  {
    name: 'engineer: what is signed gets no answer',
    compares: 'answered',
    cause: 'The registrar drops what has a wrong signature, without a word.',
    named: () => ({ zh: [/签名/, /密码/], en: [/sign/, /password/] }),
    async make(world) {
      const registrar = await world.registrar(({ request }) => (headerOf(request, 'Authorization') === undefined ? undefined : 'ignore'));
      return { uplink: world.gateway(registrar, {}, 'wrong') };
    },
  },
  {
    name: 'engineer: the platform calls every nonce stale',
    compares: 'answered',
    cause: 'Two servers behind one address, which do not know each other’s nonces.',
    named: () => ({ zh: [/nonce/], en: [/nonce/], never: /密码(错|不)|password (is|was) wrong/ }),
    async make(world) {
      const registrar = await world.registrar(({ request }, self) => (headerOf(request, 'Authorization') === undefined ? undefined : self.stale()));
      return { uplink: world.gateway(registrar) };
    },
  },
  {
    name: 'engineer: the platform takes alarms, and says ERROR to them',
    compares: 'answered',
    cause: 'SIP 200, and then a Response with ERROR: nobody there sees the alarm.',
    named: () => ({ zh: [/报警/, /ERROR/], en: [/alarm/, /ERROR/] }),
    async make(world) {
      const platform = await world.platform();
      await platform.misbehave('alarm-error');
      const uplink = world.gateway(platform.address);
      await world.until(() => platform.catalogue(device) !== undefined);
      const event = { ...alarm({ panel: 'gate', zone: 'z1', type: 'panic.silent' }), occurredAt: instant(world.clock.now()) };
      await uplink.deliver(deliveryOf(event), never).catch(() => undefined);
      return { uplink };
    },
  },
  {
    name: 'engineer: the platform never asks',
    compares: 'asked',
    cause: 'Registered, and no request of the platform comes through the firewall.',
    named: () => ({ zh: [/没有.*请求/, /防火墙/], en: [/not asked/, /firewall/] }),
    async make(world) {
      const registrar = await world.registrar(() => undefined);
      const uplink = world.gateway(registrar);
      await registered(world, registrar);
      return { uplink };
    },
  },
];

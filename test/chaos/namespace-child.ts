/**
 * Runs in a network namespace of its own, where the kernel itself loses packets and addresses come and go, and disturbs nobody.
 * `namespace-child.ts FAULT JSON`; the figures as one line of JSON, or nothing where such a network cannot be made.
 */
import { spawnSync } from 'node:child_process';
import { minutes, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { gbDevice, until } from '../support/gb-device.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { server } from '../support/gb-registrar.ts';
import { type Figure, figuresOf, mostOf, randomFrom } from '../support/measure-figures.ts';
import { ip, run } from './ip.ts';
import type { NamespaceFault, NamespaceOrder } from './namespace.ts';
import { linkCourse } from './platform-link.ts';
import { type LossyWay, lossCourse } from './platform-loss.ts';

const nft = (rules: string) => run('nft', ['-f', '-'], rules);

/** The kernel loses what comes from the platform and what goes there. */
async function kernelWay(transport: 'udp' | 'tcp', platform: number): Promise<LossyWay> {
  nft('table inet weather {\n chain input {\n type filter hook input priority 0;\n }\n}\n');
  const counted = () => {
    const { stdout } = spawnSync('nft', ['list', 'chain', 'inet', 'weather', 'input'], { encoding: 'utf8' });
    return [...stdout.matchAll(/counter packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0);
  };
  let before = 0;
  return {
    port: platform,
    named: 'nftables',
    lose(share) {
      before += counted();
      nft('flush chain inet weather input\n');
      if (share === 0) return;
      const way = (end: string) => `${transport} ${end} ${platform} numgen random mod 100 < ${Math.round(share * 100)} counter drop`;
      nft(`table inet weather {\n chain input {\n ${way('sport')}\n ${way('dport')}\n }\n}\n`);
    },
    lost: () => before + counted(),
    async [Symbol.asyncDispose]() {},
  };
}

const platformAddress = '10.213.7.1';
const ourSide = 'box0';
const addresses = ['10.213.8.2', '10.213.8.3'] as const;

/** The box gets another address while it is registered, again and again. */
async function swapped({ runs, seed }: NamespaceOrder): Promise<readonly Figure[]> {
  const random = randomFrom(seed);
  ip('link', 'add', 'police0', 'type', 'veth', 'peer', 'name', ourSide);
  for (const [name, address] of [['police0', platformAddress] as const, [ourSide, addresses[0]] as const]) {
    ip('addr', 'add', `${address}/32`, 'dev', name);
    ip('link', 'set', name, 'up');
  }
  const figures: Figure[] = [];
  for (const transport of ['udp', 'tcp'] as const) {
    const clock = new ManualClock();
    const listen = { address: platformAddress, port: 0 };
    await using platform = await localPlatform({ clock, seed, listen, welcome: { queries: false, subscriptions: ['Catalog'] } });
    const at = { code: server, address: platformAddress, port: platform.address.port };
    await using box = gbDevice(at, clock, { transport, platform: at, local: { interface: ourSide, port: 0 } });
    const at2 = (address: string) => () =>
      box.uplink.link()?.state === 'up' && platform.devices().some(({ online, peer }) => online && peer.address === address);
    let from = figures.length === 0 ? 0 : runs % 2;
    await until(clock, at2(addresses[from]!));
    const again: number[] = [];
    let never = 0;
    for (let swap = 0; swap < runs; swap += 1) {
      const to = 1 - from;
      const away = random() < 0.3 ? 0 : random() * 120;
      ip('addr', 'del', `${addresses[from]}/32`, 'dev', ourSide);
      const out = clock.now();
      await until(clock, () => clock.now() - out >= seconds(away), seconds(150));
      ip('addr', 'add', `${addresses[to]}/32`, 'dev', ourSide);
      const back = clock.now();
      try {
        await until(clock, at2(addresses[to]!), minutes(3));
        again.push((clock.now() - back) / 1_000);
      } catch {
        never += 1;
        await until(clock, at2(addresses[to]!), minutes(30));
      }
      from = to;
    }
    figures.push(
      ...figuresOf({ test: `chaos platform-address, ${transport.toUpperCase()}`, dose: `${runs} swaps`, seed }, [
        { metric: 'not registered again within 3 minutes', value: never, unit: 'count', limit: 0 },
        { metric: 'registered again after, most', value: mostOf(again), unit: 's', limit: 90 },
      ]),
    );
  }
  return figures;
}

const [what, given = '{}'] = process.argv.slice(2);
const order = JSON.parse(given) as NamespaceOrder;
ip('link', 'set', 'lo', 'up');
const lossy = (transport: 'udp' | 'tcp') => lossCourse({ ...order, transport, openWay: (platform) => kernelWay(transport, platform) });
const courses: Readonly<Record<NamespaceFault, () => Promise<readonly Figure[]>>> = {
  'loss-udp': () => lossy('udp'),
  'loss-tcp': () => lossy('tcp'),
  address: () => swapped(order),
  link: () => linkCourse(order),
};
const figures = await courses[what as NamespaceFault]();
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit();

/** SIP is not authenticated after the registration: only the platform's addresses are heard at all (facts §11). */
import { BlockList, isIP } from 'node:net';

export class WhoMaySpeak {
  readonly #list = new BlockList();

  /** IP addresses, and networks such as `10.1.0.0/16`. */
  constructor(networks: Iterable<string>) {
    for (const network of networks) this.add(network);
  }

  add(network: string): void {
    const [start = '', bits] = network.split('/');
    const family = familyOf(start);
    if (bits === undefined) this.#list.addAddress(start, family);
    else this.#list.addSubnet(start, Number(bits), family);
  }

  check(address: string): boolean {
    return this.#list.check(address, familyOf(address));
  }
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

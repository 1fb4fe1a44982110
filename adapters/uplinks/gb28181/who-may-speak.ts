/** SIP is not authenticated after the registration: only the platform's addresses are heard at all (facts §11). */
import { BlockList, isIP } from 'node:net';

export class WhoMaySpeak {
  readonly #list: BlockList;
  #current = new BlockList();

  /** IP addresses, and networks such as `10.1.0.0/16`. */
  constructor(networks: Iterable<string>) {
    this.#list = listOf(networks);
  }

  /** The server that we speak to just now, an IP address: a 302 may have named it. Whoever it was before is a stranger again. */
  follow(address: string): void {
    this.#current = listOf([address]);
  }

  check(address: string): boolean {
    const family = familyOf(address);
    return this.#list.check(address, family) || this.#current.check(address, family);
  }
}

function listOf(networks: Iterable<string>): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [start = '', bits] = network.split('/');
    if (bits === undefined) list.addAddress(start, familyOf(start));
    else list.addSubnet(start, Number(bits), familyOf(start));
  }
  return list;
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

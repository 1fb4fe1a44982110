/** SIP is not authenticated after the registration: only the platform's addresses are heard at all (facts §11). */
import { BlockList, isIP } from 'node:net';

/** Servers that redirections named last; the oldest is forgotten. A platform of many nodes leads from one to the other. */
const mostNamed = 8;

export class WhoMaySpeak {
  readonly #list: BlockList;
  #named: readonly string[] = [];
  #namedList = new BlockList();

  /** IP addresses, and networks such as `10.1.0.0/16`. */
  constructor(networks: Iterable<string>) {
    this.#list = listOf(networks);
  }

  /** An IP address that a 302 names. */
  name(address: string): void {
    this.#named = [...this.#named.filter((one) => one !== address), address].slice(-mostNamed);
    this.#namedList = listOf(this.#named);
  }

  check(address: string): boolean {
    const family = familyOf(address);
    return this.#list.check(address, family) || this.#namedList.check(address, family);
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

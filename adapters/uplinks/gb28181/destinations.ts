/** Where nothing is sent, however wide a net of addresses a person has allowed: a platform must not use this box to speak to others (facts §11). */
import { BlockList, isIP } from 'node:net';

/** Why an INVITE is refused whose pictures would go to somebody else's address. */
export const foreignMedia = 'Foreign Media Address';

/** Many hosts at once, or none: "this network", multicast, reserved, broadcast. */
const nobody = listOf(['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', '::/128', 'ff00::/8']);
/** This box alone, and its wire alone. */
const near = [listOf(['127.0.0.0/8', '::1/128']), listOf(['169.254.0.0/16', 'fe80::/10'])];

/** `asker`: who wants it, and at which address of ours. What is near may be named by whoever is as near. */
export function maySendTo(address: string, asker: { readonly remote: string; readonly local?: string }): boolean {
  if (isIn(nobody, address)) return false;
  if (near.some((list) => isIn(list, address) && !isIn(list, asker.remote))) return false;
  return address !== asker.local || address === asker.remote;
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [start = '', bits] = network.split('/');
    list.addSubnet(start, Number(bits), isIP(start) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

const isIn = (list: BlockList, address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

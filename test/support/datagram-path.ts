/** A way for datagrams that loses, doubles and delays them, in both directions. The far side sees one address for each that speaks from the near side. */
import { createSocket, type Socket } from 'node:dgram';

/** Shares between 0 and 1; `delay` in ms, by chance up to that much, so that datagrams overtake each other. */
export interface PathWeather {
  readonly loss?: number;
  readonly doubled?: number;
  readonly delay?: number;
}

export interface DatagramPath extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  become(weather: PathWeather): void;
  /** Since it was opened. */
  counts(): { readonly carried: number; readonly lost: number };
}

export async function openDatagramPath(target: number, random: () => number): Promise<DatagramPath> {
  const upstreams = new Map<number, Socket>();
  let weather: PathWeather = {};
  let [carried, lost] = [0, 0];
  const near = await bound();
  const carry = (send: () => void) => {
    const { loss = 0, doubled = 0, delay = 0 } = weather;
    if (random() < loss) {
      lost += 1;
      return;
    }
    carried += 1;
    for (let copies = random() < doubled ? 2 : 1; copies > 0; copies -= 1) {
      if (delay > 0) setTimeout(send, random() * delay).unref();
      else send();
    }
  };
  let open = true;
  const sends = (socket: Socket, datagram: Buffer, port: number) => () => open && socket.send(datagram, port, '127.0.0.1');
  near.on('message', (datagram, { port }) => {
    const known = upstreams.get(port);
    const upstream = known ?? createSocket('udp4');
    if (!known) {
      upstreams.set(port, upstream);
      upstream.on('message', (answer) => carry(sends(near, answer, port)));
    }
    carry(sends(upstream, datagram, target));
  });
  return {
    port: near.address().port,
    become: (next) => {
      weather = next;
    },
    counts: () => ({ carried, lost }),
    async [Symbol.asyncDispose]() {
      open = false;
      for (const socket of [near, ...upstreams.values()]) socket.close();
    },
  };
}

function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}

/** A line that a test can cut, block, slow down and mend: between a browser, a panel or the police side and the gateway. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { drained } from '../../simulators/camera/faults.ts';

export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Bytes that came through so far. */
  readonly carried: number;
  /** Every connection is reset, and none is taken, until it is mended. */
  cut(): void;
  /** Nothing passes and neither end is told, until it is mended. */
  block(): void;
  /** Everything comes so many ms later, until it is mended. */
  delay(length: number): void;
  mend(): void;
}

/** To a port of this machine. */
export async function openRelay(target: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let whole = true;
  let delay = 0;
  let carried = 0;
  let blocked: Promise<void> | undefined;
  let unblock: () => void = () => undefined;

  /** Each piece waits for its own time; order is kept. */
  const carry = async (from: Socket, to: Socket) => {
    for await (const piece of arrivals(from)) {
      const wait = piece.at + delay - performance.now();
      if (delay > 0 && wait > 0) await systemClock.sleep(millis(wait));
      while (blocked) await blocked;
      if (to.destroyed) return;
      carried += piece.bytes.length;
      if (!to.write(piece.bytes)) await drained(to);
    }
    to.end();
  };
  const server = createServer({ noDelay: true }, (near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const [socket, peer] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        peer.destroy();
      });
      carry(socket, peer).catch(() => peer.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    whole = false;
    for (const socket of [...sockets]) socket.destroy();
  };
  const mend = () => {
    whole = true;
    delay = 0;
    blocked = undefined;
    unblock();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get carried() {
      return carried;
    },
    cut,
    block: () => {
      blocked ??= new Promise((resolve) => {
        unblock = resolve;
      });
    },
    delay: (length) => {
      delay = length;
    },
    mend,
    [Symbol.asyncDispose]: async () => {
      cut();
      unblock();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Piece {
  readonly bytes: Buffer;
  /** Monotonic ms. */
  readonly at: number;
}

async function* arrivals(socket: Socket): AsyncGenerator<Piece, void, void> {
  const waiting: Piece[] = [];
  let ended = false;
  let ring: () => void = () => undefined;
  socket.on('data', (bytes: Buffer) => {
    waiting.push({ bytes, at: performance.now() });
    ring();
  });
  for (const end of ['end', 'close'] as const) {
    socket.once(end, () => {
      ended = true;
      ring();
    });
  }
  for (;;) {
    const next = waiting.shift();
    if (next) yield next;
    else if (ended) return;
    else {
      await new Promise<void>((resolve) => {
        ring = resolve;
      });
    }
  }
}

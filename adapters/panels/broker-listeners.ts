/** The doors of the embedded broker: MQTTS for panels, plain MQTT on loopback only unless somebody says otherwise and is told what it means. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Logger } from '../../gateway/domain/ports.ts';
import type { Scope } from '../../gateway/runtime/scope.ts';
import { isLoopback } from './broker-access.ts';

export interface BrokerListeners {
  /** PEM key and certificate (chain). */
  readonly tls?: {
    readonly address: string;
    readonly port: number;
    readonly key: string;
    readonly cert: string;
    /** Tells of each certificate that takes the place of the last. Who is connected stays so. */
    readonly onRenewed?: (take: (renewed: { readonly key: string; readonly cert: string }) => void) => Disposable;
  };
  /** `exposed` allows an address beyond loopback: passwords and alarms then cross the network in the clear. */
  readonly plain?: { readonly address: string; readonly port: number; readonly exposed?: boolean };
}

export interface BrokerAddresses {
  readonly tls?: { readonly address: string; readonly port: number };
  readonly plain?: { readonly address: string; readonly port: number; readonly exposed: boolean };
}

interface ListenLimits {
  readonly connectWithinMs: number;
  readonly maxConnections: number;
  readonly maxUnknown: number;
  readonly maxUnknownPerAddress: number;
}

export interface Reception {
  readonly log: Logger;
  readonly failed: (error: Error) => void;
  readonly accept: (socket: Socket) => { known(): boolean };
}

const minVersion = 'TLSv1.2';

/** Binds every listener; each is closed by `scope`. */
export async function listen(listeners: BrokerListeners, limits: ListenLimits, scope: Scope, reception: Reception): Promise<BrokerAddresses> {
  const { tls, plain } = listeners;
  if (plain && !plain.exposed && !isLoopback(plain.address)) {
    throw new GatewayError('CONFIG_INVALID', `Plain MQTT may listen on loopback only, not on ${plain.address}: use TLS, or say that it is exposed.`, {
      context: { address: plain.address },
    });
  }
  const unknown = new Map<Socket, () => boolean>();
  const admit = (socket: Socket): boolean => {
    for (const [each, known] of unknown) if (each.destroyed || known()) unknown.delete(each);
    const fromThere = [...unknown.keys()].filter(({ remoteAddress }) => remoteAddress === socket.remoteAddress).length;
    if (unknown.size < limits.maxUnknown && fromThere < limits.maxUnknownPerAddress) return true;
    reception.log.warn('panel connection refused', { what: 'too many that have not signed in', address: socket.remoteAddress });
    socket.destroy();
    return false;
  };
  const take = (socket: Socket, raw: Socket) => {
    socket.setNoDelay(true);
    const { known } = reception.accept(socket);
    unknown.set(raw, known);
  };

  const addresses: { -readonly [Name in keyof BrokerAddresses]: BrokerAddresses[Name] } = {};
  if (tls) {
    const raws = new Map<string, Socket>();
    const server = createTlsServer({ key: tls.key, cert: tls.cert, minVersion, handshakeTimeout: limits.connectWithinMs });
    if (tls.onRenewed) scope.own(tls.onRenewed(({ key, cert }) => server.setSecureContext({ key, cert, minVersion })));
    server.on('connection', (raw: Socket) => {
      if (!admit(raw)) return;
      unknown.set(raw, () => false);
      const end = endOf(raw);
      raws.set(end, raw);
      raw.once('close', () => raws.delete(end));
    });
    server.on('secureConnection', (socket) => {
      const raw = raws.get(endOf(socket));
      if (raw) take(socket, raw);
      else socket.destroy();
    });
    server.on('tlsClientError', (error) => reception.log.info('panel tls handshake failed', { reason: error.message }));
    scope.defer(() => {
      for (const raw of raws.values()) raw.destroy();
    });
    addresses.tls = await open(server, tls, limits, scope, reception);
  }
  if (plain) {
    const server = createServer((socket) => {
      if (admit(socket)) take(socket, socket);
    });
    const exposed = !isLoopback(plain.address);
    if (exposed) reception.log.warn('plain mqtt exposed', { address: plain.address, port: plain.port });
    addresses.plain = { ...(await open(server, plain, limits, scope, reception)), exposed };
  }
  return addresses;
}

async function open(
  server: Server,
  at: { readonly address: string; readonly port: number },
  limits: ListenLimits,
  scope: Scope,
  { failed }: Reception,
): Promise<{ address: string; port: number }> {
  server.maxConnections = limits.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.address, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', failed);
  scope.defer(() => server.close()); // not awaited: the broker, closed next, ends the connections
  const { address, port } = server.address() as AddressInfo;
  return { address, port };
}

function endOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

/** Knocks at the platform's door, by both transports, without registering: what stands between is told apart from what it refuses. */
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Clock } from '../../../../gateway/domain/ports.ts';
import { seconds } from '../../../../gateway/domain/time.ts';
import { dial } from '../../../protocols/net/dial.ts';
import { chance } from '../../../protocols/sip/compose.ts';
import { headerList, noBody, writeMessage } from '../../../protocols/sip/message.ts';
import { hostPort, sipUri } from '../../../protocols/sip/uri.ts';

/**
 * answered: with SIP · http: a web server · foreign: something else, as proxies do · open: takes a connection and says nothing · closed: nobody listens at
 * that port · silent: nothing came back
 */
export type Knock = 'answered' | 'http' | 'foreign' | 'open' | 'closed' | 'silent';

export interface KnockTarget {
  readonly address: string;
  readonly port: number;
  /** To speak from. */
  readonly local: string;
  /** Our code, and the platform's. */
  readonly own: string;
  readonly server: string;
  readonly domain: string;
}

const patience = seconds(3);

/** Never rejects. */
export async function knockTcp(target: KnockTarget, clock: Clock, signal: AbortSignal): Promise<Knock> {
  using limit = clock.deadline(patience, signal);
  try {
    const socket = await dial({ host: target.address, port: target.port, localAddress: target.local }, limit);
    return await new Promise<Knock>((resolve) => {
      const end = (knock: Knock) => {
        socket.destroy();
        resolve(knock);
      };
      socket
        .once('data', (data: Buffer) => end(judged(data)))
        .on('error', () => end('open'))
        .once('close', () => end('open'));
      limit.addEventListener('abort', () => end('open'), { once: true });
      socket.write(optionsTo(target, 'TCP', socket.localPort ?? 5_060));
    });
  } catch (error) {
    return codeOf(error) === 'ECONNREFUSED' ? 'closed' : 'silent';
  }
}

/** On a connected socket the kernel tells of ports where nobody listens. Never rejects. */
export async function knockUdp(target: KnockTarget, clock: Clock, signal: AbortSignal): Promise<Knock> {
  using limit = clock.deadline(patience, signal);
  const socket = createSocket(isIP(target.address) === 6 ? 'udp6' : 'udp4');
  try {
    return await new Promise<Knock>((resolve) => {
      const failed = (error: unknown) => resolve(codeOf(error) === 'ECONNREFUSED' ? 'closed' : 'silent');
      socket.once('message', (data) => resolve(judged(data))).on('error', failed);
      limit.addEventListener('abort', () => resolve('silent'), { once: true });
      socket.bind({ address: target.local }, () =>
        socket.connect(target.port, target.address, () =>
          socket.send(optionsTo(target, 'UDP', socket.address().port), (error) => error && failed(error)),
        ),
      );
    });
  } finally {
    socket.close();
  }
}

function optionsTo({ address, port, local, own, server, domain }: KnockTarget, transport: 'UDP' | 'TCP', localPort: number): Buffer {
  const headers = headerList({
    Via: `SIP/2.0/${transport} ${hostPort(local, localPort)};rport;branch=z9hG4bK${chance()}`,
    From: `<${sipUri(own, domain)}>;tag=${chance()}`,
    To: `<${sipUri(server, domain)}>`,
    'Call-ID': `${chance()}@${local}`,
    CSeq: '1 OPTIONS',
    'Max-Forwards': 70,
  });
  return writeMessage({ kind: 'request', method: 'OPTIONS', uri: sipUri(server, address, port), headers, body: noBody });
}

/** By its first line: a response, or a request. */
export const looksLikeSip = (data: Buffer): boolean => /^\s*SIP\/2\.0 |^\s*[A-Z]+ \S+ SIP\/2\.0\r?\n/.test(data.toString('latin1', 0, 512));
/** An answer, or a request of its own that crossed ours. */
const judged = (data: Buffer): Knock =>
  looksLikeSip(data) ? 'answered' : /^\s*(HTTP\/\d|<!doctype|<html)/i.test(data.toString('latin1', 0, 64)) ? 'http' : 'foreign';
const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);

/** `doctor uplink NAME`: asks the gateway that runs here, since only it speaks with the platform; the token in its data folder lets us in. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { GatewayError } from '../domain/errors.ts';
import { type UplinkId, uplinkId } from '../domain/ids.ts';
import type { Clock } from '../domain/ports.ts';
import type { Secret } from '../domain/secret.ts';
import { seconds } from '../domain/time.ts';
import type { UplinkExamination } from '../domain/uplink-ports.ts';
import { scrapeTokenFile } from '../http/metrics/scrape-token.ts';
import { boxCertificateFile } from '../runtime/box-certificate.ts';
import { type GatewayConfig, readSecretFile } from '../runtime/config.ts';
import { hostPort } from './common.ts';

/** It knocks at the platform's doors meanwhile. */
const patience = seconds(20);
const mostReply = 4 * 1024 * 1024;

/** Throws NOT_FOUND where there is no such uplink, and CONFIG_UNREADABLE where no gateway of this configuration runs. */
export async function examineUplink(config: GatewayConfig, name: string, clock: Clock): Promise<UplinkExamination> {
  const uplink = uplinkId(name);
  const { dataFolder, http } = config;
  const [token, certificate] = await papersOf(config).catch((cause: unknown) => {
    throw new GatewayError('CONFIG_UNREADABLE', `No gateway has run with data folder ${dataFolder} yet: start it, or name its file with --config.`, {
      cause,
    });
  });
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[http.address] ?? http.address;
  using limit = clock.deadline(patience);
  const socket = await connected({ host, port: http.port, certificate }, limit);
  try {
    return examinationOf(await replyOf(socket, { uplink, token: token.reveal(), host: hostPort({ address: host, port: http.port }) }, limit), uplink);
  } finally {
    socket.destroy();
  }
}

/** Both are made when a gateway first starts. */
async function papersOf({ dataFolder, http, metrics }: GatewayConfig): Promise<readonly [Secret, X509Certificate]> {
  const token = await readSecretFile(metrics.tokenFile ?? join(dataFolder, scrapeTokenFile));
  return [token, new X509Certificate(await readFile(http.tls.certificate ?? join(dataFolder, boxCertificateFile)))];
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly certificate: X509Certificate;
}

/** Nothing is written before the certificate has been compared: the token is for this box alone. */
function connected({ host, port, certificate }: Target, limit: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false });
    const fail = (cause: unknown) => {
      socket.destroy();
      const at = hostPort({ address: host, port });
      reject(
        new GatewayError('CONFIG_UNREADABLE', `No gateway of this configuration answers at ${at}: start it, or name its file with --config.`, {
          cause,
        }),
      );
    };
    limit.addEventListener('abort', () => fail(limit.reason), { once: true });
    socket.once('error', fail).once('secureConnect', () => {
      if (socket.getPeerX509Certificate()?.fingerprint256 === certificate.fingerprint256) resolve(socket);
      else fail(new Error('Another certificate than the one in the data folder was shown.'));
    });
  });
}

interface Question {
  readonly uplink: UplinkId;
  readonly token: string;
  readonly host: string;
}

function replyOf(
  socket: TLSSocket,
  { uplink, token, host }: Question,
  limit: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({
      createConnection: () => socket,
      path: `/api/v1/uplinks/${uplink}/examination`,
      headers: { host, authorization: `Bearer ${token}` },
      signal: limit,
    });
    asked.once('error', reject).once('response', async (reply) => {
      try {
        const chunks: Buffer[] = [];
        let length = 0;
        for await (const chunk of reply) {
          length += chunk.length;
          if (length > mostReply) throw new GatewayError('INTERNAL', 'The gateway said more than 4 MiB.');
          chunks.push(chunk);
        }
        resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      } catch (error) {
        reject(error);
      }
    });
    asked.end();
  });
}

/** Our own gateway wrote it. */
function examinationOf({ status, text }: { readonly status: number; readonly text: string }, uplink: UplinkId): UplinkExamination {
  if (status === 200) return JSON.parse(text) as UplinkExamination;
  if (status === 404)
    throw new GatewayError('NOT_FOUND', `There is no uplink ${uplink} that runs: see its name, whether it is switched on, and its settings.`);
  const said = /"(?:detail|sentence|title)":"([^"]*)"/.exec(text)?.[1] ?? text.slice(0, 200);
  throw new GatewayError('INTERNAL', `Uplink ${uplink} was not examined: ${said || `HTTP ${status}`}`);
}

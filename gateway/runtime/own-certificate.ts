/**
 * What the box shows on HTTPS, MQTTS and RTSPS: the certificate that gateway.yaml names, or the one that it made itself. Followed while it runs: a new
 * one is shown to whoever connects next, without a restart. One that does not fit its key is told and not shown.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { CertificateFacts } from '../domain/certificate.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { instant, seconds } from '../domain/time.ts';
import { type BoxCertificate, boxCertificate, fingerprintOf } from './box-certificate.ts';
import { type GatewayConfig, readSecretFile } from './config.ts';
import { aborted } from './shutdown.ts';

/** Small files; whoever has put new ones there looks whether they are taken. */
const lookEvery = seconds(5);

export interface OwnCertificate {
  readonly current: BoxCertificate;
  readonly facts: CertificateFacts;
  /** Told of each one that takes the place of the last, until disposed. */
  onRenewed(take: (certificate: BoxCertificate) => void): Disposable;
  run(signal: AbortSignal): Promise<void>;
}

export async function openOwnCertificate(
  config: GatewayConfig,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<OwnCertificate> {
  const { certificate: file, key } = config.http.tls;
  const files = file === undefined || key === undefined ? undefined : { file, key };
  const read = () => (files ? readPair(files) : boxCertificate({ folder: config.dataFolder, clock }));
  let current = await read();
  let problem: string | undefined;
  /** Certificate and key are written one after the other: what is wrong with them is told at the second look. */
  let seen: string | undefined;
  const listeners = new Set<(certificate: BoxCertificate) => void>();

  async function look(): Promise<void> {
    try {
      const found = await read();
      if (!new X509Certificate(found.cert).checkPrivateKey(createPrivateKey(found.key))) throw new Error('its key is that of another certificate');
      createSecureContext({ cert: found.cert, key: found.key, minVersion: 'TLSv1.2' }); // what is wrong with the rest of a chain
      problem = undefined;
      seen = undefined;
      if (found.cert === current.cert && found.key === current.key) return;
      current = found;
      log.info('certificate renewed', { fingerprint256: current.fingerprint256, until: factsOf(current).validTo });
      for (const take of [...listeners]) tell(take);
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
      if (seen !== undefined) problem = why;
      seen = why;
    }
  }

  function tell(take: (certificate: BoxCertificate) => void): void {
    try {
      take(current);
    } catch (error) {
      log.error('a listener keeps the old certificate', { error });
    }
  }

  return {
    get current() {
      return current;
    },
    get facts() {
      return { ...factsOf(current), ...(files ? { file: files.file } : {}), ...(problem === undefined ? {} : { problem }) };
    },
    onRenewed(take) {
      listeners.add(take);
      return { [Symbol.dispose]: () => void listeners.delete(take) };
    },
    async run(signal) {
      // Its own is made anew at a start alone: a wrong clock must not change, while it runs, what people have written down.
      if (!files) return aborted(signal);
      for (;;) {
        await clock.sleep(lookEvery, signal);
        await look();
      }
    },
  };
}

function factsOf({ cert }: BoxCertificate): Pick<CertificateFacts, 'name' | 'validTo'> {
  const { subject, validTo } = new X509Certificate(cert);
  return { name: subject.replaceAll('\n', ', '), validTo: instant(Date.parse(validTo)) };
}

async function readPair({ file, key }: { readonly file: string; readonly key: string }): Promise<BoxCertificate> {
  const cert = await readFile(file, 'utf8');
  return { cert, key: (await readSecretFile(key)).reveal(), fingerprint256: fingerprintOf(cert) };
}

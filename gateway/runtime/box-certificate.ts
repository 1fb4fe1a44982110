/** The certificate that the box makes for itself at its first start, so that nothing ever has to run without TLS. HTTPS and MQTT share it. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import { after, between, hours, type Instant, instant } from '../domain/time.ts';
import type { CertificateOrder, MadeCertificate } from './box-certificate-worker.ts';
import { replaceFile } from './whole-file.ts';
import { siblingModule, startWorker } from './worker.ts';

export interface BoxCertificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
  /** SHA-256 of the certificate, upper-case hex pairs with colons: as browsers show it. */
  readonly fingerprint256: string;
}

export interface BoxCertificateOptions {
  /** Data folder. */
  readonly folder: string;
  readonly clock: Clock;
  /** Names and addresses besides the box's own that people type to reach it. */
  readonly hostNames?: readonly string[];
}

const boxKeyFile = 'box-key.pem';
export const boxCertificateFile = 'box-certificate.pem';

const lifetime = hours(24 * 3_652);
/** Renewed at a start within this much of its end. */
const renewal = hours(24 * 30);
const day = hours(24);

/**
 * Reads the box certificate from the data folder, or makes it: EC P-256, key file of mode 0600. It is made anew when it is
 * about to end or damaged; a new address of the box does not renew it: the fingerprint that people wrote down is worth more than the name.
 * Throws CONFIG_UNREADABLE where the folder cannot be used.
 */
export async function boxCertificate(options: BoxCertificateOptions): Promise<BoxCertificate> {
  const { folder, clock } = options;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const key = await readOrUndefined(join(folder, boxKeyFile));
    const cert = await readOrUndefined(join(folder, boxCertificateFile));
    if (key && cert && usable(key, cert, clock.now())) {
      await chmod(join(folder, boxKeyFile), 0o600);
      return { key, cert, fingerprint256: fingerprintOf(cert) };
    }
    return await make(options);
  } catch (cause) {
    throw new GatewayError('CONFIG_UNREADABLE', `The box certificate in ${folder} can be neither read nor made.`, { cause, context: { folder } });
  }
}

/** SHA-256 fingerprint of the first certificate of a PEM text. Throws where it is none. */
export function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256;
}

function usable(key: string, cert: string, now: Instant): boolean {
  try {
    const certificate = new X509Certificate(cert);
    const end = instant(Date.parse(certificate.validTo));
    return certificate.checkPrivateKey(createPrivateKey(key)) && between(now, end) > renewal;
  } catch {
    return false; // damaged: a new one is made, and its new fingerprint is printed
  }
}

async function make({ folder, clock, hostNames = [] }: BoxCertificateOptions): Promise<BoxCertificate> {
  const now = clock.now();
  const order: CertificateOrder = {
    commonName:
      hostname()
        .replace(/[^A-Za-z0-9.-]/g, '-')
        .slice(0, 60) || 'campus-gateway',
    names: subjectNames(hostNames),
    // A box whose clock is a day behind its visitors' must not look invalid to them.
    from: after(now, -day as typeof day),
    to: after(now, lifetime),
  };
  // In a thread that ends: what it loads for this is needed once in the life of a box.
  const worker = startWorker(siblingModule('box-certificate-worker', import.meta.url), { workerData: order, name: 'certificate' });
  const [{ key, cert }] = (await once(worker, 'message')) as [MadeCertificate];
  await replaceFile(join(folder, boxKeyFile), key, 0o600);
  await replaceFile(join(folder, boxCertificateFile), cert, 0o644);
  return { key, cert, fingerprint256: fingerprintOf(cert) };
}

function subjectNames(more: readonly string[]): readonly string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .map(({ address }) => address)
    .filter((address) => !address.includes('%') && !address.startsWith('fe80:'));
  const names = ['localhost', hostname(), '127.0.0.1', '::1', ...addresses, ...more];
  return [...new Set(names.filter((name) => isIP(name) || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(name)))].slice(0, 64);
}

async function readOrUndefined(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

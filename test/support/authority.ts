/** An authority of our own, whose certificates begin and end when a test says. */
import { randomBytes, type webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** PEM, for whoever is to trust it. */
  readonly cert: string;
  /** For 127.0.0.1. Epoch ms; a certificate knows whole seconds only. */
  issue(name: string, time: { readonly from?: number; readonly to: number }): Promise<Pair>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 24 * 3_600_000;
const subtle = globalThis.crypto.subtle;
const newKeys = () => subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
const serialNumber = () => `00${randomBytes(15).toString('hex')}`;

export async function openAuthority(): Promise<Authority> {
  const keys = await newKeys();
  const issuer = 'CN=Authority of the test';
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: serialNumber(), name: issuer, signingAlgorithm: algorithm, keys },
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + 3_650 * day),
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
  });
  return {
    cert: `${own.toString('pem')}\n`,
    async issue(name, { from = Date.now() - day, to }) {
      const its = await newKeys();
      const leaf = await x509.X509CertificateGenerator.create({
        ...{ serialNumber: serialNumber(), subject: `CN=${name}`, issuer, signingAlgorithm: algorithm },
        ...{ publicKey: its.publicKey, signingKey: keys.privateKey },
        notBefore: new Date(from),
        notAfter: new Date(to),
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
        ],
      });
      const pkcs8 = Buffer.from(await subtle.exportKey('pkcs8', its.privateKey)).toString('base64');
      const key = `-----BEGIN PRIVATE KEY-----\n${(pkcs8.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
      return { cert: `${leaf.toString('pem')}\n`, key };
    },
  };
}

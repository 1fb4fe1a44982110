/** Makes one self-signed certificate with its key, tells it, and ends. */
import { randomBytes, type webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import * as x509 from '@peculiar/x509';

export interface CertificateOrder {
  readonly commonName: string;
  /** Names and addresses that it is for. */
  readonly names: readonly string[];
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
}

/** PEM. */
export interface MadeCertificate {
  readonly key: string;
  readonly cert: string;
}

const { commonName, names, from, to } = workerData as CertificateOrder;
const subtle = globalThis.crypto.subtle;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const keys = (await subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
const certificate = await x509.X509CertificateGenerator.createSelfSigned({
  serialNumber: `00${randomBytes(15).toString('hex')}`,
  name: `CN=${commonName}, O=campus-gateway`,
  notBefore: new Date(from),
  notAfter: new Date(to),
  signingAlgorithm: algorithm,
  keys,
  extensions: [
    // A leaf that may not sign others: whoever trusts it trusts this box only.
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(names.map((name) => ({ type: isIP(name) ? 'ip' : 'dns', value: name }))),
  ],
});
const pkcs8 = Buffer.from(await subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
const key = `-----BEGIN PRIVATE KEY-----\n${(pkcs8.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
parentPort?.postMessage({ key, cert: `${certificate.toString('pem')}\n` } satisfies MadeCertificate);

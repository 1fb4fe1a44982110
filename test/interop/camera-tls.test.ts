/** The pinned certificate against OpenSSL's own server and its own idea of a fingerprint; and against what is no TLS at all. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { peer } from '../support/peers.ts';
import { hasty, signInTo } from '../support/simulated-camera.ts';

const openssl = peer('openssl');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-tls-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A self-signed certificate as a camera has it, and how OpenSSL prints its fingerprint. */
function certificate(name: string, key: readonly string[]): { files: readonly string[]; fingerprint256: string } {
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const subject = ['-subj', '/O=Maker/CN=192.168.1.64', '-days', '3650', '-nodes'];
  execFileSync(openssl!, ['req', '-x509', '-newkey', ...key, '-keyout', keyFile, '-out', certFile, ...subject], { stdio: 'ignore' });
  const printed = execFileSync(openssl!, ['x509', '-in', certFile, '-noout', '-fingerprint', '-sha256'], { encoding: 'utf8' });
  return { files: ['-key', keyFile, '-cert', certFile], fingerprint256: printed.trim().split('=')[1] ?? '' };
}

/** `openssl s_server`: it prints what it is sent, and never answers. */
async function serve(files: readonly string[], options: readonly string[]): Promise<{ onvifAddress: string; printed(): string } & Disposable> {
  const server = spawn(openssl!, ['s_server', '-accept', '127.0.0.1:0', ...files, ...options], { stdio: ['pipe', 'pipe', 'ignore'] });
  let printed = '';
  const port = await new Promise<string>((resolve, reject) => {
    server.stdout.on('data', (chunk) => {
      printed += chunk;
      const found = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
      if (found) resolve(found);
    });
    server.once('exit', () => reject(new Error(`openssl s_server ended: ${printed}`)));
  });
  return {
    onvifAddress: `https://127.0.0.1:${port}/onvif/device_service`,
    printed: () => printed,
    [Symbol.dispose]: () => void server.kill('SIGKILL'),
  };
}

test.skipIf(!openssl).each([
  ['RSA, TLS 1.2', ['rsa:2048'], ['-tls1_2']],
  ['RSA, TLS 1.3', ['rsa:2048'], ['-tls1_3']],
  ['EC, TLS 1.2', ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'], ['-tls1_2']],
] as const)('OpenSSL with %s is spoken to by the fingerprint that OpenSSL prints, and by no other', async (name, key, options) => {
  const { files, fingerprint256 } = certificate(name.replace(/\W+/g, '-'), key);
  using camera = await serve(files, options);
  const seen = { fingerprint256, subject: '192.168.1.64' };
  await expect(signInTo(camera)).rejects.toMatchObject({ code: 'CAMERA_CERTIFICATE', context: { certificate: seen } });
  const other = fingerprint256.replace(/^../, fingerprint256.startsWith('00') ? '01' : '00');
  await expect(signInTo(camera, { fingerprint256: other })).rejects.toMatchObject({ code: 'CAMERA_CERTIFICATE', context: { certificate: seen } });
  expect(camera.printed()).not.toMatch(/POST|Envelope/);
  await expect(signInTo(camera, { fingerprint256 }, { clock: hasty })).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
  await eventually(() => expect(camera.printed()).toMatch(/POST \/onvif\/device_service.*GetSystemDateAndTime/s));
});

test.skipIf(!openssl)('OpenSSL with TLS 1.1 at most is refused in words', async () => {
  const { files, fingerprint256 } = certificate('old', ['rsa:2048']);
  using camera = await serve(files, ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0']);
  await expect(signInTo(camera, { fingerprint256 })).rejects.toMatchObject({ code: 'CAMERA_REPLY', message: expect.stringContaining('TLS 1.2') });
});

test.each([
  ['says nothing', 'CAMERA_UNREACHABLE', undefined],
  ['hangs up', 'CAMERA_UNREACHABLE', ''],
  ['sends half a record and waits', 'CAMERA_UNREACHABLE', '16030300ff0200'],
  ['sends nonsense', 'CAMERA_REPLY', '48545450'.repeat(50)],
  ['sends an alert', 'CAMERA_REPLY', '15030300020228'],
] as const)('a handshake in which the other side %s ends in time with %s', async (_how, code, hex) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    if (hex === '') socket.destroy();
    else if (hex !== undefined) socket.write(Buffer.from(hex, 'hex'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const began = performance.now();
  const visit = signInTo({ onvifAddress: `https://127.0.0.1:${port}/onvif` }, { fingerprint256: Array(32).fill('00').join(':') }, { clock: hasty });
  await expect(visit).rejects.toMatchObject({ code });
  expect(performance.now() - began).toBeLessThan(30_000);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

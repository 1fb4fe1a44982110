/** A small ONVIF camera over real HTTP for adapter tests: strict about credentials, and hostile on request. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { DigestDoor } from '../../adapters/protocols/digest.ts';
import { find, readXml, textAt } from '../../adapters/protocols/xml.ts';

export interface OnvifCameraOptions {
  readonly username?: string;
  /** Absent: it asks nobody. */
  readonly password?: string;
  readonly signIn?: 'digest' | 'md5' | 'token' | 'both';
  /** Its clock minus ours, ms. Tokens more than 5 s from it are refused. */
  readonly skew?: number;
  readonly services?: readonly ('media' | 'media2' | 'ptz')[];
  /** Refuses GetServices, as devices from before 2010. */
  readonly old?: boolean;
  /** Replaces an answer's Body, by operation; a function writes the whole reply by hand. */
  readonly answers?: Readonly<Record<string, string | ((reply: ServerResponse, base: string) => void)>>;
  readonly nonceLasts?: number;
  readonly port?: number;
}

export interface OnvifCamera extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** Operations in the order of their arrival, challenged ones too. */
  readonly calls: string[];
  readonly bodies: string[];
  /** Requests that carried credentials. */
  readonly credentialed: number;
  readonly basic: number;
  skew: number;
  password: string | undefined;
  /** Takes requests and answers none. */
  frozen: boolean;
}

export async function onvifCamera(options: OnvifCameraOptions = {}): Promise<OnvifCamera> {
  const { username = 'gateway', signIn = 'digest', services = ['media', 'media2', 'ptz'] } = options;
  const seen = {
    calls: [] as string[],
    bodies: [] as string[],
    credentialed: 0,
    basic: 0,
    skew: options.skew ?? 0,
    password: options.password,
    frozen: false,
  };
  const digest = new DigestDoor({
    realm: 'camera',
    now: () => Date.now(),
    refuseReplays: true,
    ...(signIn === 'md5' ? { algorithms: ['MD5'] as const } : {}),
    ...(options.nonceLasts === undefined ? {} : { validFor: options.nonceLasts }),
  });
  const nonces = new Set<string>();
  const sockets = new Set<Socket>();

  const tokenIsRight = (envelope: ReturnType<typeof readXml>) => {
    const token = find(envelope, 'Header', 'Security', 'UsernameToken');
    const [nonce, created, given] = [textAt(token, 'Nonce') ?? '', textAt(token, 'Created') ?? '', textAt(token, 'Password')];
    if (nonces.has(nonce) || Math.abs(Date.parse(created) - (Date.now() + seen.skew)) > 5_000) return false;
    nonces.add(nonce);
    const sum = createHash('sha1')
      .update(Buffer.from(nonce, 'base64'))
      .update(created)
      .update(seen.password ?? '');
    return textAt(token, 'Username') === username && given === sum.digest('base64');
  };

  const serve = async (request: IncomingMessage, reply: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    if (seen.frozen) return undefined;
    const base = `http://127.0.0.1:${server.port}`;
    const { authorization } = request.headers;
    if (authorization) seen.credentialed += 1;
    if (authorization?.startsWith('Basic')) seen.basic += 1;
    const opens = (operation: string) => seen.password === undefined || operation === 'GetSystemDateAndTime';
    const challenge = (stale: boolean) =>
      reply.writeHead(401, signIn === 'token' ? {} : { 'WWW-Authenticate': digest.challenge(stale) }).end('<html>401</html>');
    const byDigest = () => digest.verify(authorization, 'POST', (name) => (name === username ? seen.password : undefined));
    const envelope = readXml(Buffer.from(text));
    const operation = find(envelope, 'Body')?.children[0]?.name ?? '';
    seen.calls.push(operation);
    seen.bodies.push(text);
    const hasToken = find(envelope, 'Header', 'Security') !== undefined;
    if (hasToken) seen.credentialed += 1;
    const written = options.answers?.[operation];
    if (typeof written === 'function') return written(reply, base);
    if (!opens(operation)) {
      const token = signIn === 'token' || signIn === 'both';
      const proof = token && hasToken ? tokenIsRight(envelope) : signIn === 'token' ? false : byDigest();
      if (proof === 'stale' || (!proof && signIn !== 'token')) return challenge(proof === 'stale');
      if (!proof) return reply.writeHead(400, soapType).end(soapFault('env:Sender', 'ter:NotAuthorized', 'Sender not Authorized'));
    }
    if (operation === 'GetServices' && options.old) {
      return reply.writeHead(500, soapType).end(soapFault('env:Receiver', 'ter:ActionNotSupported', 'Optional Action Not Implemented'));
    }
    const body = written ?? standardAnswer(operation, { base, services, now: Date.now() + seen.skew });
    if (body === undefined) return reply.writeHead(400, soapType).end(soapFault('env:Sender', 'ter:ActionNotSupported', operation));
    return reply.writeHead(200, soapType).end(soapBody(body));
  };

  const http = createServer((request, reply) => void serve(request, reply).catch((error) => reply.destroy(error)));
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const server = { port };
  return Object.assign(seen, {
    port,
    address: `http://127.0.0.1:${port}/onvif/device_service`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => http.close(resolve));
    },
  });
}

export const soapType = { 'Content-Type': 'application/soap+xml; charset=utf-8' };

export function soapBody(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema"><env:Body>${body}</env:Body></env:Envelope>`;
}

export function soapFault(code: string, subcode: string, reason: string): string {
  return soapBody(
    `<env:Fault><env:Code><env:Value>${code}</env:Value><env:Subcode><env:Value>${subcode}</env:Value></env:Subcode></env:Code><env:Reason><env:Text xml:lang="en">${reason}</env:Text></env:Reason></env:Fault>`,
  );
}

interface Situation {
  readonly base: string;
  readonly services: readonly string[];
  readonly now: number;
}

const wsdl: Readonly<Record<string, string>> = { media: 'ver10/media', media2: 'ver20/media', ptz: 'ver20/ptz' };

function standardAnswer(operation: string, { base, services, now }: Situation): string | undefined {
  const at = new Date(now);
  const rtsp = 'rtsp://127.0.0.1:8554/main?a=1&amp;b=2';
  switch (operation) {
    case 'GetSystemDateAndTime':
      return `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`;
    case 'GetServices':
      return `<tds:GetServicesResponse>${services.map((name) => `<tds:Service><tds:Namespace>http://www.onvif.org/${wsdl[name]}/wsdl</tds:Namespace><tds:XAddr>${base}/onvif/${name}</tds:XAddr></tds:Service>`).join('')}</tds:GetServicesResponse>`;
    case 'GetCapabilities':
      return `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>${base}/onvif/media</tt:XAddr></tt:Media><tt:PTZ><tt:XAddr>${base}/onvif/ptz</tt:XAddr></tt:PTZ></tds:Capabilities></tds:GetCapabilitiesResponse>`;
    case 'GetDeviceInformation':
      return '<tds:GetDeviceInformationResponse><tds:Manufacturer>校园</tds:Manufacturer><tds:Model>C-1</tds:Model><tds:FirmwareVersion>1.2</tds:FirmwareVersion><tds:SerialNumber>0042</tds:SerialNumber><tds:HardwareId>h</tds:HardwareId></tds:GetDeviceInformationResponse>';
    case 'GetProfiles':
      return services.includes('media2') ? profiles2 : profiles1;
    case 'GetStreamUri':
      return services.includes('media2')
        ? `<tr2:GetStreamUriResponse><tr2:Uri>${rtsp}</tr2:Uri></tr2:GetStreamUriResponse>`
        : `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${rtsp}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>`;
    case 'GetSnapshotUri':
      return services.includes('media2')
        ? `<tr2:GetSnapshotUriResponse><tr2:Uri>${base}/snap?ch=1</tr2:Uri></tr2:GetSnapshotUriResponse>`
        : `<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>${base}/snap?ch=1</tt:Uri></trt:MediaUri></trt:GetSnapshotUriResponse>`;
    case 'ContinuousMove':
    case 'Stop':
    case 'SetSynchronizationPoint':
      return `<x:${operation}Response/>`;
    default:
      return undefined;
  }
}

const sizes = [
  ['p "1"', 'sub', 'H264', 640, 360],
  ['p0', 'main', 'H265', 2560, 1440],
  ['p2', 'third', 'H264', 320, 180],
] as const;
const resolution = (width: number, height: number) => `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>`;
const attribute = (text: string) => text.replaceAll('"', '&quot;');
const profiles2 = `<tr2:GetProfilesResponse>${sizes
  .map(
    ([token, name, codec, width, height]) =>
      `<tr2:Profiles token="${attribute(token)}"><tr2:Name>${name}</tr2:Name><tr2:Configurations><tr2:VideoEncoder token="v"><tt:Encoding>${codec}</tt:Encoding>${resolution(width, height)}</tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>`,
  )
  .join('')}</tr2:GetProfilesResponse>`;
const profiles1 = `<trt:GetProfilesResponse>${sizes
  .map(
    ([token, name, , width, height]) =>
      `<trt:Profiles token="${attribute(token)}"><tt:Name>${name}</tt:Name><tt:VideoEncoderConfiguration token="v"><tt:Encoding>H264</tt:Encoding>${resolution(width, height)}</tt:VideoEncoderConfiguration></trt:Profiles>`,
  )
  .join('')}</trt:GetProfilesResponse>`;

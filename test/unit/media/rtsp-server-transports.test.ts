import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseRtp, type RtpPacket } from '../../../adapters/protocols/rtp/packet.ts';
import { parseRtcp, type RtcpItem } from '../../../adapters/protocols/rtp/rtcp.ts';
import { headerOf } from '../../../adapters/protocols/rtsp/message.ts';
import { chooseLane } from '../../../adapters/viewers/rtsp-server-transport.ts';
import { openMediaPlane } from '../../../gateway/assemble-media.ts';
import { MediaSaboteur } from '../../../gateway/media/sabotage.ts';
import { boxCertificate } from '../../../gateway/runtime/box-certificate.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import { resolverOf, until } from '../../contract/media-plane.ts';
import { type CameraOptions, openTestCamera } from '../../support/rtsp-camera.ts';
import { openRtspPlayer } from '../../support/rtsp-player.ts';

const wall = { username: 'wall', password: 'w4ll-key' };
const local = { address: '127.0.0.1', port: 0 };
const folder = mkdtempSync(join(tmpdir(), 'rtsps-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function box(odd: CameraOptions = {}) {
  const scope = new Scope();
  const certificate = await boxCertificate({ folder, clock: systemClock });
  const camera = scope.own(await openTestCamera({ senderReports: true, ...odd }));
  const plane = scope.own(openMediaPlane({ resolve: resolverOf(camera), clock: systemClock, log: silentLogger, worker: false }));
  await plane.admit([wall]);
  const bound = await plane.serveRtsp({ ...local, tls: { ...local, ...certificate }, udp: local });
  return { bound, plane, camera, certificate, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

async function udpPair() {
  const scope = new Scope();
  const open = (port: number) =>
    new Promise<Socket>((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('error', reject);
      socket.bind(port, '127.0.0.1', () => resolve(socket));
      scope.defer(() => void socket.close());
    });
  const rtp = await open(0);
  const rtcp = await open(0);
  const packets: (RtpPacket & { readonly from: number })[] = [];
  const reports: RtcpItem[] = [];
  rtp.on('message', (bytes, { port }) => packets.push({ ...parseRtp(bytes), from: port }));
  rtcp.on('message', (bytes) => reports.push(...parseRtcp(bytes)));
  const transport = `RTP/AVP;unicast;client_port=${rtp.address().port}-${rtcp.address().port}`;
  return { packets, reports, transport, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

describe('RTSP viewers', () => {
  test('by UDP get whole packets from the port that they were told, keyframe first, and the wall clock beside them', async () => {
    await using gateway = await box();
    await using ports = await udpPair();
    await using player = await openRtspPlayer(gateway.bound.port, '/gate/main', wall);
    const { setup } = await player.play(ports.transport);
    await until(() => ports.packets.length > 30 && ports.reports.length > 0);
    const server = Number(/server_port=(\d+)-/.exec(headerOf(setup, 'transport') ?? '')?.[1]);
    expect(server).toBe(gateway.bound.udp?.port);
    expect(new Set(ports.packets.map(({ from }) => from))).toEqual(new Set([server]));
    const steps = ports.packets.slice(1).map((packet, index) => (packet.sequence - ports.packets[index]!.sequence) & 0xffff);
    expect(steps.every((step) => step === 1)).toBe(true);
    expect(ports.packets[0]!.payload[0]! & 0x1f).not.toBe(1);
    expect(ports.reports[0]).toMatchObject({ kind: 'sr', ssrc: ports.packets[0]!.ssrc });
    expect((await player.ask('TEARDOWN')).status).toBe(200);
    await until(() => gateway.camera.playing === 0);
    const after = ports.packets.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(ports.packets.length).toBe(after);
  });

  test('by UDP get the whole group that they start with, however large it is', async () => {
    await using gateway = await box({ fillerBytes: 20_000 });
    await using first = await openRtspPlayer(gateway.bound.port, '/gate/main', wall);
    await first.play();
    await until(() => first.packets.filter(({ marker }) => marker).length > 22);
    await using ports = await udpPair();
    await using player = await openRtspPlayer(gateway.bound.port, '/gate/main', wall);
    await player.play(ports.transport);
    await until(() => ports.packets.length > 400);
    const steps = ports.packets.slice(1).map((packet, index) => (packet.sequence - ports.packets[index]!.sequence) & 0xffff);
    expect(steps.filter((step) => step !== 1)).toEqual([]);
  });

  test('by TLS see the same; by plain TCP nobody gets an answer there, and UDP beside it is refused', async () => {
    await using gateway = await box();
    const secure = { tls: gateway.certificate.cert };
    await using player = await openRtspPlayer(gateway.bound.tls!.port, '/gate/main', wall, secure);
    expect((await player.ask('SETUP', { Transport: 'RTP/AVP;unicast;client_port=5000-5001' })).status).toBe(461);
    await player.play();
    await until(() => player.packets.length > 20);
    await using plain = await openRtspPlayer(gateway.bound.tls!.port, '/gate/main', wall);
    plain.socket.write('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n');
    await until(() => plain.closed);
    await using guesser = await openRtspPlayer(gateway.bound.tls!.port, '/gate/main', { ...wall, password: 'guess' }, secure);
    expect((await guesser.ask('DESCRIBE')).status).toBe(401);
  });

  test('find all three listeners again where they were when the media worker was replaced', async () => {
    await using camera = await openTestCamera();
    const saboteur = new MediaSaboteur();
    await using plane = openMediaPlane({
      resolve: resolverOf(camera),
      clock: systemClock,
      log: silentLogger,
      saboteur,
    });
    const certificate = await boxCertificate({ folder, clock: systemClock });
    await plane.admit([wall]);
    const bound = await plane.serveRtsp({ ...local, tls: { ...local, ...certificate }, udp: local });
    saboteur.break('terminate');
    await until(() => saboteur.begun === 2);
    await until(async () => {
      const player = await openRtspPlayer(bound.tls!.port, '/gate/main', wall, { tls: certificate.cert }).catch(() => undefined);
      const status = (await player?.ask('OPTIONS'))?.status;
      await player?.[Symbol.asyncDispose]();
      return status === 200;
    });
    await using ports = await udpPair();
    await using player = await openRtspPlayer(bound.port, '/gate/main', wall);
    await player.play(ports.transport);
    await until(() => ports.packets.length > 10);
    expect(ports.packets[0]!.from).toBe(bound.udp!.port);
  });
});

describe('the Transport header', () => {
  const options = { udp: true, usual: 2 };
  test.each([
    ['RTP/AVP/TCP;unicast;interleaved=4-5', { kind: 'tcp', rtp: 4, rtcp: 5 }],
    ['RTP/AVP/TCP;unicast', { kind: 'tcp', rtp: 2, rtcp: 3 }],
    ['RTP/AVP;multicast;client_port=5000-5001, rtp/avp/tcp;interleaved=0-1', { kind: 'tcp', rtp: 0, rtcp: 1 }],
    ['RTP/AVP;unicast;destination=192.0.2.9;client_port=5000-5001', { kind: 'udp', rtp: 5_000, rtcp: 5_001 }],
    ['RTP/AVP/UDP;unicast;client_port=6000', { kind: 'udp', rtp: 6_000, rtcp: 6_001 }],
    ['RTP/AVP;unicast;client_port=53-54', undefined],
    ['RTP/AVP;unicast', undefined],
    ['RTP/SAVP;unicast;client_port=5000-5001', undefined],
    [undefined, undefined],
  ])('%s', (header, lane) => {
    expect(chooseLane(header, options)).toEqual(lane);
  });

  test('offers no UDP where there is none', () => {
    expect(chooseLane('RTP/AVP;unicast;client_port=5000-5001', { udp: false, usual: 0 })).toBeUndefined();
  });
});

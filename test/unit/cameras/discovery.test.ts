/** Discovery against real responders on loopback, and against hostile ones. */
import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { discoverCameras } from '../../../adapters/cameras/onvif/discovery.ts';
import {
  decodeProbe,
  decodeProbeMatches,
  discoveryGroup,
  encodeProbe,
  encodeProbeMatches,
  type ProbeMatch,
} from '../../../adapters/protocols/wsdiscovery/message.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';

const around = { clock: systemClock, log: silentLogger, window: seconds(0.4) };
const signal = new AbortController().signal;

const match = (more: Partial<ProbeMatch> = {}): ProbeMatch => ({
  endpoint: 'urn:uuid:1',
  types: ['NetworkVideoTransmitter', 'Device'],
  scopes: ['onvif://www.onvif.org/name/%E6%A0%A1%E9%97%A8', 'onvif://www.onvif.org/hardware/C-1', 'onvif://www.onvif.org/Profile/T'],
  addresses: ['http://127.0.0.1:8000/onvif/device_service'],
  metadataVersion: 1,
  ...more,
});

/** Answers every Probe with what `answer` makes of its message id. */
async function responder(
  answer: (messageId: string) => readonly Buffer[],
  options: { readonly multicast?: boolean; readonly port?: number; readonly address?: string } = {},
) {
  const socket: Socket = createSocket({ type: 'udp4', reuseAddr: true });
  let probes = 0;
  socket.on('message', (packet, sender) => {
    const probe = decodeProbe(packet);
    if (!probe) return;
    probes += 1;
    for (const reply of answer(probe.messageId)) socket.send(reply, sender.port, sender.address);
  });
  await new Promise<void>((resolve) => socket.bind(options.port ?? 0, options.multicast ? '0.0.0.0' : (options.address ?? '127.0.0.1'), resolve));
  if (options.multicast) socket.addMembership(discoveryGroup, '127.0.0.1');
  return {
    port: (socket.address() as AddressInfo).port,
    probes: () => probes,
    [Symbol.dispose]: () => socket.close(),
  };
}

const one = (relatesTo: string, ...matches: readonly ProbeMatch[]) => encodeProbeMatches({ messageId: 'urn:uuid:m', relatesTo, matches });

describe('over loopback', () => {
  test('a camera that listens to the group is found once, by name', async () => {
    using camera = await responder((id) => [one(id, match())], { multicast: true });
    const found = await discoverCameras({ ...around, port: camera.port }, signal);
    expect(found).toEqual([
      {
        endpoint: 'urn:uuid:1',
        address: 'http://127.0.0.1:8000/onvif/device_service',
        name: '校门',
        hardware: 'C-1',
        scopes: match().scopes,
        heardOn: '127.0.0.1',
      },
    ]);
    expect(camera.probes()).toBeGreaterThan(1);
  });

  test('a camera that multicast does not reach is found when asked directly', async () => {
    using camera = await responder((id) => [one(id, match())]);
    const order = { ...around, port: camera.port, interfaces: ['127.0.0.1'], hosts: ['127.0.0.1'] };
    expect(await discoverCameras(order, signal)).toHaveLength(1);
    expect(await discoverCameras({ ...order, hosts: [] }, signal)).toHaveLength(0);
  });

  test('a recorder that answers for several cameras in one reply loses none', async () => {
    using recorder = await responder((id) => [one(id, match(), match({ endpoint: 'urn:uuid:2' }), match({ endpoint: 'urn:uuid:3', scopes: [] }))]);
    const found = await discoverCameras({ ...around, port: recorder.port, interfaces: ['127.0.0.1'], hosts: ['127.0.0.1'] }, signal);
    expect(found.map(({ endpoint, name }) => [endpoint, name])).toEqual([
      ['urn:uuid:1', '校门'],
      ['urn:uuid:2', '校门'],
      ['urn:uuid:3', ''],
    ]);
  });

  test('the wildcard address becomes the sender, an address on another host is not believed', async () => {
    using camera = await responder((id) => [
      one(id, match({ addresses: ['http://0.0.0.0/onvif'] })),
      one(id, match({ endpoint: 'urn:uuid:2', addresses: ['http://10.1.2.3/onvif', 'file:///etc/passwd', 'nonsense'] })),
      one(id, match({ endpoint: 'urn:uuid:3', addresses: ['http://[fe80::1]/onvif', 'http://root:pass@127.0.0.1:88/onvif'] })),
    ]);
    const found = await discoverCameras({ ...around, port: camera.port, interfaces: ['127.0.0.1'], hosts: ['127.0.0.1'] }, signal);
    expect(found.map(({ address }) => address)).toEqual(['http://127.0.0.1/onvif', 'http://127.0.0.1:88/onvif']);
  });

  test('nonsense, answers to others, printers and floods find nothing and break nothing', async () => {
    using box = await responder((id) => [
      Buffer.from('hello'),
      Buffer.from('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
      Buffer.alloc(60_000, '<a>'),
      one('urn:uuid:somebody-else', match()),
      one(id, match({ types: ['Printer'] })),
      encodeProbe({ messageId: id, types: [] }),
      ...Array.from({ length: 20 }, () => one(id)),
    ]);
    expect(await discoverCameras({ ...around, port: box.port, interfaces: ['127.0.0.1'], hosts: ['127.0.0.1'] }, signal)).toEqual([]);
  });

  test('names cannot command the terminal that shows them', async () => {
    const scopes = ['onvif://www.onvif.org/name/%1B%5B2JGate%0A%E2%80%AE', 'onvif://www.onvif.org/hardware/%1B%5D0;x%07C-1'];
    using camera = await responder((id) => [one(id, match({ scopes }))]);
    const [found] = await discoverCameras({ ...around, port: camera.port, interfaces: ['127.0.0.1'], hosts: ['127.0.0.1'] }, signal);
    expect([found?.name, found?.hardware]).toEqual(['[2JGate', ']0;xC-1']);
  });

  test('one that floods is heard for a while only, and drowns no other', async () => {
    let sent = 0;
    using flood = await responder((id) => {
      sent += 40;
      // Few at a time, as the kernel would drop the rest; a proper answer once its share is used up.
      return sent > 160 ? [one(id, match({ endpoint: 'urn:uuid:flood' }))] : Array.from({ length: 40 }, () => Buffer.from('<a/>'));
    });
    using camera = await responder((id) => [one(id, match({ endpoint: 'urn:uuid:2', addresses: ['http://127.0.0.2/onvif'] }))], {
      port: flood.port,
      address: '127.0.0.2',
    });
    const order = { ...around, port: flood.port, interfaces: ['127.0.0.1'], hosts: ['127.0.0.1', '127.0.0.2'] };
    expect((await discoverCameras(order, signal)).map(({ endpoint }) => endpoint)).toEqual(['urn:uuid:2']);
    expect([sent > 160, camera.probes() > 0]).toEqual([true, true]);
  });

  test('the number of cameras is capped', async () => {
    using swarm = await responder((id) =>
      Array.from({ length: 12 }, (_, packet) =>
        one(id, ...Array.from({ length: 50 }, (_, index) => match({ endpoint: `urn:uuid:${packet}-${index}`, scopes: [] }))),
      ),
    );
    const found = await discoverCameras({ ...around, port: swarm.port, interfaces: ['127.0.0.1'], hosts: ['127.0.0.1'] }, signal);
    expect(found.length).toBeLessThanOrEqual(512);
    expect(found.length).toBeGreaterThan(100);
  });

  test('an abort ends it at once', async () => {
    const leaving = new AbortController();
    const search = discoverCameras({ ...around, window: seconds(60), port: 9 }, leaving.signal);
    leaving.abort();
    expect(await search).toEqual([]);
  });
});

describe('messages', () => {
  test('a Probe of an independent client is read', () => {
    // As npm onvif 0.8.3 sends it (lib/discovery.js).
    const packet = Buffer.from(
      '<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">' +
        '<Header><wsa:MessageID xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing">urn:uuid:7</wsa:MessageID>' +
        '<wsa:To xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing">urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To>' +
        '<wsa:Action xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</wsa:Action>' +
        '</Header><Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery"><Types>dn:NetworkVideoTransmitter</Types><Scopes /></Probe></Body></Envelope>',
    );
    expect(decodeProbe(packet)).toEqual({ messageId: 'urn:uuid:7', types: ['NetworkVideoTransmitter'] });
    expect(decodeProbeMatches(packet)).toBeUndefined();
  });

  test('what is written is read back, values escaped', () => {
    const matches = [match({ endpoint: 'urn:<&>"', scopes: [] })];
    expect(decodeProbeMatches(encodeProbeMatches({ messageId: 'm', relatesTo: 'r', matches }))).toEqual({ messageId: 'm', relatesTo: 'r', matches });
  });
});

import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { mqtt } from '../../adapters/uplinks/mqtt.ts';
import { uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import type { Uplink } from '../../gateway/domain/uplink-ports.ts';
import { context, deliveryOf, policeSide, sharedSecret, untilDelivered, uplinkContract } from './uplink.ts';

function mqttAt(url: string, settings: Readonly<Record<string, unknown>> = {}, password = sharedSecret): Uplink {
  const config = mqtt.config.parse({ url, username: 'school', timeout: 20, ...settings });
  return mqtt.create(
    { id: uplinkId('police'), name: 'police', adapter: 'mqtt', settings: {}, secret: new Secret(password), enabled: true },
    config,
    context,
  );
}

uplinkContract({
  name: 'mqtt',
  path: 'mqtt',
  proof: 'PUBACK',
  refusal: 'DELIVERY_UNANSWERED',
  create: (police, settings) => mqttAt(police.mqtt!.url, settings),
});

/** Runs it once; what `run` came to is the second value. */
function running(uplink: Uplink): Promise<unknown> {
  const ended = new AbortController();
  const life = uplink.run(ended.signal).catch((error: unknown) => error);
  onTestFinished(async () => {
    ended.abort();
    await life;
  });
  return life;
}

test('the topic is made from the campus and the kind of the event', async () => {
  await using police = await policeSide();
  const uplink = mqttAt(police.mqtt!.url, { topic: 'campus/{campus}/{kind}' });
  void running(uplink);
  await untilDelivered(uplink, deliveryOf());
  expect(police.ledger()).toMatchObject([{ headers: { topic: 'campus/no-3-school/alarm.raised', qos: '1', dup: 'false', retain: 'false' } }]);
});

test('a wrong password ends the run with a sentence, and a delivery says why there is no link', async () => {
  await using police = await policeSide();
  const uplink = mqttAt(police.mqtt!.url, {}, 'wrong');
  expect(await running(uplink)).toMatchObject({ message: expect.stringContaining('Connection refused') as unknown });
  await expect(uplink.deliver(deliveryOf(), AbortSignal.timeout(60_000))).rejects.toMatchObject({
    code: 'DELIVERY_UNANSWERED',
    message: expect.stringContaining('Connection refused') as unknown,
  });
});

test('without a link a delivery is unanswered at once: nothing waits inside the adapter', async () => {
  const uplink = mqttAt('mqtt://127.0.0.1:9');
  await expect(uplink.deliver(deliveryOf(), AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
});

test('a body over the limit, and one that names no campus, are refused before they touch the wire', async () => {
  await using police = await policeSide();
  const uplink = mqttAt(police.mqtt!.url, { maxBytes: 2_048 });
  void running(uplink);
  await untilDelivered(uplink, deliveryOf());
  const long = deliveryOf({ text: 'x'.repeat(3_000) });
  await expect(uplink.deliver(long, AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: 'DELIVERY_REFUSED' });
  const nameless = { ...deliveryOf(), body: 'not JSON' };
  await expect(uplink.deliver(nameless, AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: 'DELIVERY_REFUSED' });
  expect(police.ledger()).toHaveLength(1);
});

/**
 * A broker of MQTT 5.0, in bytes written by hand from the specification (§3.2, §3.4): it answers every PUBLISH with this reason code.
 * `receiveMaximum` goes into the CONNACK; with `hold` it never answers.
 */
async function brokerOfVersion5(reasonCode: number, options: { receiveMaximum?: number; hold?: boolean } = {}) {
  let unanswered = 0;
  let most = 0;
  const release: (() => void)[] = [];
  const speak = (socket: Socket) => {
    let waiting: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (;;) {
        const packet = firstPacket(waiting);
        if (!packet) return;
        waiting = waiting.subarray(packet.length);
        if (packet.kind === 1) {
          const receive = options.receiveMaximum;
          socket.write(receive === undefined ? Buffer.from([0x20, 3, 0, 0, 0]) : Buffer.from([0x20, 6, 0, 0, 3, 0x21, receive >> 8, receive & 0xff]));
        }
        if (packet.kind !== 3) continue;
        unanswered += 1;
        most = Math.max(most, unanswered);
        const topicLength = packet.body.readUInt16BE(0);
        const id = packet.body.readUInt16BE(2 + topicLength);
        const answer = () => {
          unanswered -= 1;
          socket.write(Buffer.from([0x40, 3, id >> 8, id & 0xff, reasonCode]));
        };
        if (options.hold) release.push(answer);
        else answer();
      }
    });
  };
  const server = createServer(speak);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, release, mostUnanswered: () => most };
}

function firstPacket(bytes: Buffer): { kind: number; body: Buffer; length: number } | undefined {
  let size = 0;
  for (let at = 1; at < 5; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    size += (byte & 0x7f) * 128 ** (at - 1);
    if (byte & 0x80) continue;
    if (bytes.length < at + 1 + size) return undefined;
    return { kind: (bytes[0] ?? 0) >> 4, body: bytes.subarray(at + 1, at + 1 + size), length: at + 1 + size };
  }
  return undefined;
}

/** A body over the limit is refused only once there is a link that has a limit. */
async function connected(uplink: Uplink): Promise<void> {
  void running(uplink);
  const long = deliveryOf({ text: 'x'.repeat(300_000) });
  const code = () => uplink.deliver(long, AbortSignal.timeout(500)).catch((error: { code: string }) => error.code);
  await expect.poll(code).toBe('DELIVERY_REFUSED');
}

test.each([
  [0x00, 'accepted'],
  [0x10, 'DELIVERY_UNANSWERED'],
  [0x80, 'DELIVERY_REFUSED'],
  [0x87, 'DELIVERY_REFUSED'],
  [0x99, 'DELIVERY_REFUSED'],
  [0x83, 'DELIVERY_REFUSED'],
  [0x90, 'DELIVERY_REFUSED'],
  [0x91, 'DELIVERY_UNANSWERED'],
  [0x97, 'DELIVERY_UNANSWERED'],
])('reason code %i of an MQTT 5.0 broker comes to %s', async (code, outcome) => {
  const broker = await brokerOfVersion5(code);
  const uplink = mqttAt(broker.url, { version: 5 });
  await connected(uplink);
  const came = await uplink.deliver(deliveryOf(), AbortSignal.timeout(60_000)).then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  );
  expect(came).toBe(outcome);
});

test('never more than the broker’s receive maximum is in flight', async () => {
  const broker = await brokerOfVersion5(0, { receiveMaximum: 3, hold: true });
  const uplink = mqttAt(broker.url, { version: 5 });
  await connected(uplink);
  const deliveries = Promise.all(Array.from({ length: 10 }, () => uplink.deliver(deliveryOf(), AbortSignal.timeout(60_000))));
  let answered = 0;
  while (answered < 10) {
    await expect.poll(() => broker.release.length).toBeGreaterThan(0);
    for (const answer of broker.release.splice(0)) {
      answer();
      answered += 1;
    }
  }
  await deliveries;
  expect(broker.mostUnanswered()).toBe(3);
});

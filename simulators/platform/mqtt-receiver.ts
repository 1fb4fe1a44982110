/** The police side's own broker (MQTT 3.1.1): a publish is written into the ledger before its PUBACK leaves. */
import { timingSafeEqual } from 'node:crypto';
import { createServer as createTcp, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { Aedes } from 'aedes';
import type { Endpoint } from '../../gateway/domain/media.ts';
import { type Desk, eventOf, type Receiver } from './behaviour.ts';
import { openExchanges } from './exchanges.ts';
import { listenerFor } from './listener.ts';

export interface MqttDoor {
  readonly listen: Endpoint;
  readonly username: string;
  readonly password: string;
  /** PEM; present: MQTT over TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export async function openMqttReceiver(door: MqttDoor, desk: Desk, signal: AbortSignal): Promise<Receiver> {
  const broker = await Aedes.createBroker();
  const exchanges = openExchanges(desk, signal);
  broker.authenticate = (_client, username, password, done) => {
    done(null, same(username ?? '', door.username) && same(password?.toString('utf8') ?? '', door.password));
  };
  broker.authorizePublish = (client, packet, done) => {
    if (packet.topic.startsWith('$SYS/')) {
      done(new Error('$SYS is the broker’s own'));
      return;
    }
    if (client === null) {
      done(null);
      return;
    }
    const body = packet.payload.toString();
    const id = eventOf(body)?.id;
    const eventId = typeof id === 'string' ? id : '';
    desk.begun(eventId);
    const headers = { topic: packet.topic, qos: String(packet.qos), dup: String(packet.dup), retain: String(packet.retain), client: client.id };
    void exchanges.answer({ path: 'mqtt', eventId, body, headers, carrier: client.conn }).then((answer) => {
      // MQTT 3.1.1 §3.3.5: a server that does not accept a publish has no way to say so but to close the connection.
      if (answer !== undefined) done(answer === 'accepted' ? null : new Error(`publish ${answer}`));
    });
  };
  // Both are told by the ledger and by the other side; without listeners aedes would throw.
  broker.on('clientError', () => undefined);
  broker.on('connectionError', () => undefined);

  const handle = (socket: Socket) => {
    socket.setNoDelay(true);
    broker.handle(socket);
  };
  const server = door.tls ? createTls(door.tls, handle) : createTcp(handle);
  const listener = listenerFor(server, door.listen);
  await listener.open();
  return {
    get port() {
      return listener.port;
    },
    up: () => listener.open(),
    down: () => listener.close(),
    deserted: () => listener.deserted(),
    letGo: () => exchanges.letGo(),
    async [Symbol.asyncDispose]() {
      if (server.listening) await listener.close();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    },
  };
}

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

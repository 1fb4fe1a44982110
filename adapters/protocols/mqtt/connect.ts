/**
 * One MQTT connection over a stream that is already open: no reconnecting, no store that outlives it, no sharing of options
 * (MQTT.js fills in the object that it is given). Who wants it back opens another one.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type IClientOptions, type IConnackPacket, MqttClient } from 'mqtt';
import { reset } from '../net/dial.ts';

export interface MqttSignIn {
  readonly clientId: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** As the wire says it: 4 is MQTT 3.1.1, 5 is MQTT 5.0. */
  readonly version: 4 | 5;
  /** Seconds between pings; the far side gives up after one and a half times that. */
  readonly keepalive: number;
  readonly will?: { readonly topic: string; readonly payload: string; readonly qos: 0 | 1; readonly retain: boolean } | undefined;
}

export interface MqttConnection extends AsyncDisposable {
  readonly client: MqttClient;
  readonly connack: IConnackPacket;
  /** Ends it with all that lies in it: it is not to arrive when the line is well again. */
  cut(): void;
  /** Resolves when the connection is gone, with why. */
  readonly lost: Promise<Error>;
}

/** Resolves at a CONNACK that accepts. Takes the stream over: it is destroyed on failure and on disposal. */
export function connectMqtt(stream: Duplex, signIn: MqttSignIn, signal: AbortSignal): Promise<MqttConnection> {
  const client = new MqttClient(() => stream as ReturnType<ConstructorParameters<typeof MqttClient>[0]>, optionsOf(signIn));
  let failure: Error | undefined;
  client.on('error', (error) => {
    failure ??= error;
  });
  client.on('disconnect', (packet) => {
    failure ??= new Error(`The broker said goodbye with reason code ${packet.reasonCode ?? 0}.`);
  });
  const lost = new Promise<Error>((resolve) => {
    client.once('close', () => resolve(failure ?? new Error('The connection was closed.')));
  });
  return new Promise((resolve, reject) => {
    const settle = () => {
      signal.removeEventListener('abort', abandon);
      client.off('connect', connected).off('error', refuse);
    };
    const refuse = (error: unknown) => {
      settle();
      client.end(true);
      stream.destroy();
      reject(error);
    };
    const abandon = () => refuse(signal.reason);
    const connected = (connack: IConnackPacket) => {
      settle();
      resolve({
        client,
        connack,
        lost,
        cut: () => (stream instanceof Socket ? reset(stream) : stream.destroy()),
        [Symbol.asyncDispose]: () => close(client, stream),
      });
    };
    client.on('connect', connected).on('error', refuse);
    void lost.then(refuse);
    if (signal.aborted) abandon();
    else signal.addEventListener('abort', abandon, { once: true });
  });
}

function optionsOf(signIn: MqttSignIn): IClientOptions {
  return {
    clientId: signIn.clientId,
    protocolVersion: signIn.version,
    keepalive: signIn.keepalive,
    clean: true,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    timerVariant: 'native',
    ...(signIn.username === undefined ? {} : { username: signIn.username }),
    ...(signIn.password === undefined ? {} : { password: signIn.password }),
    ...(signIn.will === undefined ? {} : { will: { ...signIn.will, payload: Buffer.from(signIn.will.payload) } }),
  };
}

/** DISCONNECT where nothing is in flight; else the connection is cut, as MQTT.js would wait for acknowledgements that may never come. */
async function close(client: MqttClient, stream: Duplex): Promise<void> {
  const polite = client.connected && Object.keys(client.outgoing).length === 0 && !stream.destroyed;
  if (polite) {
    const gone = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    client.end(false);
    stream.end();
    // A peer that never closes its half would hold us: the goodbye is written, so destroy once it has left.
    stream.once('finish', () => stream.destroy());
    await gone;
    return;
  }
  client.end(true);
  stream.destroy();
}

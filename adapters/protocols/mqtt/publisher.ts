/**
 * Publishes at QoS 1 on one connection and says how each publish ended: its PUBACK reason code, or an error at once when the connection
 * goes. Never more in flight than the far side takes (MQTT 5.0 §3.3.4); MQTT.js does not look after that for a sender.
 */
import type { MqttConnection } from './connect.ts';

export class Publisher {
  /** Publishes in flight at once. */
  readonly window: number;
  /** Longest packet that the broker takes, bytes. */
  readonly mostBytes: number;
  readonly #connection: MqttConnection;
  readonly #inFlight = new Set<(error: Error) => void>();
  readonly #waiting: (() => void)[] = [];
  /** Packet ids whose PUBACK said 0x10: MQTT.js takes that for plain success and passes no reason on. */
  readonly #unheard = new Set<number>();
  /** Given up by their deadline but never acknowledged: they still count against the window. */
  #abandoned = 0;
  #acknowledged = 0;
  #lost: Error | undefined;

  constructor(connection: MqttConnection, window: number) {
    this.#connection = connection;
    // MQTT 5.0 §3.2.2.3: absent means 65,535 publishes and any size.
    const { receiveMaximum = 65_535, maximumPacketSize = Number.MAX_SAFE_INTEGER } = connection.connack.properties ?? {};
    this.window = Math.min(window, receiveMaximum);
    this.mostBytes = maximumPacketSize;
    connection.client.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback' && packet.reasonCode === 0x10 && packet.messageId !== undefined) this.#unheard.add(packet.messageId);
    });
    void connection.lost.then((error) => {
      this.#lost = error;
      for (const reject of [...this.#inFlight]) reject(error);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  /** Resolves with the reason code of the PUBACK: 0, 0x10 or from 0x80 up; always 0 in MQTT 3.1.1. Rejects when the connection goes or the signal aborts. */
  async publish(topic: string, body: string, signal: AbortSignal): Promise<number> {
    while (!this.#lost && this.#inFlight.size + this.#abandoned >= this.window) await this.#room(signal);
    if (this.#lost) throw this.#lost;
    signal.throwIfAborted();
    const before = this.#acknowledged;
    return new Promise((resolve, reject) => {
      const settle = () => {
        signal.removeEventListener('abort', late);
        return this.#inFlight.delete(lost);
      };
      const lost = (error: Error) => {
        settle();
        reject(error);
      };
      const late = () => {
        settle();
        this.#abandoned += 1;
        // Only a new connection re-sends (MQTT 3.1.1 §4.4). A broker that answered nobody since is dead to us; one that owes a window blocks us.
        if (this.#acknowledged === before || this.#abandoned >= this.window) this.#connection.cut();
        reject(signal.reason);
      };
      this.#inFlight.add(lost);
      signal.addEventListener('abort', late, { once: true });
      this.#connection.client.publish(topic, body, { qos: 1 }, (error, packet) => {
        this.#acknowledged += 1;
        const unheard = this.#unheard.delete(packet?.messageId ?? -1);
        const code = error && 'code' in error ? Number(error.code) : unheard ? 0x10 : 0;
        if (!settle()) this.#abandoned -= 1;
        else if (error && !(code >= 0x80)) reject(error);
        else resolve(code);
        this.#waiting.shift()?.();
      });
    });
  }

  #room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        signal.removeEventListener('abort', late);
        resolve();
      };
      const late = () => {
        const place = this.#waiting.indexOf(wake);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal.reason);
      };
      if (signal.aborted) {
        late();
        return;
      }
      this.#waiting.push(wake);
      signal.addEventListener('abort', late, { once: true });
    });
  }
}

/**
 * The onboarding test of a panel behind a broker of the site: is what it says heard here? Not what the broker answers decides, but what arrives: a broker
 * of MQTT 3.1.1 acknowledges a message that its access list throws away, and grants a subscription whose messages it will not hand out (alarm-panels §4.7).
 */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { probePayload } from '../../gateway/domain/panel-trial.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import type { Words } from '../../gateway/domain/words.ts';
import { closedUnheard, whyUnheard } from './broker-refusals.ts';

export interface BrokerTrial {
  readonly url: string;
  /** How each signs in; client ids differ from those in use, so that nobody is thrown out. */
  readonly gateway: IClientOptions;
  readonly panel: IClientOptions;
  /** Filters on which the panel speaks. */
  readonly topics: readonly string[];
  readonly clock: Clock;
  /** How long a message may be on its way. */
  readonly patience?: Millis;
}

export interface BrokerFinding {
  /** Absent: of the connection. */
  readonly topic?: string;
  readonly well: boolean;
  readonly words: Words;
}

/** Leaves one harmless message per topic at the broker, not retained; a gateway that hears it passes it over. */
export async function tryBroker({ url, gateway, panel, topics, clock, patience = seconds(3) }: BrokerTrial): Promise<readonly BrokerFinding[]> {
  const clients: MqttClient[] = [];
  const open = async (who: Words, options: IClientOptions): Promise<MqttClient | BrokerFinding> => {
    const client = mqtt.connect(url, { protocolVersion: 4, clean: true, reconnectPeriod: 0, connectTimeout: seconds(10), ...options });
    clients.push(client);
    // Not `connectAsync`, which waits for ever where a broker hangs up without a word.
    const why = await new Promise<Words | undefined>((resolve) => {
      client.once('connect', () => resolve(undefined));
      client.on('error', (error) => resolve(whyUnheard(error))); // what follows from later ones, the findings tell
      client.once('close', () => resolve(closedUnheard));
    });
    return why ? finding(false, `${who.zh}无法登录 ${url}：${why.zh}。`, `${who.en} cannot sign in to ${url}: ${why.en}.`) : client;
  };
  try {
    const ear = await open({ zh: '网关', en: 'The gateway' }, gateway);
    if ('words' in ear) return [ear];
    const mouth = await open({ zh: '主机', en: 'The panel' }, panel);
    if ('words' in mouth) return [mouth];
    const heard = new Set<string>();
    let wake = () => {};
    ear.on('message', (topic, payload) => {
      if (payload.toString() !== probePayload) return;
      heard.add(topic);
      wake();
    });
    const grants = await ear.subscribeAsync([...topics], { qos: 1 });
    const refused = new Set(grants.filter(({ qos }) => qos >= 128).map(({ topic }) => topic));
    const arrived = async (topic: string): Promise<boolean> => {
      const limit = clock.monotonic() + patience;
      while (!heard.has(topic) && clock.monotonic() < limit) {
        const waiting = new AbortController();
        wake = () => waiting.abort();
        await clock.sleep(seconds(0.2), waiting.signal).catch(() => undefined); // something came
      }
      return heard.has(topic);
    };
    const findings: BrokerFinding[] = [];
    for (const filter of topics) {
      const topic = filter.replaceAll('+', 'trial').replace(/#$/, 'trial');
      const taken = await mouth.publishAsync(topic, probePayload, { qos: 1 }).then(
        () => true,
        () => false, // MQTT 5, or an honest broker
      );
      findings.push({ topic, ...judged(topic, { taken, refused: refused.has(filter), arrived: await arrived(topic) }) });
    }
    return findings;
  } finally {
    await Promise.all(clients.map((client) => client.endAsync(true)));
  }
}

function judged(
  topic: string,
  { taken, refused, arrived }: { readonly taken: boolean; readonly refused: boolean; readonly arrived: boolean },
): BrokerFinding {
  if (arrived) return finding(true, `${topic}：主机的消息可以到达网关。`, `${topic}: what the panel says arrives.`);
  if (refused) return finding(false, `${topic}：代理不允许网关订阅此主题。`, `${topic}: the broker does not let the gateway subscribe to it.`);
  if (!taken) return finding(false, `${topic}：代理拒绝主机发布此主题。`, `${topic}: the broker refuses what the panel publishes there.`);
  return finding(
    false,
    `${topic}：代理确认了主机的消息，却没有转交给网关。请检查代理的访问控制：主机账号需要该主题的写权限，网关账号需要读权限。此状态下主机以为报警已送达，实际已丢失。`,
    `${topic}: the broker acknowledged the panel's message and did not hand it to the gateway. Look at its access list: the panel's account needs write, the gateway's ` +
      'needs read on this topic. As it is the panel takes its alarms for delivered, and they are lost.',
  );
}

function finding(well: boolean, zh: string, en: string): BrokerFinding {
  return { well, words: { zh, en } };
}

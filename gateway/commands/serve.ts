/** `serve`: the gateway itself, until it is told to stop. */
import { createInterface } from 'node:readline';
import { assemble, type Gateway } from '../assemble.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { millis } from '../domain/time.ts';
import { isMediaFault, type MediaSaboteur, mediaFaults } from '../media/sabotage.ts';
import { systemClock } from '../runtime/clock.ts';
import type { GatewayConfig } from '../runtime/config.ts';
import { openLogger } from '../runtime/logger.ts';
import { aborted } from '../runtime/shutdown.ts';
import { browserAddresses, hostPort } from './common.ts';

export async function serve(config: GatewayConfig, signal: AbortSignal): Promise<void> {
  const log = openLogger(config.log.level);
  const clock = config.testing.mistakes.includes('wall-clock') ? setClock : systemClock;
  await using gateway = await assemble(config, { clock, log });
  log.info('ready', listeners(gateway));
  process.stderr.write(welcome(gateway));
  using _input = gateway.saboteur && obeyTyped(gateway.saboteur, log);
  await aborted(signal);
  log.info('stopping');
}

/** Breaks the product on purpose: lengths of time go by the clock that people set. */
const setClock: Clock = { ...systemClock, monotonic: () => millis(systemClock.now()) };

/** `media hang`, typed where the gateway was started: whoever tests it sees it recover. Nobody else can reach this. */
function obeyTyped(saboteur: MediaSaboteur, log: Logger): Disposable {
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => {
    const [part, fault] = line.trim().split(/\s+/);
    if (part !== 'media' || !isMediaFault(fault)) {
      log.warn('line not understood', { line, understood: mediaFaults.map((known) => `media ${known}`) });
      return;
    }
    log.warn('media worker broken on purpose', { fault });
    saboteur.break(fault);
  });
  return { [Symbol.dispose]: () => input.close() };
}

function listeners(gateway: Gateway): Record<string, string> {
  const { https, plain, mqttTls, mqttPlain, rtsp } = gateway;
  return Object.fromEntries(Object.entries({ https, plain, mqttTls, mqttPlain, rtsp }).flatMap(([name, at]) => (at ? [[name, hostPort(at)]] : [])));
}

/** What the person at the box must know: printed, never logged. */
function welcome({ https, fingerprint256, claimCode }: Gateway): string {
  const lines = [
    `campus-gateway  ${browserAddresses(https).join('  ')}`,
    `  certificate SHA-256 / 证书指纹  ${fingerprint256}`,
    ...(claimCode === undefined ? [] : [`  claim code / 认领码  ${claimCode}   (makes the first administrator, once / 用于创建首位管理员，仅一次)`]),
  ];
  return `${lines.join('\n')}\n`;
}

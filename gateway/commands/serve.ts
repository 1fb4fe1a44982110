/** `serve`: the gateway itself, until it is told to stop. */
import { assemble, type Gateway } from '../assemble.ts';
import { systemClock } from '../runtime/clock.ts';
import type { GatewayConfig } from '../runtime/config.ts';
import { openLogger } from '../runtime/logger.ts';
import { aborted } from '../runtime/shutdown.ts';
import { hostPort } from './common.ts';

export async function serve(config: GatewayConfig, signal: AbortSignal): Promise<void> {
  const log = openLogger(config.log.level);
  await using gateway = await assemble(config, { clock: systemClock, log });
  log.info('ready', listeners(gateway));
  process.stderr.write(welcome(gateway));
  await aborted(signal);
  log.info('stopping');
}

function listeners(gateway: Gateway): Record<string, string> {
  const { https, plain, mqttTls, mqttPlain, rtsp } = gateway;
  return Object.fromEntries(Object.entries({ https, plain, mqttTls, mqttPlain, rtsp }).flatMap(([name, at]) => (at ? [[name, hostPort(at)]] : [])));
}

/** What the person at the box must know: printed, never logged. */
function welcome({ https, fingerprint256, claimCode }: Gateway): string {
  const lines = [
    `campus-gateway  https://${hostPort(https)}/`,
    `  certificate SHA-256 / 证书指纹  ${fingerprint256}`,
    ...(claimCode === undefined ? [] : [`  claim code / 认领码  ${claimCode}   (makes the first administrator, once / 用于创建首位管理员，仅一次)`]),
  ];
  return `${lines.join('\n')}\n`;
}

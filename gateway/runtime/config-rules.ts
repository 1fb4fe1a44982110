/** Rules across keys of gateway.yaml, and the sentences about settings that are allowed but worth a warning. */
import type { Words } from '../domain/words.ts';
import { configSchema, type GatewayConfig } from './config-schema.ts';
import { type Path, type Problem, problem, valueAt } from './problems.ts';

/** No switch that breaks the gateway is on. */
const harmless = configSchema.parse({}).testing;

interface Listener {
  readonly path: Path;
  readonly address: string;
  readonly port: number;
}

export function crossProblems(
  config: GatewayConfig,
  value: unknown,
  around: { readonly testing: boolean; readonly lineOf: (path: Path) => number | undefined },
): Problem[] {
  const { testing, lineOf } = around;
  const problems: Problem[] = [];
  for (const [path, plain] of plains(config)) {
    if (plain.enabled && !loopback(plain.address) && !plain.exposed) {
      problems.push(problem([...path, 'exposed'], `true, as ${plain.address} is not loopback and nothing there is encrypted`, 'false', lineOf));
    }
  }
  problems.push(...clashes(listenersOf(config), lineOf));
  const names = config.mqtt.external.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index) problems.push(problem(['mqtt', 'external', index, 'name'], 'a name used once', JSON.stringify(name), lineOf));
  }
  for (const [index, broker] of config.mqtt.external.entries()) {
    if (broker.passwordFile && !broker.username) {
      problems.push(problem(['mqtt', 'external', index, 'username'], 'a user name beside passwordFile', 'nothing', lineOf));
    }
  }
  if (!testing && valueAt(value, ['testing']) !== undefined) {
    problems.push(problem(['testing'], 'no such section: it breaks the gateway on purpose and needs CAMPUS_GATEWAY_TESTING=1', 'a section', lineOf));
  }
  return problems;
}

/** What is allowed but should be said at start and shown by `doctor`. */
export function configWarnings(config: GatewayConfig): Words[] {
  const warnings: Words[] = [];
  for (const [path, plain] of plains(config)) {
    if (!plain.enabled || loopback(plain.address)) continue;
    const what = `${path.join('.')} (${plain.address}:${plain.port})`;
    warnings.push({
      zh: `${what} 未加密并对网络开放：同一网络中的任何人都可以读取和伪造其内容。`,
      en: `${what} is unencrypted and open to the network: anyone there can read and forge what passes.`,
    });
  }
  for (const broker of config.mqtt.external) {
    if (/^(mqtts|wss):/.test(broker.url) || loopback(new URL(broker.url).hostname)) continue;
    warnings.push({
      zh: `外部代理 ${broker.name} 未加密：报警主机的消息可能被读取和伪造。`,
      en: `External broker ${broker.name} is not encrypted: messages of panels can be read and forged on the way.`,
    });
  }
  if (JSON.stringify(config.testing) !== JSON.stringify(harmless)) {
    warnings.push({
      zh: '测试开关已启用：本网关被有意破坏，不得用于真实校园。',
      en: 'Testing switches are on: this gateway is broken on purpose and must not serve a real school.',
    });
  }
  return warnings;
}

/** True for addresses that only this machine can reach. */
export function loopback(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || /^127\./.test(bare) || /^::ffff:127\./i.test(bare);
}

function plains(config: GatewayConfig): [readonly string[], GatewayConfig['http']['plain']][] {
  return [
    [['http', 'plain'], config.http.plain],
    [['mqtt', 'plain'], config.mqtt.plain],
  ];
}

function listenersOf(config: GatewayConfig): Listener[] {
  const candidates = [
    { path: ['http'], enabled: true, ...config.http },
    { path: ['http', 'plain'], ...config.http.plain },
    { path: ['mqtt', 'tls'], ...config.mqtt.tls },
    { path: ['mqtt', 'plain'], ...config.mqtt.plain },
    ...(config.dc09.tcp ? [{ path: ['dc09'], ...config.dc09 }] : []),
    { path: ['rtsp'], ...config.rtsp },
    ...(config.rtsp.enabled ? [{ path: ['rtsp', 'tls'], ...config.rtsp.tls }] : []),
  ];
  return candidates.filter(({ enabled, port }) => enabled && port !== 0);
}

function clashes(listeners: readonly Listener[], lineOf: (path: Path) => number | undefined): Problem[] {
  const every = (address: string) => address === '0.0.0.0' || address === '::';
  return listeners.flatMap((listener, index) => {
    const other = listeners
      .slice(0, index)
      .find(({ address, port }) => port === listener.port && (address === listener.address || every(address) || every(listener.address)));
    if (!other) return [];
    return [problem([...listener.path, 'port'], `another port than ${other.path.join('.')}.port`, String(listener.port), lineOf)];
  });
}

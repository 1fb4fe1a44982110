/** What `campus-gateway panel knock` does: signs in as the panel and as the gateway, and looks whether what the one says reaches the other. */
import { readFile } from 'node:fs/promises';
import { panelDialects } from '../../adapters/index.ts';
import { tryBroker } from '../../adapters/panels/broker-trial.ts';
import { GatewayError } from '../domain/errors.ts';
import type { CommandSurroundings, Printable } from '../inventory/cli.ts';
import { openInventory } from '../inventory/store.ts';
import { type GatewayConfig, readSecretFile } from '../runtime/config.ts';

export interface PanelAccount {
  readonly username: string;
  readonly passwordFile?: string;
  /** Of the panel, as the wire says it; 3.1.1, whose brokers cannot say no, unless told. */
  readonly protocolVersion?: 4 | 5;
}

/** Throws NOT_FOUND where there is no such panel, or its broker is not one of the site. */
export async function knock(
  config: GatewayConfig,
  id: string,
  { username, passwordFile, protocolVersion = 4 }: PanelAccount,
  { clock, log }: CommandSurroundings,
): Promise<Printable & { readonly well: boolean }> {
  await using store = await openInventory({ folder: config.dataFolder, clock, log });
  const { panels, campus } = store.current();
  const panel = panels.find((each) => each.id === id);
  const dialect = panelDialects.find(({ name }) => name === panel?.dialect);
  if (!panel || !dialect) throw new GatewayError('NOT_FOUND', `There is no panel ${JSON.stringify(id.slice(0, 80))} in the inventory.`);
  const broker = config.mqtt.external.find(({ name }) => name === panel.broker);
  if (!broker)
    throw new GatewayError('NOT_FOUND', `Panel ${id} is at ${panel.broker}, which is no broker of the site (mqtt.external in gateway.yaml).`);
  const tls = broker.authorityFile === undefined ? {} : { ca: await readFile(broker.authorityFile, 'utf8') };
  const password = async (file: string | undefined) => (file === undefined ? {} : { password: (await readSecretFile(file)).reveal() });
  const findings = await tryBroker({
    url: broker.url,
    gateway: {
      ...{ clientId: `campus-gateway-${broker.name}-trial`, protocolVersion: broker.version, ...tls, ...(await password(broker.passwordFile)) },
      ...(broker.username === undefined ? {} : { username: broker.username }),
    },
    panel: { clientId: `${panel.id}-trial`, protocolVersion, username, ...tls, ...(await password(passwordFile)) },
    topics: dialect.topics(panel, campus.id),
    clock,
  });
  const lines = findings.map(({ well, words }) => `${well ? '✓' : '✗'} ${words.en} · ${words.zh}\n`);
  return { text: lines.join(''), json: { findings }, well: findings.every(({ well }) => well) };
}

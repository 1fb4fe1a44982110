/** Part of the composition root: the adapters that configuration and inventory ask for by name. */
import { readFile } from 'node:fs/promises';
import { uplinkAdapters } from '../adapters/index.ts';
import { externalBroker } from '../adapters/panels/external-broker.ts';
import type { UplinkSettings } from './domain/campus.ts';
import { GatewayError } from './domain/errors.ts';
import type { AdapterContext, PanelIntake, Uplink } from './domain/ports.ts';
import type { Secret } from './domain/secret.ts';
import { type GatewayConfig, readSecretFile } from './runtime/config.ts';

/** Throws INVENTORY_INVALID where there is no such adapter, and whatever the adapter finds wrong with its settings. */
export function createUplink(settings: UplinkSettings, { sendTwice, ...context }: AdapterContext & { readonly sendTwice: boolean }): Uplink {
  const adapter = uplinkAdapters.find(({ kind }) => kind === settings.adapter);
  if (!adapter) {
    const known = uplinkAdapters.map(({ kind }) => kind).join(', ');
    throw new GatewayError('INVENTORY_INVALID', `Uplink ${settings.id} wants the adapter ${JSON.stringify(settings.adapter)}; there are ${known}.`);
  }
  const uplink = adapter.create(settings, settings.settings, context);
  return sendTwice ? sendingTwice(uplink) : uplink;
}

/** Breaks the product on purpose, so that a campaign can prove that it would notice: sends again what was accepted already. */
function sendingTwice(uplink: Uplink): Uplink {
  const { id, accepts, window } = uplink;
  const deliver: Uplink['deliver'] = (delivery, signal) => uplink.deliver(delivery, signal).then(() => uplink.deliver(delivery, signal));
  return { id, accepts, window, run: (signal) => uplink.run(signal), deliver };
}

export async function externalBrokers(config: GatewayConfig, around: AdapterContext): Promise<readonly PanelIntake[]> {
  return Promise.all(
    config.mqtt.external.map(async ({ name, url, username, passwordFile, authorityFile, version: protocolVersion }) => {
      const password: Secret | undefined = passwordFile === undefined ? undefined : await readSecretFile(passwordFile);
      return externalBroker({
        ...{ name, url, protocolVersion, clientId: `campus-gateway-${name}`, ...around },
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
        ...(authorityFile === undefined ? {} : { tls: { ca: await readFile(authorityFile, 'utf8') } }),
      });
    }),
  );
}

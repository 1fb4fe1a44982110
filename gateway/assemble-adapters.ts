/** Part of the composition root: the adapters that configuration and inventory ask for by name. */
import { readFile } from 'node:fs/promises';
import { cameraAdapters, panelDialects, uplinkAdapters } from '../adapters/index.ts';
import { externalBroker } from '../adapters/panels/external-broker.ts';
import type { Inventory, UplinkSettings } from './domain/campus.ts';
import { GatewayError } from './domain/errors.ts';
import type { PanelIntake } from './domain/panel-ports.ts';
import type { PanelTrials } from './domain/panel-trial.ts';
import type { AdapterContext, Clock, InventoryReader } from './domain/ports.ts';
import type { Secret } from './domain/secret.ts';
import type { PlatformDoor, Uplink, UplinkAdapter, UplinkContext } from './domain/uplink-ports.ts';
import type { Words } from './domain/words.ts';
import { tryMessages } from './fleet/panel-trial.ts';
import { type GatewayConfig, readSecretFile } from './runtime/config.ts';
import type { LastAlive } from './runtime/last-alive.ts';
import { type Problem, problemsOf } from './runtime/problems.ts';

/** What is wrong with an adapter's name and settings, by the adapter's own schema. */
export function settingsProblems(kind: 'camera' | 'panel' | 'uplink', adapter: string, settings: unknown): readonly Problem[] {
  const adapters: readonly Pick<UplinkAdapter<unknown>, 'kind' | 'config'>[] = {
    camera: cameraAdapters,
    panel: panelDialects.map((dialect) => ({ kind: dialect.name, config: dialect.settings })),
    uplink: uplinkAdapters,
  }[kind];
  const found = adapters.find((one) => one.kind === adapter);
  const path = kind === 'panel' ? 'dialect' : 'adapter';
  if (!found) return [{ path, expected: `one of ${adapters.map((one) => one.kind).join(', ')}`, got: JSON.stringify(adapter) }];
  const checked = found.config.safeParse(settings);
  if (checked.success) return [];
  return problemsOf(checked.error, settings, () => undefined).map((problem) => ({ ...problem, path: `settings.${problem.path}` }));
}

/** What the settings of an uplink name and the inventory has not, and what they lack beside the others; none of settings that have problems. */
export function uplinkDoubts(uplink: UplinkSettings, inventory: Inventory): readonly Words[] {
  const adapter = uplinkAdapters.find(({ kind }) => kind === uplink.adapter);
  const checked = adapter?.config.safeParse(uplink.settings);
  if (!checked?.success) return [];
  return [...(adapter?.doubts?.(uplink.settings, inventory) ?? []), ...unwatched(uplink, checked.data, inventory)];
}

/** Where somebody stands by, a loss must be noticed before there is an alarm: only what is sent to a far side all the time can tell. */
function unwatched({ role = 'primary' }: UplinkSettings, settings: unknown, { uplinks }: Inventory): readonly Words[] {
  if (role !== 'primary' || !uplinks.some((other) => other.enabled && other.role === 'backup')) return [];
  if (typeof settings !== 'object' || settings === null) return [];
  const key = ['heartbeatSeconds', 'pollSeconds'].find((one) => Reflect.get(settings, one) === 0);
  if (key === undefined) return [];
  return [
    {
      zh: `有备用上级，但 ${key} 为 0：平时断线无人知晓，要到报警发不出去约 15 秒后才改走备用；建议 20。`,
      en: `there is a backup, but ${key} is 0: its loss is only noticed by an alarm that does not get through, about 15 s later. 20 is usual.`,
    },
  ];
}

/** Nothing is recorded, nobody is told. */
export function panelTrials(inventory: Pick<InventoryReader, 'current'>, clock: Clock): PanelTrials {
  return (panel, messages) => {
    const dialect = panelDialects.find(({ name }) => name === panel.dialect);
    if (!dialect)
      throw new GatewayError('INVENTORY_INVALID', `No dialect is called ${JSON.stringify(panel.dialect)}.`, { context: { panel: panel.id } });
    return tryMessages({ dialect, panel, inventory: inventory.current(), now: clock.now() }, messages);
  };
}

/** Throws INVENTORY_INVALID where the settings are wrong, and SECRET_UNREADABLE where its secret cannot be read. */
export function createUplink(
  settings: UplinkSettings,
  { clock, log, door }: AdapterContext & { readonly door: () => PlatformDoor },
  { sendTwice, mistakes }: Pick<GatewayConfig['testing'], 'sendTwice' | 'mistakes'>,
): Uplink {
  const adapter = uplinkAdapters.find(({ kind }) => kind === settings.adapter);
  const problems = settingsProblems('uplink', settings.adapter, settings.settings);
  if (!adapter || problems.length > 0) {
    const told = problems.map(({ path, expected, got }) => `${path}: expected ${expected}, got ${got}`).join('; ');
    throw new GatewayError('INVENTORY_INVALID', `Uplink ${settings.id}: ${told}.`, { context: { uplink: settings.id, problems } });
  }
  const context: UplinkContext = {
    ...{ clock, log },
    // What an uplink accepts must be known before there is anything to look at.
    get door() {
      return door();
    },
  };
  const uplink = adapter.create(settings, settings.settings, context);
  const deliver: Uplink['deliver'] = (...delivery) => uplink.deliver(...delivery);
  if (sendTwice) return delivering(uplink, (delivery, signal, left) => deliver(delivery, signal, left).then(() => deliver(delivery, signal)));
  if (mistakes.includes('silence-is-yes')) return delivering(uplink, (...delivery) => deliver(...delivery).catch(() => ({ proof: 'none' })));
  return uplink;
}

/** Breaks the product on purpose, so that a campaign can prove that it would notice. */
function delivering(uplink: Uplink, deliver: Uplink['deliver']): Uplink {
  const { id, accepts, window, acceptedBy } = uplink;
  return {
    ...{ id, accepts, window },
    ...(acceptedBy === undefined ? {} : { acceptedBy }),
    link: () => uplink.link(),
    certificate: () => uplink.certificate?.(),
    examine: (signal) => uplink.examine(signal),
    run: (signal) => uplink.run(signal),
    deliver,
  };
}

/** Ways in for panels beside our own broker, each with how events name it; MQTT where it does not say. */
export async function furtherIntakes(
  config: GatewayConfig,
  around: AdapterContext & Pick<LastAlive, 'away'>,
): Promise<readonly { readonly intake: PanelIntake; readonly protocol?: string }[]> {
  const brokers = (await externalBrokers(config, around)).map((intake) => ({ intake }));
  if (!config.dc09.enabled) return brokers;
  const { dc09Receiver } = await import('../adapters/panels/dc09/receiver.ts');
  return [...brokers, { intake: dc09Receiver({ ...config.dc09, ...around }), protocol: 'dc09' }];
}

async function externalBrokers(config: GatewayConfig, around: AdapterContext & Pick<LastAlive, 'away'>): Promise<readonly PanelIntake[]> {
  return Promise.all(
    config.mqtt.external.map(async ({ name, url, username, passwordFile, authorityFile, version: protocolVersion }) => {
      const password: Secret | undefined = passwordFile === undefined ? undefined : await readSecretFile(passwordFile);
      return externalBroker({
        ...{ name, url, protocolVersion, clientId: `campus-gateway-${name}`, ...around },
        keepsSession: !config.testing.mistakes.includes('no-session'),
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
        ...(authorityFile === undefined ? {} : { tls: { ca: await readFile(authorityFile, 'utf8') } }),
      });
    }),
  );
}

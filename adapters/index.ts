/** The register of adapters: one line each. Add a make, a dialect or an uplink here and nowhere else. */
import type { CameraAdapter, PanelDialect, UplinkAdapter } from '../gateway/domain/ports.ts';
import { campusDialect } from './panels/dialects/campus.ts';
import { mqtt } from './uplinks/mqtt.ts';
import { webhook } from './uplinks/webhook.ts';

/** An adapter whose settings are still unchecked: `open` checks them with its own schema. */
function checked<Config>(adapter: UplinkAdapter<Config>): UplinkAdapter<unknown> {
  return {
    kind: adapter.kind,
    config: adapter.config,
    create: (settings, config, context) => adapter.create(settings, adapter.config.parse(config), context),
  };
}

export const uplinkAdapters: readonly UplinkAdapter<unknown>[] = [checked(webhook), checked(mqtt)];

export const panelDialects: readonly PanelDialect[] = [campusDialect];

export const cameraAdapters: readonly CameraAdapter<unknown>[] = [];

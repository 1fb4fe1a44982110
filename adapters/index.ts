/** The register of adapters: one line each. Add a make, a dialect or an uplink here and nowhere else. */
import type { z } from 'zod';
import type { PanelDialect } from '../gateway/domain/panel-ports.ts';
import type { CameraAdapter } from '../gateway/domain/ports.ts';
import type { UplinkAdapter } from '../gateway/domain/uplink-ports.ts';
import { onvifConfig } from './cameras/onvif/settings.ts';
import { rtspConfig } from './cameras/rtsp-settings.ts';
import { alarmoDialect } from './panels/dialects/alarmo.ts';
import { campusDialect } from './panels/dialects/campus.ts';
import { dscKeybusDialect } from './panels/dialects/dsc-keybus.ts';
import { envisalinkDialect } from './panels/dialects/envisalink.ts';
import { esphomeDialect } from './panels/dialects/esphome.ts';
import { homeAssistantDialect } from './panels/dialects/home-assistant.ts';
import { mappedDialect } from './panels/dialects/mapped.ts';
import { paiDialect } from './panels/dialects/pai.ts';
import { shellyGen1Dialect } from './panels/dialects/shelly-gen1.ts';
import { shellyGen2Dialect } from './panels/dialects/shelly-gen2.ts';
import { siaDc09Dialect } from './panels/dialects/sia-dc09.ts';
import { sparkplugDialect } from './panels/dialects/sparkplug-b.ts';
import { tasmotaDialect } from './panels/dialects/tasmota.ts';
import { texecom2mqttDialect } from './panels/dialects/texecom2mqtt.ts';
import { zigbee2mqttDialect } from './panels/dialects/zigbee2mqtt.ts';
import { dc09 } from './uplinks/dc09/uplink.ts';
import { gb28181 } from './uplinks/gb28181/index.ts';
import { mqtt } from './uplinks/mqtt.ts';
import { webhook } from './uplinks/webhook.ts';

/** An adapter whose settings come unchecked, from the inventory: its own schema checks them before anything else. */
function uplink<Config>(adapter: UplinkAdapter<Config>): UplinkAdapter<unknown> {
  return {
    kind: adapter.kind,
    config: adapter.config,
    create: (settings, config, context) => adapter.create(settings, adapter.config.parse(config), context),
    doubts: (config, inventory) => adapter.doubts?.(adapter.config.parse(config), inventory) ?? [],
  };
}

export const uplinkAdapters: readonly UplinkAdapter<unknown>[] = [uplink(webhook), uplink(mqtt), uplink(gb28181), uplink(dc09)];

export const panelDialects: readonly PanelDialect[] = [
  campusDialect,
  alarmoDialect,
  dscKeybusDialect,
  envisalinkDialect,
  esphomeDialect,
  homeAssistantDialect,
  mappedDialect,
  paiDialect,
  shellyGen1Dialect,
  shellyGen2Dialect,
  siaDc09Dialect,
  sparkplugDialect,
  tasmotaDialect,
  texecom2mqttDialect,
  zigbee2mqttDialect,
];

/** What speaks to cameras is large, and alarms are taken before it is loaded: with the first camera. */
function camera<Config>(kind: string, config: z.ZodType<Config>, load: () => Promise<CameraAdapter<Config>>): CameraAdapter<unknown> {
  return {
    ...{ kind, config },
    connect: async (device, given, context, signal) => (await load()).connect(device, config.parse(given), context, signal),
  };
}

export const cameraAdapters: readonly CameraAdapter<unknown>[] = [
  camera('onvif', onvifConfig, async () => (await import('./cameras/onvif/adapter.ts')).onvif),
  camera('rtsp', rtspConfig, async () => (await import('./cameras/rtsp.ts')).rtsp),
];

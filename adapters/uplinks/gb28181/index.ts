/** Police platforms over GB/T 28181: what the register knows of it. */
import type { UplinkAdapter } from '../../../gateway/domain/uplink-ports.ts';
import { PlatformLink } from './link.ts';
import { shareDoubts } from './owned.ts';
import { config, type GbSettings } from './settings.ts';
import { Gb28181Uplink } from './uplink.ts';

export const gb28181: UplinkAdapter<GbSettings> = {
  kind: 'gb28181',
  config,
  create: ({ id, secret }, settings, context) => new Gb28181Uplink(new PlatformLink(id, settings, context), secret?.reveal()),
  doubts: shareDoubts,
};

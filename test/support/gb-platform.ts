/** The platform simulator on this machine. */
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { type GbPlatform, type GbPlatformOptions, openGbPlatform } from '../../simulators/platform/gb28181/platform.ts';
import { freePorts } from './free-ports.ts';
import { password } from './simple-gb-device.ts';

export async function localPlatform(options: Partial<GbPlatformOptions> = {}): Promise<GbPlatform> {
  // It may go and come back.
  const [port = 0] = await freePorts(1);
  const listen = { address: '127.0.0.1', port };
  return openGbPlatform({ clock: systemClock, log: silentLogger, listen, passwords: password, ...options });
}

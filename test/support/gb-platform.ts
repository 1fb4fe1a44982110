/** The platform simulator on this machine. */
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { type GbPlatform, type GbPlatformOptions, openGbPlatform } from '../../simulators/platform/gb28181/platform.ts';
import { password } from './simple-gb-device.ts';

export function localPlatform(options: Partial<GbPlatformOptions> = {}): Promise<GbPlatform> {
  const listen = { address: '127.0.0.1', port: 0 };
  return openGbPlatform({ clock: systemClock, log: silentLogger, listen, passwords: password, ...options });
}

/** The stream source for cameras that speak RTSP: the protocol's session under the media plane's port. */
import type { CameraId } from '../../gateway/domain/ids.ts';
import type { StreamSource } from '../../gateway/domain/media-ports.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { playRtsp } from '../protocols/rtsp/client.ts';
import type { CameraHabits } from '../protocols/rtsp/keepalive.ts';
import { UdpPorts, type UdpRange } from '../protocols/rtsp/udp-ports.ts';
import { coded } from './coded.ts';

export function rtspSource(clock: Clock, cameraPorts: UdpRange): StreamSource {
  const ports = new UdpPorts(cameraPorts);
  const learned = new Map<CameraId, CameraHabits>();
  return {
    async pull({ camera, profile, url, username, password, transport }, receiver, signal) {
      const credentials = username === undefined ? {} : { credentials: { username, password: password ?? '' } };
      const habits = learned.get(camera) ?? {};
      learned.set(camera, habits);
      try {
        await playRtsp({ url, ...credentials, ...(transport ? { transport } : {}), ports, habits, timers: clock }, receiver, signal);
      } catch (error) {
        throw coded(error, camera, profile);
      }
    },
  };
}

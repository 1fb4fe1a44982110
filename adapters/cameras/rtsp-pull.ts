/** The stream source for cameras that speak RTSP: the protocol's session under the media plane's port. */
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { CameraId } from '../../gateway/domain/ids.ts';
import type { StreamSource } from '../../gateway/domain/media-ports.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { playRtsp } from '../protocols/rtsp/client.ts';
import { RtspFailure, type RtspFailureReason } from '../protocols/rtsp/failure.ts';
import type { CameraHabits } from '../protocols/rtsp/keepalive.ts';
import { UdpPorts, type UdpRange } from '../protocols/rtsp/udp-ports.ts';

const codes = {
  unreachable: 'CAMERA_UNREACHABLE',
  ended: 'CAMERA_UNREACHABLE',
  credentials: 'CAMERA_CREDENTIALS',
  reply: 'RTSP_REPLY',
  redirect: 'CAMERA_FORBIDDEN_HOST',
  unsupported: 'MEDIA_UNSUPPORTED',
  local: 'MEDIA_UNAVAILABLE',
} as const satisfies Record<RtspFailureReason, string>;

export function rtspSource(clock: Clock, cameraPorts: UdpRange): StreamSource {
  const ports = new UdpPorts(cameraPorts);
  const learned = new Map<CameraId, CameraHabits>();
  return {
    async pull(address, receiver, signal) {
      const { camera, url, username, password, transport } = address;
      const credentials = username === undefined ? {} : { credentials: { username, password: password ?? '' } };
      const habits = learned.get(camera) ?? {};
      learned.set(camera, habits);
      try {
        await playRtsp({ url, ...credentials, ...(transport ? { transport } : {}), ports, habits, timers: clock }, receiver, signal);
      } catch (error) {
        if (!(error instanceof RtspFailure)) throw error;
        throw new GatewayError(codes[error.reason], `Camera ${address.camera} (${address.profile} stream) ${error.message}`, {
          cause: error,
          context: { camera: address.camera, profile: address.profile, url },
        });
      }
    },
  };
}

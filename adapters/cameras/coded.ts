/** What went wrong at a camera, as a coded error that names it. */
import { type ErrorCode, GatewayError } from '../../gateway/domain/errors.ts';
import { ProtocolError } from '../protocols/protocol-error.ts';
import { RtspFailure, type RtspFailureReason } from '../protocols/rtsp/failure.ts';
import { DeviceFailure, type DeviceFailureReason } from '../protocols/soap/failure.ts';

const deviceCodes = {
  unreachable: 'CAMERA_UNREACHABLE',
  credentials: 'CAMERA_CREDENTIALS',
  reply: 'CAMERA_REPLY',
  fault: 'CAMERA_REPLY',
  'forbidden-host': 'CAMERA_FORBIDDEN_HOST',
} as const satisfies Record<DeviceFailureReason, ErrorCode>;

const rtspCodes = {
  unreachable: 'CAMERA_UNREACHABLE',
  ended: 'CAMERA_UNREACHABLE',
  credentials: 'CAMERA_CREDENTIALS',
  reply: 'RTSP_REPLY',
  redirect: 'CAMERA_FORBIDDEN_HOST',
  unsupported: 'MEDIA_UNSUPPORTED',
  local: 'MEDIA_UNAVAILABLE',
} as const satisfies Record<RtspFailureReason, ErrorCode>;

/** Failures of protocols become coded; anything else, an abort among it, is passed on as it is. */
export function coded(error: unknown, camera: string): unknown {
  if (error instanceof DeviceFailure) {
    const context = { camera, ...(error.subcodes.length > 0 ? { fault: error.subcodes.join('/') } : {}) };
    return new GatewayError(deviceCodes[error.reason], `Camera ${camera} ${error.message}`, { cause: error, context });
  }
  if (error instanceof RtspFailure) {
    return new GatewayError(rtspCodes[error.reason], `Camera ${camera} ${error.message}`, { cause: error, context: { camera } });
  }
  if (error instanceof ProtocolError) {
    return new GatewayError('CAMERA_REPLY', `Camera ${camera} sent something that cannot be read: ${error.message}`, {
      cause: error,
      context: { camera },
    });
  }
  return error;
}

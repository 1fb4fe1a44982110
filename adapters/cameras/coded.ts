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
  certificate: 'CAMERA_CERTIFICATE',
} as const satisfies Record<DeviceFailureReason, ErrorCode>;

const rtspCodes = {
  unreachable: 'CAMERA_UNREACHABLE',
  ended: 'CAMERA_UNREACHABLE',
  credentials: 'CAMERA_CREDENTIALS',
  reply: 'RTSP_REPLY',
  redirect: 'CAMERA_FORBIDDEN_HOST',
  unsupported: 'MEDIA_UNSUPPORTED',
  certificate: 'CAMERA_CERTIFICATE',
  local: 'MEDIA_UNAVAILABLE',
} as const satisfies Record<RtspFailureReason, ErrorCode>;

/** Failures of protocols become coded; anything else, an abort among it, is passed on as it is. `stream`: the one of its streams that is meant. */
export function coded(error: unknown, camera: string, stream?: string): unknown {
  const subject = stream === undefined ? `Camera ${camera}` : `Camera ${camera} (${stream} stream)`;
  const context = { camera, ...(stream === undefined ? {} : { profile: stream }) };
  if (error instanceof DeviceFailure) {
    const { reason, message, subcodes, certificate } = error;
    const seen = { ...(subcodes.length > 0 ? { fault: subcodes.join('/') } : {}), ...(certificate ? { certificate } : {}) };
    return new GatewayError(deviceCodes[reason], `${subject} ${message}`, { cause: error, context: { ...context, ...seen } });
  }
  if (error instanceof RtspFailure) {
    const { reason, message, certificate } = error;
    return new GatewayError(rtspCodes[reason], `${subject} ${message}`, {
      cause: error,
      context: { ...context, ...(certificate ? { certificate } : {}) },
    });
  }
  if (error instanceof ProtocolError) {
    return new GatewayError('CAMERA_REPLY', `${subject} sent something that cannot be read: ${error.message}`, { cause: error, context });
  }
  return error;
}

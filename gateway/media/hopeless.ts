/** Streams that only a person can mend: how they are told, and how often one looks whether somebody has. */
import { type GatewayError, isGatewayError } from '../domain/errors.ts';
import { type Millis, seconds } from '../domain/time.ts';

/** While credentials stand refused, this is how often we look whether somebody has changed them. */
const lookForNewCredentials = seconds(5);
/** An unsuitable camera stays so until a person changes it. */
const lookForChange = seconds(30);
const needsSomebody = [
  'CAMERA_CREDENTIALS',
  'CAMERA_CERTIFICATE',
  'CAMERA_FORBIDDEN_HOST',
  'MEDIA_UNSUPPORTED',
  'TRANSCODER_MISSING',
  'NOT_FOUND',
] as const;

export function isHopeless(error: unknown): error is GatewayError {
  return isGatewayError(error, ...needsSomebody);
}

/** Asking for new credentials costs the camera nothing; another try of an unsuitable camera does. */
export function pauseAfter(error: unknown): Millis {
  return isGatewayError(error, 'CAMERA_CREDENTIALS') ? lookForNewCredentials : lookForChange;
}

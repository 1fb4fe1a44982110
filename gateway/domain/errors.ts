/**
 * Every failure the product can name. A code is for programs, the sentence is for people, the cause is for engineers.
 * Each code has an entry in `docs/errors.md`; the architecture test compares the two both ways.
 */
export const errorCodes = [
  'ID_INVALID',
  'CONFIG_INVALID',
  'CONFIG_UNREADABLE',
  'INVENTORY_INVALID',
  'INVENTORY_UNREADABLE',
  'KEY_FILE_UNSAFE',
  'SECRET_UNREADABLE',
  'DATA_TOO_NEW',
  'SQLITE_TOO_OLD',
  'JOURNAL_UNAVAILABLE',
  'JOURNAL_BROKEN',
  'DELIVERY_REFUSED',
  'DELIVERY_UNANSWERED',
  'PANEL_MESSAGE',
  'PANEL_FORBIDDEN',
  'PANEL_BROKER',
  'COMMAND_UNSUPPORTED',
  'CAMERA_UNREACHABLE',
  'CAMERA_CREDENTIALS',
  'CAMERA_CERTIFICATE',
  'CAMERA_REPLY',
  'CAMERA_FORBIDDEN_HOST',
  'RTSP_REPLY',
  'MEDIA_UNAVAILABLE',
  'MEDIA_UNSUPPORTED',
  'UPLINK_BUDGET',
  'MEDIA_TOO_SLOW',
  'EVIDENCE_FULL',
  'TRANSCODER_MISSING',
  'TRANSCODER_BUSY',
  'TRANSCODER_OFF',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'REQUEST_INVALID',
  'CONFLICT',
  'ALARM_STEP',
  'SECOND_PERSON',
  'TOO_MANY_REQUESTS',
  'CLAIM_CLOSED',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetail {
  readonly cause?: unknown;
  /** Ids and figures that help to find the place; never secrets. */
  readonly context?: Readonly<Record<string, unknown>>;
}

export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, sentence: string, detail: ErrorDetail = {}) {
    super(sentence, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.context = detail.context ?? {};
  }
}

/** True for a GatewayError, or for one of the given codes where codes are named. */
export function isGatewayError(error: unknown, ...codes: readonly ErrorCode[]): error is GatewayError {
  return error instanceof GatewayError && (codes.length === 0 || codes.includes(error.code));
}

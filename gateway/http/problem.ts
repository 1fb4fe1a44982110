/** Every refusal as RFC 9457 problem+json: a code for programs, sentences for people, never a secret and never a stack. */
import type { Response } from 'express';
import { type ErrorCode, GatewayError } from '../domain/errors.ts';
import type { Words } from '../domain/words.ts';
import type { Problem as FieldProblem } from '../runtime/problems.ts';
import { tooLarge, wordsOf } from './problem-words.ts';

export interface ProblemBody {
  /** Entry of docs/errors.md. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  /** The request id: the same stands in the log. */
  readonly instance: string;
  readonly words: Words;
  readonly problems?: readonly FieldProblem[];
}

const statuses: Partial<Record<ErrorCode, number>> = {
  ID_INVALID: 400,
  REQUEST_INVALID: 400,
  INVENTORY_INVALID: 422,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  PANEL_FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  ALARM_STEP: 409,
  SECOND_PERSON: 409,
  CLAIM_CLOSED: 410,
  TOO_MANY_REQUESTS: 429,
  COMMAND_UNSUPPORTED: 501,
  CAMERA_UNREACHABLE: 502,
  CAMERA_CREDENTIALS: 502,
  CAMERA_CERTIFICATE: 502,
  CAMERA_REPLY: 502,
  CAMERA_FORBIDDEN_HOST: 502,
  RTSP_REPLY: 502,
  JOURNAL_UNAVAILABLE: 503,
  MEDIA_UNAVAILABLE: 503,
  TRANSCODER_MISSING: 503,
  TRANSCODER_BUSY: 503,
  TRANSCODER_OFF: 503,
  UPLINK_BUDGET: 503,
  MEDIA_UNSUPPORTED: 422,
};

/** What body-parser, the router and http itself throw: `status` and nothing that may be repeated. */
function foreignStatus(error: unknown): number | undefined {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

export interface Refusal {
  readonly body: ProblemBody;
  /** Nobody foresaw it: worth an error line with its cause. */
  readonly unforeseen: boolean;
  readonly retryAfter?: number;
}

/** The answer to a failure. Only sentences of our own codes for callers are shown; anything else becomes INTERNAL without detail. */
export function refusalOf(error: unknown, instance: string): Refusal {
  const known = error instanceof GatewayError ? error : undefined;
  const status = known ? statuses[known.code] : foreignStatus(error);
  const code: ErrorCode = known && status ? known.code : status ? (status === 404 ? 'NOT_FOUND' : 'REQUEST_INVALID') : 'INTERNAL';
  const words = status === 413 ? tooLarge : ((known && particularWords(known)) ?? wordsOf(code));
  const detail = known && status ? known.message : words.en;
  const problems = known?.context.problems;
  const retryAfter = known?.context.retryAfter;
  return {
    body: {
      type: `/errors/${code}`,
      title: words.en,
      status: status ?? 500,
      detail,
      code,
      instance,
      words,
      ...(Array.isArray(problems) ? { problems: problems.slice(0, 50).map(shownProblem) } : {}),
    },
    unforeseen: status === undefined || status >= 500,
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
  };
}

/** Some refusals tell people more than their code does: `context.words`. */
function particularWords({ context: { words } }: GatewayError): Words | undefined {
  const told = typeof words === 'object' && words !== null && 'zh' in words && 'en' in words ? words : undefined;
  return told && typeof told.zh === 'string' && typeof told.en === 'string' ? { zh: told.zh, en: told.en } : undefined;
}

/** Nothing but these leaves the box. */
function shownProblem({ path, expected, got, line, column }: FieldProblem): FieldProblem {
  return { path, expected, got, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
}

export function sendRefusal(response: Response, { body, retryAfter }: Refusal): void {
  if (response.headersSent) {
    response.destroy(); // half an answer must not look whole
    return;
  }
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter));
  if (body.status === 413) response.setHeader('Connection', 'close');
  response.status(body.status).type('application/problem+json').send(JSON.stringify(body));
}

/** Reads what a panel sent, capped before it is parsed; whatever cannot be read becomes PANEL_MESSAGE naming expected, got and the path. */
import type { z } from 'zod';
import type { Panel } from '../../gateway/domain/campus.ts';
import type { PanelMessage } from '../../gateway/domain/command.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';

/** Panels say little: one that sends more is broken or hostile (alarm-panels §4.7). */
export const maxPayloadBytes = 16 * 1024;

const decoder = new TextDecoder('utf-8', { fatal: true });

interface Mismatch {
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

export function unreadable(panel: Panel, message: PanelMessage, { path, expected, got }: Mismatch, cause?: unknown): GatewayError {
  const topic = message.topic.slice(0, 200);
  return new GatewayError('PANEL_MESSAGE', `Panel ${panel.id} sent ${got} at ${path} of ${topic}, where ${expected} was expected.`, {
    cause,
    context: { panel: panel.id, topic, path, expected, got },
  });
}

export function readText(panel: Panel, message: PanelMessage): string {
  const { payload } = message;
  if (payload.byteLength > maxPayloadBytes) {
    throw unreadable(panel, message, { path: '/', expected: `at most ${maxPayloadBytes} bytes`, got: `${payload.byteLength} bytes` });
  }
  try {
    return decoder.decode(payload);
  } catch (cause) {
    throw unreadable(panel, message, { path: '/', expected: 'UTF-8 text', got: 'other bytes' }, cause);
  }
}

/** The JSON body as the schema's type. Members that the schema does not know are left out: an alarm is not refused for saying more. */
export function readJson<Body>(panel: Panel, message: PanelMessage, schema: z.ZodType<Body>): Body {
  const text = readText(panel, message);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(panel, message, { path: '/', expected: 'JSON', got: shown(text) }, cause);
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0]!;
  throw unreadable(panel, message, {
    path: `/${issue.path.map(String).join('/')}`,
    expected: issue.code === 'invalid_type' ? `${issue.expected}` : issue.message,
    got: shown(at(value, issue.path)),
  });
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Reflect.get(here, step);
  }
  return here;
}

/** Short enough for a log line, whatever came. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

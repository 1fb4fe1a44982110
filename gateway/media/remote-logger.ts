/** A worker's logger: lines cross to the main thread, which owns the one log and redacts. */
import type { Logger } from '../domain/ports.ts';
import { plain } from './rpc.ts';

export interface LogLine {
  readonly kind: 'log';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function remoteLogger(say: (line: LogLine) => void, bound: Readonly<Record<string, unknown>> = {}): Logger {
  const at =
    (level: LogLine['level']) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      say({ kind: 'log', level, message, fields: plain({ ...bound, ...fields }) });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => remoteLogger(say, { ...bound, ...fields }),
  };
}

/** JSON log lines, English, constant messages with fields. Secrets are redacted here, not by memory. */
import { type DestinationStream, pino } from 'pino';
import { GatewayError } from '../domain/errors.ts';
import type { Logger } from '../domain/ports.ts';
import { Secret } from '../domain/secret.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const secretName =
  /^(password|passphrase|secret|token|authorization|cookie|set-cookie|apikey|hmackey|privatekey|claimcode|streamkey|nonce|response)$/i;
const urlCredentials = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi;
const maxDepth = 6;

/** A copy fit for a log: secrets by type and by name redacted, credentials cut out of URLs, errors flattened, bytes counted. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.replace(urlCredentials, '$1[redacted]@');
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? value.toString() : value;
  if (value instanceof Secret) return '[redacted]';
  if (depth >= maxDepth) return '[deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) {
    return {
      name: value.name,
      message: redact(value.message, depth + 1),
      ...(value instanceof GatewayError
        ? { code: value.code, context: redact(value.context, depth + 1) }
        : { stack: redact(value.stack, depth + 1) }),
      ...(value.cause === undefined ? {} : { cause: redact(value.cause, depth + 1) }),
    };
  }
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, secretName.test(name) && item !== undefined ? '[redacted]' : redact(item, depth + 1)]),
  );
}

/** `destination` is for tests; without it lines go to standard output. */
export function openLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = { level, base: {}, timestamp: pino.stdTimeFunctions.isoTime };
  return wrap(destination ? pino(options, destination) : pino(options), {});
}

export const silentLogger: Logger = openLogger('silent');

function wrap(sink: pino.Logger, bound: Readonly<Record<string, unknown>>): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (sink.isLevelEnabled(level)) sink[level](redact({ ...bound, ...fields }) as object, message);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (fields) => wrap(sink, { ...bound, ...fields }) };
}

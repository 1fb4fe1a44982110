/** For programs: am I alive, am I ready, how much of everything. */
import type { Registry } from 'prom-client';
import { isoOf } from '../../domain/time.ts';
import type { Gate } from '../gate.ts';
import { type Incoming, type Route, route } from '../route.ts';
import type { RouteParts } from './parts.ts';

/** `gate` tells who may see more than the status word: `/healthz` and `/readyz` answer everybody. */
export function healthRoutes(parts: RouteParts, gate: Gate, registry: Registry): readonly Route[] {
  const answer = ({ http, response }: Pick<Incoming<unknown, unknown, unknown>, 'http' | 'response'>, ok: boolean, word: string, more: object) => {
    response.status(ok ? 200 : 503).setHeader('Cache-Control', 'no-store');
    if (gate.scraper(http) || gate.callerOf(http)) response.json({ status: word, ...more });
    else response.type('text/plain').send(`${word}\n`);
  };
  return [
    route({
      method: 'GET',
      path: '/healthz',
      summary: 'Alive: the main loop answers',
      hidden: true,
      handle: (incoming) => answer(incoming, true, 'ok', { version: parts.version, startedAt: isoOf(parts.startedAt) }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      summary: 'Ready: an alarm that comes now would be kept',
      hidden: true,
      handle(incoming) {
        const reasons = parts.readiness();
        const ready = reasons.every((reason) => reason.ready);
        answer(incoming, ready, ready ? 'ready' : 'not ready', { reasons });
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      summary: 'Prometheus text',
      hidden: true,
      async handle({ response, signal }) {
        await parts.telemetry.read(signal);
        response.type(registry.contentType).setHeader('Cache-Control', 'no-store');
        response.send(await registry.metrics());
      },
    }),
  ];
}

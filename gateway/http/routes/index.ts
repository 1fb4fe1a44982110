/** The register of routes: one line per resource. */
import type { Registry } from 'prom-client';
import type { Gate } from '../gate.ts';
import { openApiDocument } from '../openapi.ts';
import { type Route, route } from '../route.ts';
import { z } from '../schemas/pieces.ts';
import { alarmRoutes } from './alarms.ts';
import { cameraRoutes } from './cameras.ts';
import { campusRoutes } from './campus.ts';
import { claimRoutes } from './claim.ts';
import { evidenceRoutes } from './evidence.ts';
import { healthRoutes } from './health.ts';
import { onboardingRoutes } from './onboarding.ts';
import { overviewRoutes } from './overview.ts';
import { panelCommandRoutes } from './panel-commands.ts';
import { panelTrialRoutes } from './panel-trial.ts';
import { panelRoutes } from './panels.ts';
import type { RouteParts } from './parts.ts';
import { pictureRoutes } from './pictures.ts';
import { ruleRoutes } from './rules.ts';
import { sessionRoutes } from './session.ts';
import { streamKeyRoutes } from './stream-keys.ts';
import { uplinkCodeRoutes } from './uplink-codes.ts';
import { uplinkRoutes } from './uplinks.ts';
import { userRoutes } from './users.ts';
import { type WhepVisitors, whepRoutes } from './whep.ts';

/** Every route that speaks JSON about the campus: what the OpenAPI document describes. */
export function apiRoutes(parts: RouteParts, visitors: WhepVisitors): readonly Route[] {
  const described = [
    ...claimRoutes(parts),
    ...sessionRoutes(parts),
    ...overviewRoutes(parts),
    ...alarmRoutes(parts),
    ...evidenceRoutes(parts),
    ...campusRoutes(parts),
    ...onboardingRoutes(parts),
    ...cameraRoutes(parts),
    ...panelRoutes(parts),
    ...panelCommandRoutes(parts),
    ...panelTrialRoutes(parts),
    ...ruleRoutes(parts),
    ...uplinkRoutes(parts),
    ...uplinkCodeRoutes(parts),
    ...userRoutes(parts),
    ...streamKeyRoutes(parts),
    ...pictureRoutes(parts),
    ...whepRoutes(parts, visitors),
  ];
  let document: Record<string, unknown> | undefined;
  const own = route({
    method: 'GET',
    path: '/api/v1/openapi.json',
    summary: 'This document',
    reply: z.record(z.string(), z.unknown()),
    handle: () => {
      document ??= openApiDocument([...described, own]);
      return document;
    },
  });
  return [...described, own];
}

export function allRoutes(
  parts: RouteParts,
  { gate, registry, visitors }: { readonly gate: Gate; readonly registry: Registry; readonly visitors: WhepVisitors },
): readonly Route[] {
  return [...healthRoutes(parts, gate, registry), ...apiRoutes(parts, visitors)];
}

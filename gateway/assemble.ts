/** Composition root: builds every part and hands ports around. Only it and its assemble-… sisters see gateway and adapters together. */
import { openSpine } from './assemble-spine.ts';
import type { Endpoint, RtspBound, SinkSpec } from './domain/media.ts';
import type { AdapterContext, PreparedSink } from './domain/ports.ts';
import type { PlatformDoor } from './domain/uplink-ports.ts';
import type { InventoryStore } from './inventory/store.ts';
import type { MediaSaboteur } from './media/sabotage.ts';
import type { GatewayConfig } from './runtime/config.ts';
import { configWarnings } from './runtime/config-rules.ts';
import { Scope } from './runtime/scope.ts';

export interface Gateway extends AsyncDisposable {
  readonly https: Endpoint;
  readonly plain?: Endpoint;
  readonly mqttTls?: Endpoint;
  readonly mqttPlain?: Endpoint;
  readonly rtsp?: RtspBound;
  /** SHA-256 of the certificate on HTTPS and MQTTS. */
  readonly fingerprint256: string;
  /** Not yet claimed: the code that makes the first administrator. */
  readonly claimCode?: string;
  readonly inventory: InventoryStore;
  /** Opens a viewer inside this process. */
  watch(sink: SinkSpec, signal: AbortSignal): Promise<PreparedSink>;
  /** Only where `testing.mediaFaults` is on. */
  readonly saboteur?: MediaSaboteur;
}

/**
 * Starts the whole gateway, what alarms need first; resolves once everything listens. Closing it ends every life, the journal last.
 * Logs `takes alarms` as soon as it does.
 */
export async function assemble(config: GatewayConfig, { clock, log }: AdapterContext): Promise<Gateway> {
  const startedAt = clock.now();
  for (const words of configWarnings(config)) log.warn('risky setting', { words });
  await using scope = new Scope();
  const box: { door?: PlatformDoor } = {};
  const spine = await openSpine(config, { clock, log }, scope, () => {
    if (box.door) return box.door;
    throw new Error('No uplink runs before the box can be looked at.');
  });
  log.info('takes alarms');
  const { openRest } = await import('./assemble-rest.ts');
  const { media, ...rest } = await openRest(
    spine,
    config,
    { clock, log, startedAt },
    {
      scope,
      opened: (door) => {
        box.door = door;
      },
    },
  );
  const { inventory, certificate, mqttTls, mqttPlain } = spine;
  const claimCode = inventory.claim().open ? { claimCode: inventory.openClaim() } : {};
  const owned = scope.release();
  return {
    ...rest,
    ...(mqttTls ? { mqttTls } : {}),
    ...(mqttPlain ? { mqttPlain } : {}),
    fingerprint256: certificate.current.fingerprint256,
    ...claimCode,
    inventory,
    watch: (sink, signal) => media.prepare(sink, signal),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

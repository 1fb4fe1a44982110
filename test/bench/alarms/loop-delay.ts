import type { GatewayChild } from '../../support/measure-gateway.ts';

interface LoopDelay {
  readonly p99: number;
  readonly most: number;
}

/** Of the main loop since the last scrape, ms. */
export async function loopDelay(gateway: GatewayChild): Promise<LoopDelay> {
  const samples = await gateway.metric('event_loop_delay_seconds');
  const of = (quantile: string) => (samples.get(`quantile="${quantile}"`) ?? Number.NaN) * 1_000;
  return { p99: of('0.99'), most: of('1') };
}

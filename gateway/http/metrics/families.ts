/** Metric families whose figures others keep: they are read when somebody scrapes. */
import { Counter, Gauge, type Registry } from 'prom-client';

export function gauge(registry: Registry, name: string, help: string, labelNames: readonly string[], collect: (own: Gauge) => void): void {
  new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset();
      collect(this);
    },
  });
}

/** A counter that somebody else counts: set to what they say. */
export function counter(registry: Registry, name: string, help: string, labelNames: readonly string[], collect: (own: Counter) => void): void {
  new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset();
      collect(this);
    },
  });
}

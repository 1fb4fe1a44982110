/** A histogram that somebody else keeps, shown by prom-client. Its own Histogram can only be observed into, not set. */
import { Gauge, type Registry } from 'prom-client';
import type { DurationHistogram } from '../ports.ts';

export interface HistogramSource {
  readonly name: string;
  readonly help: string;
  read(): readonly DurationHistogram[];
}

/** Three families, `_bucket`, `_sum` and `_count`, as histogram_quantile() wants them, and `_quantile` for those who only look. */
export function histogramLines(registry: Registry, { name, help, read }: HistogramSource): void {
  const family = (suffix: string, labelNames: readonly string[], fill: (own: Gauge, histogram: DurationHistogram) => void) =>
    new Gauge({
      name: `${name}_${suffix}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const histogram of read()) fill(this, histogram);
      },
    });
  const labels = ['hop', 'uplink'];
  family('bucket', [...labels, 'le'], (own, histogram) => {
    for (const [index, bound] of histogram.bounds.entries()) own.set({ ...histogram.labels, le: String(bound) }, histogram.counts[index] ?? 0);
    own.set({ ...histogram.labels, le: '+Inf' }, histogram.count);
  });
  family('quantile', [...labels, 'quantile'], (own, histogram) => {
    for (const { quantile, value } of histogram.quantiles) own.set({ ...histogram.labels, quantile: String(quantile) }, value);
  });
  family('sum', labels, (own, histogram) => own.set({ ...histogram.labels }, histogram.sum));
  family('count', labels, (own, histogram) => own.set({ ...histogram.labels }, histogram.count));
}

/**
 * Sparkplug B (alarm-panels §1.8). A node numbers its metrics at birth and sends the numbers only: they are learned. What it could not send while it
 * was cut off comes as `is_historical`, with its own time. `is_null` is not "no".
 */
import { z } from 'zod';
import { ProtocolError } from '../../protocols/protocol-error.ts';
import { readSparkplug, type SparkplugMetric, type SparkplugPayload } from '../../protocols/sparkplug/payload.ts';
import { writeRebirth } from '../../protocols/sparkplug/rebirth.ts';
import { booleanOf } from '../common-words.ts';
import { maxPayloadBytes } from '../panel-json.ts';
import { timeOf } from '../panel-time.ts';
import { meaningSettings, point } from '../point-meanings.ts';
import { type Heard, readDialect } from '../read-dialect.ts';
import type { Reading } from '../reading.ts';

const level = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^/+#]+$/, 'one level of a topic');
const settings = z.strictObject({
  group: level,
  /** The edge node that is this panel. */
  node: level,
  ...meaningSettings,
});
type Settings = z.output<typeof settings>;

export const sparkplugDialect = readDialect({
  name: 'sparkplug-b',
  settings,
  prefix: ({ group, node }) => `spBv1.0/${group}/NCMD/${node}/`,
  topics: ({ group, node }) => [
    ...['NBIRTH', 'NDATA', 'NDEATH'].map((kind) => `spBv1.0/${group}/${kind}/${node}`),
    ...['DBIRTH', 'DDATA', 'DDEATH'].map((kind) => `spBv1.0/${group}/${kind}/${node}/+`),
  ],
  read(heard, own): readonly Reading[] {
    const [, , kind = '', , device = ''] = heard.levels;
    if (heard.retained) return []; // The specification forbids it: whoever kept this, it is no news.
    const payload = payloadOf(heard);
    switch (kind) {
      case 'NBIRTH':
        return [
          { kind: 'learned', key: 'bdSeq', value: bdSeq(payload) },
          { kind: 'alive', online: true },
          ...counted(heard, payload, true),
          ...births(heard, payload, device, own),
        ];
      case 'DBIRTH':
        return [...counted(heard, payload), ...births(heard, payload, device, own)];
      case 'NDATA':
      case 'DDATA':
        return [...counted(heard, payload), ...payload.metrics.flatMap((metric) => metricReadings(heard, metric, device, own))];
      case 'NDEATH':
        // The last will of a connection that a newer one has followed means nothing.
        return heard.learned('bdSeq') === undefined || heard.learned('bdSeq') === bdSeq(payload) ? [{ kind: 'alive', online: false }] : [];
      default:
        return [];
    }
  },
  tell: {
    orders: () => [],
    say: ({ op, expires }, { group, node }) =>
      op === 'sync' ? [{ topic: `spBv1.0/${group}/NCMD/${node}`, payload: writeRebirth(expires) }] : undefined,
  },
});

/** Messages of a node are numbered from 0 to 255 and on; one that is missing may have held an alarm or a name: the node is asked for all of it again. */
function counted(heard: Heard, { seq }: SparkplugPayload, birth = false): readonly Reading[] {
  if (seq === undefined) return [];
  const before = heard.learned('seq');
  const whole = birth || (before !== undefined && (Number(before) + 1) % 256 === seq);
  return [{ kind: 'learned', key: 'seq', value: String(seq) }, ...(whole ? [] : [{ kind: 'alive', online: true, missing: true } as const])];
}

function payloadOf(heard: Heard): SparkplugPayload {
  if (heard.payload.byteLength > maxPayloadBytes) throw heard.refuse('/', `at most ${maxPayloadBytes} bytes`, `${heard.payload.byteLength} bytes`);
  try {
    return readSparkplug(heard.payload);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw heard.refuse('/', 'a Sparkplug B payload', 'other bytes');
  }
}

function bdSeq({ metrics }: SparkplugPayload): string {
  return String(metrics.find(({ name }) => name === 'bdSeq')?.value ?? '');
}

function births(heard: Heard, { metrics }: SparkplugPayload, device: string, own: Settings): readonly Reading[] {
  return metrics.flatMap((metric): readonly Reading[] => {
    const { name, alias } = metric;
    const learned: readonly Reading[] =
      name === undefined || alias === undefined ? [] : [{ kind: 'learned', key: `alias ${device} ${alias}`, value: name.slice(0, 200) }];
    return [...learned, ...metricReadings(heard, metric, device, own)];
  });
}

function metricReadings(heard: Heard, metric: SparkplugMetric, device: string, own: Settings): readonly Reading[] {
  const { alias, historical } = metric;
  const name = metric.name ?? (alias === undefined ? undefined : heard.learned(`alias ${device} ${alias}`));
  const on = typeof metric.value === 'string' ? undefined : booleanOf(metric.value);
  if (name === undefined || on === undefined || /^(bdSeq|Node Control\/|Device Control\/)/.test(name)) return [];
  const at = metric.timestamp === undefined ? undefined : timeOf(metric.timestamp);
  const sign = point(device === '' ? name : `${device}/${name}`, on, own, at === undefined ? {} : { at });
  // What has happened meanwhile comes one by one, beginnings and ends: events, each once.
  return [historical ? { ...sign, kind: 'event', historical: true } : sign];
}

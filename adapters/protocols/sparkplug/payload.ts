/** The payload of Sparkplug B (specification 3.0, `sparkplug_b.proto`), as far as alarms need it: metrics with a yes or no, a number or a text. */
import { type Field, fields } from '../protobuf.ts';

export interface SparkplugMetric {
  /** Absent where only the alias is sent. */
  readonly name?: string;
  readonly alias?: string;
  /** Epoch milliseconds. */
  readonly timestamp?: number;
  readonly historical: boolean;
  /** Undefined: null, or a kind that is not read here (data sets, templates, arrays). */
  readonly value?: boolean | number | string;
}

export interface SparkplugPayload {
  readonly timestamp?: number;
  readonly seq?: number;
  readonly metrics: readonly SparkplugMetric[];
}

const mostMetrics = 2_000;
const text = new TextDecoder('utf-8');

/** Throws ProtocolError. Metrics past the 2,000th are left out: no panel has so many inputs. */
export function readSparkplug(bytes: Uint8Array): SparkplugPayload {
  const metrics: SparkplugMetric[] = [];
  let timestamp: number | undefined;
  let seq: number | undefined;
  for (const field of fields(bytes)) {
    if (field.kind === 'varint') {
      if (field.number === 1) timestamp = Number(field.value);
      if (field.number === 3) seq = Number(field.value);
    } else if (field.kind === 'bytes' && field.number === 2 && metrics.length < mostMetrics) metrics.push(readMetric(field.bytes));
  }
  return { metrics, ...(timestamp === undefined ? {} : { timestamp }), ...(seq === undefined ? {} : { seq }) };
}

/** Data types 1 to 4 and 7 to 8 hold their numbers as int_value or long_value, the signed ones in two's complement. */
const signedBits: ReadonlyMap<number, number> = new Map([
  [1, 8],
  [2, 16],
  [3, 32],
  [4, 64],
]);

function readMetric(bytes: Uint8Array): SparkplugMetric {
  const found = new Map<number, Field>();
  // Of a field that comes twice the last counts.
  for (const field of fields(bytes)) found.set(field.number, field);
  const number = (id: number) => {
    const field = found.get(id);
    return field?.kind === 'varint' ? field.value : undefined;
  };
  const bytesOf = (id: number) => {
    const field = found.get(id);
    return field && field.kind !== 'varint' ? field.bytes : undefined;
  };
  const name = bytesOf(1);
  const alias = number(2);
  const timestamp = number(3);
  const value = number(7) ? undefined : readValue(number, bytesOf);
  return {
    historical: number(5) === 1n,
    ...(name === undefined ? {} : { name: text.decode(name) }),
    ...(alias === undefined ? {} : { alias: String(alias) }),
    ...(timestamp === undefined ? {} : { timestamp: Number(timestamp) }),
    ...(value === undefined ? {} : { value }),
  };
}

function readValue(
  number: (id: number) => bigint | undefined,
  bytesOf: (id: number) => Uint8Array | undefined,
): boolean | number | string | undefined {
  const integer = number(10) ?? number(11);
  if (integer !== undefined) {
    const bits = signedBits.get(Number(number(4) ?? 0));
    return Number(bits === undefined ? integer : BigInt.asIntN(bits, integer));
  }
  const boolean = number(14);
  if (boolean !== undefined) return boolean !== 0n;
  const float = bytesOf(12);
  if (float?.length === 4) return new DataView(float.buffer, float.byteOffset).getFloat32(0, true);
  const double = bytesOf(13);
  if (double?.length === 8) return new DataView(double.buffer, double.byteOffset).getFloat64(0, true);
  const string = bytesOf(15);
  return string === undefined ? undefined : text.decode(string);
}

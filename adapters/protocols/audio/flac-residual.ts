/** How to say the samples of a FLAC subframe in the fewest bits: the order of the fixed predictor and the Rice parameter (RFC 9639 §9.2.5, §9.2.7). */

export interface FlacCoding {
  readonly order: number;
  /** The first `order` values are samples, the others what the predictor leaves. */
  readonly residuals: Int32Array;
  readonly parameter: number;
}

const largestOrder = 4;
/** 15 would announce raw residuals. */
const largestParameter = 14;
/** Coding method, partition order, parameter. */
const residualHead = 10;

/** Undefined where the samples as they are take no more bits. `width`: bits per sample. */
export function chooseCoding(values: Int32Array, width: number): FlacCoding | undefined {
  const order = bestOrder(values);
  const residuals = Int32Array.from(values);
  for (let times = 1; times <= order; times += 1) takeDifferences(residuals, times);
  const { parameter, bits } = bestParameter(residuals, order);
  return order * width + residualHead + bits < values.length * width ? { order, residuals, parameter } : undefined;
}

/** 0, -1, 1, -2, 2 … as 0, 1, 2, 3, 4 … */
export function fold(residual: number): number {
  return (residual << 1) ^ (residual >> 31);
}

/** The nth differences of the samples are what the predictor of order n leaves. */
function bestOrder(values: Int32Array): number {
  const rest = Int32Array.from(values);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let order = 0; order <= Math.min(largestOrder, values.length - 1); order += 1) {
    if (order > 0) takeDifferences(rest, order);
    let sum = 0;
    for (let index = order; index < rest.length; index += 1) sum += Math.abs(rest[index]!);
    if (sum < least) {
      least = sum;
      best = order;
    }
  }
  return best;
}

/** In place; the values before `from` stay. */
function takeDifferences(values: Int32Array, from: number): void {
  for (let index = values.length - 1; index >= from; index -= 1) values[index]! -= values[index - 1]!;
}

function bestParameter(residuals: Int32Array, order: number): { readonly parameter: number; readonly bits: number } {
  const count = residuals.length - order;
  let sum = 0;
  for (let index = order; index < residuals.length; index += 1) sum += fold(residuals[index]!);
  const about = Math.floor(Math.log2(sum / count + 1));
  let best = { parameter: 0, bits: Number.POSITIVE_INFINITY };
  for (let parameter = Math.max(0, about - 1); parameter <= Math.min(largestParameter, about + 1); parameter += 1) {
    let bits = count * (1 + parameter);
    for (let index = order; index < residuals.length; index += 1) bits += fold(residuals[index]!) >>> parameter;
    if (bits < best.bits) best = { parameter, bits };
  }
  return best;
}

/** Reads the wire form of protocol buffers (encoding, proto2 and proto3): fields one by one, capped. A schema is the caller's business. */
import { ProtocolError } from './protocol-error.ts';

export type Field =
  | { readonly number: number; readonly kind: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'fixed64' | 'fixed32' | 'bytes'; readonly bytes: Uint8Array };

const mostFields = 10_000;

/** Throws ProtocolError for what is cut short, or no protobuf; groups (of the nineties) are none. */
export function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw wrong('the rest of a number', 'the end', at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw wrong('a number of at most 64 bits', 'a longer one', at);
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw wrong(`${length} bytes`, `${bytes.length - at}`, at);
    at += length;
    return bytes.subarray(at - length, at);
  };
  for (let count = 0; at < bytes.length; count += 1) {
    if (count === mostFields) throw wrong(`at most ${mostFields} fields`, 'more', at);
    const key = varint();
    const number = Number(key >> 3n);
    if (number < 1 || number > 0x1fff_ffff) throw wrong('a field number from 1 to 536870911', String(number), at);
    switch (Number(key & 7n)) {
      case 0:
        yield { number, kind: 'varint', value: varint() };
        break;
      case 1:
        yield { number, kind: 'fixed64', bytes: take(8) };
        break;
      case 2: {
        const length = varint();
        // Compared as it is: past 2^53 a number would round.
        if (length > BigInt(bytes.length)) throw wrong(`${length} bytes`, `${bytes.length - at}`, at);
        yield { number, kind: 'bytes', bytes: take(Number(length)) };
        break;
      }
      case 5:
        yield { number, kind: 'fixed32', bytes: take(4) };
        break;
      default:
        throw wrong('a field of a kind that there is', `kind ${key & 7n}`, at);
    }
  }
}

function wrong(expected: string, got: string, at: number): ProtocolError {
  return new ProtocolError(expected, got, `byte ${at}`);
}

/** The one order that every Sparkplug B node obeys (specification 3.0, `Node Control/Rebirth`): tell everything again, with its names. */

const utf8 = new TextEncoder();

/** The payload of an NCMD; `at` is epoch milliseconds. */
export function writeRebirth(at: number): Uint8Array {
  // Metric: name 1, timestamp 3, datatype 4 (11 is Boolean), boolean_value 14. Payload: timestamp 1, metrics 2; an NCMD has no seq.
  const metric = [...text(1, 'Node Control/Rebirth'), ...number(3, at), ...number(4, 11), ...number(14, 1)];
  return Uint8Array.from([...number(1, at), ...key(2, 2), ...varint(metric.length), ...metric]);
}

function key(field: number, kind: 0 | 2): number[] {
  return varint(field * 8 + kind);
}

function number(field: number, value: number): number[] {
  return [...key(field, 0), ...varint(value)];
}

function text(field: number, value: string): number[] {
  const bytes = utf8.encode(value);
  return [...key(field, 2), ...varint(bytes.length), ...bytes];
}

/** Times need 41 bits: no shifts, which have 32. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

/** G.711: 8-bit companded sound and the 16-bit samples that it stands for (ITU-T G.711 §3, tables 1 and 2). */

export type G711Law = 'pcma' | 'pcmu';

const tables = {
  pcma: Int16Array.from({ length: 256 }, (_, code) => fromALaw(code)),
  pcmu: Int16Array.from({ length: 256 }, (_, code) => fromMuLaw(code)),
};

/** `into[at, …)` receives one sample per byte. */
export function decodeG711(law: G711Law, bytes: Uint8Array, into: Int16Array, at = 0): void {
  const table = tables[law];
  for (let index = 0; index < bytes.length; index += 1) into[at + index] = table[bytes[index]!]!;
}

/** Even bits are sent inverted; sign, 3 bits of segment, 4 bits of position. The middle of each step, 13 bits of it, in 16. */
function fromALaw(code: number): number {
  const sent = code ^ 0x55;
  const segment = (sent >> 4) & 7;
  const position = ((sent & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? position : (position + 0x100) << (segment - 1);
  return sent & 0x80 ? magnitude : -magnitude;
}

/** All bits are sent inverted; the same fields, 14 bits in 16, less a bias of 33 steps. */
function fromMuLaw(code: number): number {
  const sent = ~code & 0xff;
  const magnitude = ((((sent & 0x0f) << 3) + 0x84) << ((sent >> 4) & 7)) - 0x84;
  return sent & 0x80 ? -magnitude : magnitude;
}

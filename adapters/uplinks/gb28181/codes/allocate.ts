/**
 * Codes for what has none, after the pattern of the gateway's own: for tests, and where a bureau lets the school number its own devices. Never done
 * unasked, as codes are the bureau's to give (facts §2.1).
 */
import type { Inventory } from '../../../../gateway/domain/campus.ts';
import { GatewayError } from '../../../../gateway/domain/errors.ts';
import { zonePath } from '../../../../gateway/domain/health.ts';
import { type GbCode, parseGbCode, writeGbCode } from '../../../protocols/gb-code/code.ts';
import { type CodeEntry, type CodeOwner, codeOfOwner, type GbCodes, listCodes, nameOf } from './code-map.ts';
import { faultOfCode, type OwnerKind, usualType } from './judge.ts';

/** Serial numbers have six digits. */
const lastSerial = 999_999;

/** Every channel and every zone of the inventory; with `groups` the places and the business group as well. */
export function ownersIn(inventory: Inventory, options: { readonly groups: boolean }): CodeOwner[] {
  const channels = inventory.channels.map(({ id }) => ({ kind: 'channel' as const, id }));
  const zones = inventory.panels.flatMap((panel) => panel.zones.map((zone) => ({ kind: 'zone' as const, id: zonePath(panel.id, zone.id) })));
  const places = options.groups ? inventory.places.map(({ id }) => ({ kind: 'place' as const, id })) : [];
  return [...channels, ...zones, ...(options.groups ? [{ kind: 'group' as const, id: '' }] : []), ...places];
}

/** Numbers that are free: never one that anybody has, whatever its kind. Throws CONFLICT when all are taken. */
export class CodeAllocator {
  readonly #pattern: GbCode;
  readonly #taken = new Map<string, CodeOwner>();
  /** The last one that was given, by type: gaps below it are used last, as codes for them may still come from the bureau. */
  readonly #last = new Map<string, number>();

  /** Centre, industry and network are those of the gateway's code. */
  constructor(codes: GbCodes) {
    this.#pattern = parseGbCode(codes.device);
    for (const { owner, code } of listCodes(codes)) this.#take(owner, code);
  }

  /** Throws CONFLICT where somebody else has it, and INVENTORY_INVALID where it is no code for that. */
  claim(owner: CodeOwner, code: string): CodeEntry {
    const fault = faultOfCode(owner.kind, code);
    if (fault) throw new GatewayError('INVENTORY_INVALID', `${nameOf(owner)} needs ${fault.en}.`, { context: { owner: nameOf(owner), code } });
    const before = this.#taken.get(code);
    if (before && nameOf(before) !== nameOf(owner)) {
      const sentence = `Code ${code} is of ${nameOf(before)} already: ${nameOf(owner)} cannot have it too.`;
      throw new GatewayError('CONFLICT', sentence, { context: { owner: nameOf(owner), code, first: nameOf(before) } });
    }
    this.#take(owner, code);
    return { owner, code };
  }

  next(owner: CodeOwner): CodeEntry {
    const type = usualType(owner.kind);
    const last = this.#last.get(type) ?? 0;
    for (let step = 0; step < lastSerial; step += 1) {
      const serial = ((last + step) % lastSerial) + 1;
      const code = writeGbCode({ ...this.#pattern, type, serial: String(serial).padStart(6, '0') });
      if (!this.#taken.has(code)) return this.claim(owner, code);
    }
    throw new GatewayError('CONFLICT', `All ${lastSerial} numbers of type ${type} are taken: there is no code left for ${nameOf(owner)}.`);
  }

  #take(owner: CodeOwner, code: string): void {
    this.#taken.set(code, owner);
    const { type, serial, ...rest } = parseGbCode(code);
    const own = writeGbCode({ ...this.#pattern, type, serial }) === writeGbCode({ ...rest, type, serial });
    if (own) this.#last.set(type, Math.max(this.#last.get(type) ?? 0, Number(serial)));
  }
}

/** For what has none yet, in the order of the inventory. */
export function allocateMissing(inventory: Inventory, codes: GbCodes, kinds: readonly OwnerKind[]): CodeEntry[] {
  const allocator = new CodeAllocator(codes);
  return ownersIn(inventory, { groups: true })
    .filter((owner) => kinds.includes(owner.kind) && codeOfOwner(codes, owner) === undefined)
    .map((owner) => allocator.next(owner));
}

/** What a platform has to be told, so that its tree becomes ours (GB/T 28181-2022 9.11, A.2.5.8). Pure. */
import type { CatalogueNode } from './node.ts';

/** An item of a Notify: with the whole of it for ADD and UPDATE, with nothing but its code for the others. */
export type CatalogueChange = CatalogueNode['item'] & { readonly event: NonNullable<CatalogueNode['item']['event']> };

/** What a platform was told of one node, and has acknowledged. */
export type Told = ReadonlyMap<string, CatalogueNode>;

export const toldOf = (nodes: readonly CatalogueNode[]): Told => new Map(nodes.map((node) => [node.item.deviceId, node]));

/** Of codes that were told at another time, and nobody remembers how. */
export const toldBefore = (codes: readonly string[]): Told => toldOf(codes.map((deviceId) => ({ item: { deviceId } })));

/** What is new comes parents before children. */
export function catalogueChanges(told: Told, now: readonly CatalogueNode[]): readonly CatalogueChange[] {
  return now.flatMap((node) => changesOf(told.get(node.item.deviceId), node));
}

/** What is gone, children before parents. */
export function departures(known: readonly string[], now: readonly CatalogueNode[]): readonly CatalogueChange[] {
  const present = new Set(now.map(({ item }) => item.deviceId));
  const gone = known.filter((code) => !present.has(code)).reverse();
  return gone.map((deviceId) => ({ deviceId, event: 'DEL' }));
}

/** Is the whole item in it? */
export const isWhole = ({ event }: CatalogueChange): boolean => event === 'ADD' || event === 'UPDATE';

function changesOf(before: CatalogueNode | undefined, node: CatalogueNode): CatalogueChange[] {
  const { item, standing } = node;
  if (!before) return [{ ...item, event: 'ADD' }, ...marked(node)];
  // Only what a person entered makes an UPDATE: how it stands has events of its own.
  const [was, is] = [before, node].map((each) => JSON.stringify({ ...each.item, status: undefined }));
  if (was !== is) return [{ ...item, event: 'UPDATE' }, ...marked(node)];
  return before.standing === standing ? [] : standings([node]);
}

/** A whole item says ON or OFF by itself, but not why. */
function marked(node: CatalogueNode): CatalogueChange[] {
  return node.standing === 'VLOST' || node.standing === 'DEFECT' ? standings([node]) : [];
}

/** How each stands, in as few bytes as can be: for those who may have missed a change. */
export function standings(nodes: readonly CatalogueNode[]): CatalogueChange[] {
  return nodes.flatMap(({ item: { deviceId }, standing }) => (standing === undefined ? [] : [{ deviceId, event: standing }]));
}

/** Everything, as if nothing had ever been told. */
export function wholeTree(nodes: readonly CatalogueNode[]): CatalogueChange[] {
  return nodes.flatMap((node) => [{ ...node.item, event: 'UPDATE' as const }, ...marked(node)]);
}

/** In this order, few enough for one message each: whole items are long, the others are not. */
export function changeBatches(changes: readonly CatalogueChange[], most: { readonly whole: number; readonly short: number }): CatalogueChange[][] {
  const batches: CatalogueChange[][] = [];
  let room = 0;
  for (const change of changes) {
    const share = 1 / (isWhole(change) ? most.whole : most.short);
    // A hair of tolerance: eight eighths are one.
    if (room < share - 1e-9) {
      batches.push([]);
      room = 1;
    }
    batches.at(-1)!.push(change);
    room -= share;
  }
  return batches;
}

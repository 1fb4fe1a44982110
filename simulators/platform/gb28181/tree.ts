/** The catalogue of a device as an operator sees it, and what is wrong with it (gb28181 §4.3). Pure. */
import { isRegionCode } from '../../../adapters/protocols/gb-code/code.ts';
import type { CatalogItem } from '../../../adapters/protocols/manscdp/catalog-item.ts';

export interface TreeNode {
  readonly item: CatalogItem;
  readonly children: readonly TreeNode[];
}

export interface Flaw {
  readonly code: string;
  readonly rule: 'code' | 'twice' | 'name' | 'status' | 'parent' | 'civil-code' | 'position' | 'required';
  readonly sentence: string;
}

/** Items whose parent is not among them stand at the root: their parent is the device, or nobody. */
export function treeOf(items: readonly CatalogItem[]): readonly TreeNode[] {
  const known = new Set(items.map(({ deviceId }) => deviceId));
  const below = new Map<string, CatalogItem[]>();
  for (const item of items) {
    const parent = parentsOf(item).findLast((id) => id !== item.deviceId && known.has(id)) ?? '';
    below.set(parent, [...(below.get(parent) ?? []), item]);
  }
  // A ring of parents has no root: whoever was met already is not met again.
  const met = new Set<string>();
  const grow = (parent: string): TreeNode[] =>
    (below.get(parent) ?? []).flatMap((item) => {
      if (met.has(item.deviceId)) return [];
      met.add(item.deviceId);
      return [{ item, children: grow(item.deviceId) }];
    });
  return grow('');
}

export function flawsOf(device: string, items: readonly CatalogItem[]): readonly Flaw[] {
  const known = new Set([device, ...items.map(({ deviceId }) => deviceId)]);
  const seen = new Set<string>();
  return items.flatMap((item) => {
    const { deviceId: code, name, civilCode, longitude, latitude } = item;
    const flaws: Flaw[] = [];
    const flaw = (rule: Flaw['rule'], sentence: string) => flaws.push({ code, rule, sentence });
    const region = isRegionCode(code);
    if (!region && !/^\d{20}$/.test(code)) flaw('code', `${code} is neither 20 digits nor a region.`);
    if (seen.has(code)) flaw('twice', `${code} stands in the catalogue twice.`);
    seen.add(code);
    if (!name) flaw('name', `${code} has no name.`);
    if (longitude === 0 && latitude === 0) flaw('position', `${code} lies in the sea at 0, 0.`);
    if (civilCode !== undefined && !/^(\d{2}){1,4}$/.test(civilCode)) flaw('civil-code', `${code} has the civil code ${civilCode}.`);
    const lost = parentsOf(item).filter((parent) => !known.has(parent));
    if (lost.length > 0) flaw('parent', `${code} belongs to ${lost.join(' and ')}, which is not there.`);
    if (!region && isEndpoint(code)) {
      if (item.status === undefined) flaw('status', `${code} is neither ON nor OFF.`);
      const required = ['manufacturer', 'model', 'civilCode', 'address', 'parental', 'parentIds', 'registerWay', 'secrecy'] as const;
      const missing = required.filter((field) => item[field] === undefined);
      if (missing.length > 0) flaw('required', `${code} lacks ${missing.join(', ')}.`);
    }
    return flaws;
  });
}

const parentsOf = ({ parentIds, businessGroupId, civilCode }: CatalogItem): readonly string[] =>
  parentIds ?? [businessGroupId ?? civilCode].filter((id) => id !== undefined);

/** Cameras, alarm inputs, horns … (types 111 to 199), of which the standard wants every field. */
const isEndpoint = (code: string) => code.slice(10, 11) === '1';

/** What a catalogue query asks for: of a device, a region, a system, a business group or a virtual organisation (GB/T 28181-2022 A.2.4.3). Pure. */
import { isRegionCode } from '../../../protocols/gb-code/code.ts';
import type { CatalogueNode } from './node.ts';

/** Undefined: nothing of ours has this code. `device`: our own, which answers with everything. */
export function selectNodes(nodes: readonly CatalogueNode[], target: string, device: string): readonly CatalogueNode[] | undefined {
  if (target === device) return nodes;
  if (isRegionCode(target)) {
    const within = nodes.filter(({ item }) => item.deviceId === target || regionOf(item)?.startsWith(target));
    return within.length > 0 ? within : undefined;
  }
  const found = nodes.find(({ item }) => item.deviceId === target);
  if (!found) return undefined;
  const below = nodes.filter(({ item }) => item.businessGroupId === target || item.parentIds?.includes(target));
  return [found, ...below.filter((node) => node !== found)];
}

function regionOf({ deviceId, civilCode }: CatalogueNode['item']): string | undefined {
  return isRegionCode(deviceId) ? deviceId : civilCode;
}

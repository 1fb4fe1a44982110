import type { PlatformDoor } from '../../gateway/domain/uplink-ports.ts';

/** What a box remembers for its one uplink, without a disk. */
export function uplinkMemory(): Pick<PlatformDoor, 'remembered' | 'remember'> {
  let kept: string | undefined;
  return {
    remembered: async () => (kept === undefined ? undefined : JSON.parse(kept)),
    remember: async (_uplink, facts) => {
      kept = JSON.stringify(facts);
    },
  };
}

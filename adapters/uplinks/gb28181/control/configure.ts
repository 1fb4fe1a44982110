/** DeviceConfig (GB/T 28181 A.2.3.2): of all that a platform may want to set, BasicParam alone is taken, and only as a whole. Pure. */
import type { ManscdpMessage } from '../../../protocols/manscdp/message.ts';
import { type Basics, basics } from '../settings.ts';

type Configs = Extract<ManscdpMessage, { readonly root: 'Control'; readonly cmdType: 'DeviceConfig' }>['content']['configs'];

/** What is to hold from now on, or why not. `name`: ours, which is the school's and not the platform's to change. */
export function configured(configs: Configs, now: Basics, name: string): Basics | { readonly refused: string } {
  const [config, ...others] = configs;
  if (!config) return { refused: 'nothing is to be set' };
  const other = [config, ...others].find((each) => each.name !== 'BasicParam');
  if (other) return { refused: `${other.name} is not set from afar` };
  if (config.name !== 'BasicParam' || others.length > 0) return { refused: 'BasicParam is there more than once' };
  const { value } = config;
  if (value.name !== undefined && value.name !== '' && value.name !== name) return { refused: 'the name is the one that the school has entered' };
  if (value.positionCapability !== undefined && value.positionCapability !== 0) return { refused: 'there is no position' };
  const read = basics.safeParse({
    expires: value.expiration ?? now.expires,
    every: value.heartBeatInterval ?? now.every,
    misses: value.heartBeatCount ?? now.misses,
  });
  return read.success ? read.data : { refused: `${read.error.issues.map(({ path }) => path.join('.')).join(', ')} is beyond what is sensible` };
}

/** The gateway as its own process, with one simulated camera for each kind of stream. */
import { fileURLToPath } from 'node:url';
import { cameraId } from '../../../gateway/domain/ids.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { hashPassword } from '../../../gateway/http/sessions/password.ts';
import type { InventoryStore } from '../../../gateway/inventory/store.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import type { GatewayChild } from '../../support/measure-gateway.ts';
import { openMeasuredSchool } from '../../support/measure-school.ts';
import { runByLines } from '../../support/native-programs.ts';
import { type Account, signIn } from '../../support/sign-in.ts';
import { camerasKnown } from '../streams/gateway-under-load.ts';
import { account, cameras } from './played-cameras.ts';

export interface PlayedSchool extends AsyncDisposable {
  readonly gateway: GatewayChild;
  /** Opens every channel by RTSP. */
  readonly key: Account;
  /** May watch by the pages. */
  readonly user: Account;
  /** The Cookie header of a session of that user. */
  cookie(): Promise<string>;
}

const child = fileURLToPath(new URL('./cameras-child.ts', import.meta.url));
const user = { name: 'bench', password: 'only-for-this-bench' };

/** Resolves once the gateway knows every camera. `furnish` puts more into its inventory. */
export async function openPlayedSchool(furnish?: (store: InventoryStore) => void): Promise<PlayedSchool> {
  await using opening = new Scope();
  const hash = hashPassword(user.password);
  const program = opening.own(runByLines('The simulated cameras', process.execPath, ['--import', 'tsx', child]));
  const addresses: readonly string[] = JSON.parse(await program.line());
  let key: Account | undefined;
  const passwordHash = await hash;
  const school = opening.own(
    await openMeasuredSchool({
      panels: 0,
      rtsp: true,
      furnish(store) {
        for (const [index, { id }] of cameras.entries()) {
          const credentials = { username: account.username, password: new Secret(account.password) };
          const address = addresses[index] ?? '';
          store.putCamera({ id: cameraId(id), name: id, adapter: 'onvif', address, credentials, settings: {}, enabled: true, maintenance: false });
        }
        const { username: name, password } = store.issueStreamKey('bench');
        key = { name, password };
        store.addUser(user.name, 'viewer', passwordHash);
        furnish?.(store);
      },
    }),
  );
  const { gateway } = school;
  await gateway.start();
  await camerasKnown(gateway, cameras.length);
  const scope = opening.release();
  return {
    gateway,
    key: key!,
    user,
    cookie: () => signIn(gateway.origin, user),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

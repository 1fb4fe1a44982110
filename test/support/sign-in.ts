/** Signs in to a running gateway as a person does. */
import { Agent, request } from 'undici';

export interface Account {
  readonly name: string;
  readonly password: string;
}

const blindly = new Agent({ connect: { rejectUnauthorized: false } }); // over TLS its certificate is its own

/** The Cookie header of the session. */
export async function signIn(origin: string, account: Account): Promise<string> {
  const { statusCode, headers, body } = await request(`${origin}/api/v1/session`, {
    method: 'POST',
    dispatcher: blindly,
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify(account),
  });
  await body.dump();
  const cookie = [headers['set-cookie'] ?? []].flat()[0]?.split(';')[0];
  if (statusCode !== 200 || cookie === undefined) throw new Error(`Signing in was answered with ${statusCode}.`);
  return cookie;
}

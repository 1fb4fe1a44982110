/** What a body is about, for lists that people read: it need not be whole, nor make sense. */

/** For example `Notify Keepalive`; undefined: it is no MANSCDP. */
export function aboutOf(body: Uint8Array): string | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 512)).toString('latin1');
  const root = /<(Query|Control|Notify|Response)\b/i.exec(text)?.[1];
  const kind = /<CmdType>\s*(\w{1,40})/i.exec(text)?.[1];
  return root && kind && `${root} ${kind}`;
}

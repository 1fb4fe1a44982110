/** What this session may do: the gateway's own table, as it told it at sign-in. The gateway decides again at each request. */
export type Rights = (route: string) => boolean;

export function rightsOf({ may }: { readonly may: readonly string[] }): Rights {
  const allowed = new Set(may);
  return (route) => allowed.has(route);
}

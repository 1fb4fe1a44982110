/**
 * Everything that answers without a session, token or key. This list is the whole of it: a test asks every other route, socket and media
 * path without a session and wants 401 from each.
 */
export const publicRoutes = [
  'GET /healthz', // the status word only
  'GET /readyz', // the status word only
  'GET /api/v1/claim',
  'POST /api/v1/claim', // closed for ever once used
  'POST /api/v1/session', // sign-in
  'GET /', // static assets: the pages hold no facts
  'GET /wall',
  'GET /{*asset}',
] as const;

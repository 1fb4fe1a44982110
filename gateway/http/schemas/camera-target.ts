/** Where a camera is and how it is spoken to, as a caller gives it. */
import { withoutCredentials } from '../views/device-view.ts';
import { z } from './pieces.ts';

export const cameraTarget = {
  adapter: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'the name of a camera adapter, such as onvif or rtsp'),
  address: z
    .url({ protocol: /^(https?|rtsps?)$/ })
    .max(1_024)
    .refine((text) => withoutCredentials(text) === text, 'an address without credentials: give them as username and password'),
  settings: z.record(z.string().max(64), z.unknown()).default({}),
};

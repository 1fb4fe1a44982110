/** What a person enters for one ONVIF camera beside its address. */
import { z } from 'zod';
import { streamTransport } from '../stream-transport.ts';

export const onvifConfig = z.strictObject({
  /** What to do with addresses on another host: `rewrite` puts the camera's own host there, for cameras behind address translation. */
  otherHosts: z.enum(['refuse', 'rewrite']).default('refuse'),
  /** Profile to use as main and sub stream, by token or name; chosen by size where absent. */
  mainProfile: z.string().min(1).max(200).optional(),
  subProfile: z.string().min(1).max(200).optional(),
  transport: streamTransport,
});
export type OnvifConfig = z.infer<typeof onvifConfig>;

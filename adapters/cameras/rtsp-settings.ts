/** What a person enters for one RTSP camera beside its address. */
import { z } from 'zod';
import { streamTransport } from './stream-transport.ts';

export const rtspConfig = z.strictObject({
  /** rtsp:// or rtsps:// URL of the sub stream, without credentials; the main stream stands in for it where absent. */
  sub: z
    .string()
    .max(500)
    .regex(/^rtsps?:\/\//i, 'an rtsp:// or rtsps:// URL')
    .optional(),
  transport: streamTransport,
});
export type RtspConfig = z.infer<typeof rtspConfig>;

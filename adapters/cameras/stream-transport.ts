/** A setting of every camera whose streams come by RTSP. */
import { z } from 'zod';
import { streamTransports } from '../../gateway/domain/media.ts';

/** How its packets come; `auto`: by TCP, by UDP where the camera refuses TCP or sends nothing over it. Default `auto`. */
export const streamTransport = z.enum(streamTransports).optional();

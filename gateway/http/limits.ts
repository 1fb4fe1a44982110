/** How much of everything one visitor, and all of them together, may use. */
import { hours, minutes, seconds } from '../domain/time.ts';
import type { HttpLimits } from './ports.ts';

export const usualLimits: HttpLimits = {
  sessionLength: hours(8),
  sessionIdle: minutes(30),
  wallLength: hours(12),
  // Two for each page: the live channel and the pictures.
  socketsPerSession: 40,
  sockets: 256,
  connections: 512,
  // Browsers keep a connection in reserve for 10 s: one that they may still use must not be closed.
  headersWithin: seconds(20),
  requestsPerMinute: 1_200,
  liveBacklog: 1024 * 1024,
  mediaBacklog: 2 * 1024 * 1024,
};

/** A request body, bytes. */
export const bodyLimit = 64 * 1024;

/** WebRTC viewers (WHEP, RFC 9725): an SDP offer comes in, the answer goes out, and the Location ends the viewing. */
import { GatewayError } from '../../domain/errors.ts';
import type { ChannelId } from '../../domain/ids.ts';
import { seconds } from '../../domain/time.ts';
import { accessOf } from '../access.ts';
import type { Gate } from '../gate.ts';
import { type Caller, callerOf, type Route, route } from '../route.ts';
import { idText, z } from '../schemas/pieces.ts';
import type { RouteParts } from './parts.ts';

const params = z.object({ id: idText<ChannelId>() });
const query = z.object({
  profile: z.enum(['main', 'sub']).default('sub'),
  purpose: z.enum(['alarm', 'patrol', 'local']).default('local'),
});
const session = z.object({ session: z.uuid() });
const offerRoute = 'POST /media/v1/channels/:id/whep';

/** Who watches by WebRTC: packets go beside the connection that asked for them, so that somebody must look when its session ends. */
export class WhepVisitors {
  readonly #desk: RouteParts['webrtc'];
  readonly #callers = new Map<string, Caller>();

  constructor(desk: RouteParts['webrtc']) {
    this.#desk = desk;
  }

  note(viewer: string, caller: Caller): void {
    this.#callers.set(viewer, caller);
  }

  /** Ends a viewer of the caller's own. Throws NOT_FOUND. */
  end(viewer: string, caller: Caller): void {
    if (this.#callers.get(viewer)?.user.id !== caller.user.id) throw new GatewayError('NOT_FOUND', 'There is no such viewer.');
    this.#forget(viewer, 'the page has left');
  }

  /** Ends those whose session has ended, until aborted; then all. */
  async run(gate: Gate, clock: RouteParts['clock'], signal: AbortSignal): Promise<void> {
    const access = accessOf(offerRoute);
    while (!signal.aborted) {
      await clock.sleep(seconds(2), signal).catch(() => undefined); // aborted: the loop ends
      for (const [viewer, caller] of this.#callers) {
        if (!this.#desk?.has(viewer)) this.#callers.delete(viewer);
        else if (signal.aborted || !gate.stands(caller, access)) this.#forget(viewer, 'the session has ended');
      }
    }
  }

  #forget(viewer: string, reason: string): void {
    this.#callers.delete(viewer);
    this.#desk?.end(viewer, reason);
  }
}

export function whepRoutes({ inventory, webrtc }: RouteParts, visitors: WhepVisitors): readonly Route[] {
  return [
    route<z.output<typeof params>, z.output<typeof query>, string>({
      method: 'POST',
      path: '/media/v1/channels/:id/whep',
      summary: 'Watch by WebRTC: an SDP offer, answered with 201 and SDP',
      params,
      query,
      body: z
        .string()
        .min(1)
        .max(64 * 1024),
      bodyType: 'application/sdp',
      status: 201,
      async handle(incoming) {
        const {
          params: { id: channel },
          query: { profile, purpose },
          body: offer,
          http,
          response,
          signal,
        } = incoming;
        if (!webrtc) throw new GatewayError('NOT_FOUND', 'WebRTC is switched off on this gateway.');
        if (!inventory.current().channels.some(({ id }) => id === channel)) throw new GatewayError('NOT_FOUND', `There is no channel ${channel}.`);
        const local = isLoopback(http.socket.remoteAddress ?? '');
        const answered = await webrtc.answer({ channel, profile, purpose, offer, local }, signal);
        visitors.note(answered.session, callerOf(incoming));
        response.status(201).set({ 'Content-Type': 'application/sdp', Location: `/media/v1/whep/${answered.session}`, 'Cache-Control': 'no-store' });
        response.send(answered.sdp);
      },
    }),
    route<z.output<typeof session>>({
      method: 'DELETE',
      path: '/media/v1/whep/:session',
      summary: 'End a WebRTC viewer',
      params: session,
      status: 200,
      handle: (incoming) => visitors.end(incoming.params.session, callerOf(incoming)),
    }),
  ];
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

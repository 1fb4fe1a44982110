/** How one track travels to a viewer: what the Transport header asks for (RFC 2326 §12.39), and what is answered. */

export interface TcpLane {
  readonly kind: 'tcp';
  /** Interleaved channels. */
  readonly rtp: number;
  readonly rtcp: number;
}

export interface UdpLane {
  readonly kind: 'udp';
  /** The viewer's own ports; the address is that of its connection, whatever the header says: nobody can have packets sent to others. */
  readonly rtp: number;
  readonly rtcp: number;
}

export type Lane = TcpLane | UdpLane;

/** The first transport in the list that we can serve; undefined: none. `udp`: may it be UDP? `usual`: the channel where none is asked for. */
export function chooseLane(header: string | undefined, { udp, usual }: { readonly udp: boolean; readonly usual: number }): Lane | undefined {
  for (const offer of (header ?? '').split(',')) {
    const parts = offer.split(';').map((part) => part.trim());
    if (parts.some((part) => /^multicast$/i.test(part))) continue;
    const profile = (parts[0] ?? '').toUpperCase();
    const lane = profile === 'RTP/AVP/TCP' ? tcpLane(parts, usual) : udp && /^RTP\/AVP(\/UDP)?$/.test(profile) ? udpLane(parts) : undefined;
    if (lane) return lane;
  }
  return undefined;
}

/** The Transport header of the answer. */
export function laneText(lane: Lane, server: { readonly rtp: number; readonly rtcp: number } | undefined): string {
  if (lane.kind === 'tcp') return `RTP/AVP/TCP;unicast;interleaved=${lane.rtp}-${lane.rtcp}`;
  return `RTP/AVP;unicast;client_port=${lane.rtp}-${lane.rtcp};server_port=${server?.rtp}-${server?.rtcp}`;
}

function tcpLane(parts: readonly string[], usual: number): TcpLane | undefined {
  const [rtp, rtcp] = pairOf(parts, 'interleaved') ?? [usual, usual + 1];
  return rtp <= 255 && rtcp <= 255 && rtp !== rtcp ? { kind: 'tcp', rtp, rtcp } : undefined;
}

function udpLane(parts: readonly string[]): UdpLane | undefined {
  const [rtp, rtcp] = pairOf(parts, 'client_port') ?? [0, 0];
  return rtp >= 1_024 && rtcp >= 1_024 && rtp <= 65_535 && rtcp <= 65_535 && rtp !== rtcp ? { kind: 'udp', rtp, rtcp } : undefined;
}

function pairOf(parts: readonly string[], name: string): readonly [number, number] | undefined {
  const match = parts.map((part) => new RegExp(`^${name}=(\\d{1,5})(?:-(\\d{1,5}))?$`, 'i').exec(part)).find((found) => found !== null);
  return match ? [Number(match[1]), Number(match[2] ?? Number(match[1]) + 1)] : undefined;
}

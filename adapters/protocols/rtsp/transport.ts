/** The Transport header (RFC 2326 §12.39) as we ask and as cameras answer. */

interface ChannelPair {
  readonly rtp: number;
  readonly rtcp: number;
}

export interface TransportAnswer {
  /** Interleaved channels; they need not be the ones that were asked for (onvif-rtsp §3.2 quirk 12). */
  readonly channels?: ChannelPair;
  /** UDP ports of the camera. */
  readonly serverPorts?: ChannelPair;
  readonly ssrc?: number;
  readonly multicast: boolean;
}

export function interleavedOffer(channel: number): string {
  return `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`;
}

export function datagramOffer(port: number): string {
  return `RTP/AVP;unicast;client_port=${port}-${port + 1}`;
}

/** Everything else in it, the name of the transport too, is not looked at: several cameras answer `RTP/AVP` for TCP. */
export function readTransport(header: string): TransportAnswer {
  const channels = pairOf(header, 'interleaved');
  const serverPorts = pairOf(header, 'server_port');
  // Hikvision sends spaces after "=", or what is no number at all (quirk 8).
  const ssrc = /\bssrc\s*=\s*([0-9a-f]{1,8})\s*(?:[;,]|$)/i.exec(header)?.[1];
  return {
    ...(channels ? { channels } : {}),
    ...(serverPorts ? { serverPorts } : {}),
    ...(ssrc === undefined ? {} : { ssrc: Number.parseInt(ssrc, 16) }),
    multicast: /\bmulticast\b/i.test(header),
  };
}

function pairOf(header: string, name: string): ChannelPair | undefined {
  const match = new RegExp(`\\b${name}\\s*=\\s*(\\d{1,5})(?:\\s*-\\s*(\\d{1,5}))?`, 'i').exec(header);
  if (!match) return undefined;
  const rtp = Number(match[1]);
  return { rtp, rtcp: Number(match[2] ?? rtp + 1) };
}

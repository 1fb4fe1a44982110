/** The two ways in which a simulated camera sends one track: within the RTSP connection, and by UDP. */
import type { Socket } from 'node:net';
import { writeFrame } from '../../adapters/protocols/rtsp/scanner.ts';
import type { UdpPorts } from '../../adapters/protocols/rtsp/udp-ports.ts';
import type { TrackOutlet } from './track-sender.ts';

export interface Line extends TrackOutlet {
  /** The Transport that answers SETUP, without its SSRC. */
  readonly transport: string;
  readonly overTcp: boolean;
  close(): void;
}

/** What a connection may owe at most: several GOPs of any profile. */
const mostOwed = 4 * 1024 * 1024;

export interface LineSurroundings {
  readonly socket: Socket;
  readonly ports: UdpPorts;
  /** TCP is refused. */
  readonly withoutTcp: boolean;
  /** The connection has taken too little for too long. */
  readonly tooSlow: () => void;
  /** RTCP came by UDP. */
  readonly reported: () => void;
}

/** The first of the offers that can be met; undefined: none can. */
export async function openLine(offers: string, around: LineSurroundings): Promise<Line | undefined> {
  for (const offer of offers.split(',')) {
    const pair = (name: string) => {
      const asked = new RegExp(`${name}=(\\d{1,5})(?:-(\\d{1,5}))?`, 'i').exec(offer);
      return asked ? { rtp: Number(asked[1]), rtcp: Number(asked[2] ?? Number(asked[1]) + 1) } : undefined;
    };
    if (/^\s*RTP\/AVP\/TCP\b/i.test(offer)) {
      if (around.withoutTcp) continue;
      const { rtp, rtcp } = pair('interleaved') ?? { rtp: 0, rtcp: 1 };
      if (rtp <= 255 && rtcp <= 255 && rtp !== rtcp) return interleaved({ rtp, rtcp }, around);
    } else if (/^\s*RTP\/AVP(?:\/UDP)?\s*;/i.test(offer) && !/multicast/i.test(offer)) {
      const target = pair('client_port');
      if (target && target.rtp > 0 && target.rtcp <= 65_535) return datagrams(target, around);
    }
  }
  return undefined;
}

interface Pair {
  readonly rtp: number;
  readonly rtcp: number;
}

function interleaved({ rtp, rtcp }: Pair, { socket, tooSlow }: LineSurroundings): Line {
  const send = (bytes: Buffer) => {
    if (socket.writableLength > mostOwed) tooSlow();
    else socket.write(bytes);
  };
  return {
    transport: `RTP/AVP/TCP;unicast;interleaved=${rtp}-${rtcp}`,
    overTcp: true,
    rtp: (burst) => send(burst.framed(rtp)),
    rtcp: (packet) => send(writeFrame(rtcp, packet)),
    close: () => undefined, // the connection goes with the session
  };
}

/** To the address from which the session was opened. */
async function datagrams(target: Pair, { socket, ports, reported }: LineSurroundings): Promise<Line> {
  const { localAddress = '127.0.0.1', remoteAddress = '127.0.0.1' } = socket;
  const { port, rtp, rtcp, close } = await ports.open(localAddress);
  rtcp.on('message', reported);
  return {
    transport: `RTP/AVP;unicast;client_port=${target.rtp}-${target.rtcp};server_port=${port}-${port + 1}`,
    overTcp: false,
    rtp: (burst) => {
      for (const packet of burst.packets) rtp.send(packet, target.rtp, remoteAddress);
    },
    rtcp: (packet) => rtcp.send(packet, target.rtcp, remoteAddress),
    close,
  };
}

/** The way out to one receiver of program streams in RTP (GB/T 28181 annex C): by UDP, by a connection of ours, or by one of its own. */
import { randomInt } from 'node:crypto';
import type { RtpOrder } from '../../gateway/domain/media.ts';
import type { RtpExit } from '../../gateway/domain/media-ports.ts';
import { PsPacketiser } from '../protocols/rtp/ps-packetiser.ts';
import { callingExit, listeningExit } from './rtp-exit-tcp.ts';
import { type ExitTools, udpExit } from './rtp-exit-udp.ts';

export type ExitOrder = Pick<RtpOrder, 'way' | 'local' | 'ssrc' | 'payloadType'>;

/** Throws MEDIA_UNAVAILABLE where no port is free. */
export async function openRtpExit({ way, local, ssrc, payloadType }: ExitOrder, around: Omit<ExitTools, 'packetiser'>): Promise<RtpExit> {
  const transport = way.transport === 'udp' ? 'udp' : 'tcp';
  const packetiser = new PsPacketiser({ ssrc, payloadType, transport, sequence: randomInt(0x1_0000) });
  const tools = { ...around, packetiser };
  switch (way.transport) {
    case 'udp':
      return udpExit(way.remote, local, tools);
    case 'tcp-active':
      return callingExit(way.remote, local.address, tools);
    case 'tcp-passive':
      return listeningExit(way.from, local, tools);
  }
}

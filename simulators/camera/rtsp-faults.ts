/** The named RTSP faults of a simulated camera: what real ones do, with the number of the quirk in onvif-rtsp §3.2. Only what they change is here. */
import { writeSenderReport } from '../../adapters/protocols/rtp/rtcp.ts';

export const rtspFaults = [
  /** Over TCP it sends nothing: SETUP is answered with 461. */
  'tcp-refused',
  /** Over TCP it sends nothing, though it says that it will. */
  'tcp-mute',
  /** 1: It hangs up unless something is asked every twelfth part of the timeout that it names (5 of 60 s). */
  'impatient-session',
  /** 2: Keepalives are not answered. */
  'keepalive-unanswered',
  /** 3: GET_PARAMETER is listed; asked for, it is 454 and the end of the session. */
  'get-parameter-kills',
  /** 7: After a SETUP that was refused, the connection answers everything with 401. */
  'describe-again',
  /** 8: The SSRC in Transport has spaces, or is no number. */
  'crooked-ssrc',
  /** 9: The Digest challenge names an algorithm that nobody knows. */
  'odd-algorithm',
  /** 10: DESCRIBE is 401 for whoever does not name himself. */
  'user-agent-wanted',
  /** 13: Packets of an old session come with those of the new one. */
  'old-session-data',
  /** 14: Content-Base without scheme, with two, or with an IPv4 address as an IPv6 one; in turn. */
  'crooked-content-base',
  /** 15: Control addresses are on another host. */
  'control-elsewhere',
  /** 16, 17: The SDP has two names, broken c= and o=, a folded fmtp and a medium of the maker's own. */
  'crooked-sdp',
  /** 18: Start codes in the sprop and within the packets. */
  'start-codes',
  /** 19: The marker is set on parameter sets too. */
  'early-marker',
  /** 22: RTP-Info is always 0, and reports of a foreign SSRC come with every picture. */
  'crooked-rtp-info',
  /** 28: Each SETUP gives another session, of which the newest counts; DESCRIBE has no Content-Type. */
  'shifting-session',
] as const;

export type RtspFault = (typeof rtspFaults)[number];

/** Nobody is there (RFC 5737). */
const elsewhere = 'rtsp://203.0.113.9:554';

export function crookedSsrc(ssrc: string): string {
  return ` ${ssrc.slice(0, 4)} ${ssrc.slice(4)}zz`;
}

export const oddAlgorithm = 'TP-LINK';

export function oddChallenges(challenges: readonly string[]): string[] {
  return challenges
    .filter((challenge) => challenge.includes('MD5'))
    .map((challenge) => challenge.replace('algorithm=MD5', `algorithm="${oddAlgorithm}"`));
}

/** As `base`, in the way of the `turn`. */
export function crookedBase(base: string, turn: number): string {
  const rest = base.replace(/^rtsp:\/\//, '');
  const ways = [rest, `rtsp://${base}`, `rtsp://::ffff:${rest}`];
  return ways[turn % ways.length]!;
}

export function controlElsewhere(sdp: string, path: string): string {
  return sdp.replace(/a=control:(trackID=\d)/g, `a=control:${elsewhere}/${path}/$1`);
}

export function crookedSdp(sdp: string): string {
  const folded = sdp.replace(/^(a=fmtp:\d+ [^;]+;)(.*)$/m, '$1\r\n $2');
  const named = folded
    .replace(/^o=.*$/m, 'o=- 1')
    .replace(/^c=.*$/m, 'c=IN IP4')
    .replace(/^(s=.*)$/m, '$1\r\ns=again');
  return `${named}m=application/TP-LINK 0 RTP/AVP smart/1/90000\r\na=rtpmap:95 TP-LINK/90000\r\na=control:track9\r\n`;
}

/** The parameter sets as Revotech writes them. */
export function startCodesInSets(sdp: string): string {
  const starting = (set: string) => Buffer.concat([Buffer.of(0, 0, 0, 1), Buffer.from(set, 'base64')]).toString('base64');
  return sdp.replace(
    /(sprop-[a-z]+(?:-[a-z]+)*=)([A-Za-z0-9+/=,]+)/g,
    (_, name: string, sets: string) => name + sets.split(',').map(starting).join(','),
  );
}

/** A whole picture as if it were one unit, with start codes within, as V380 sends it. */
export function asOneUnit(nals: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(nals.flatMap((nal, index) => (index === 0 ? [nal] : [Buffer.of(0, 0, 0, 1), nal])));
}

/** The same packets as another session had sent them: other SSRC, other numbers, pictures of another time. */
export function packetsOfOldSession(packets: readonly Buffer[]): Buffer[] {
  return packets.map((packet) => {
    const old = Buffer.from(packet);
    old.writeUInt16BE((packet.readUInt16BE(2) + 30_000) & 0xffff, 2);
    old.writeUInt32BE((packet.readUInt32BE(4) + 900_000_000) >>> 0, 4);
    old.writeUInt32BE((packet.readUInt32BE(8) ^ 0xffffffff) >>> 0, 8);
    return old;
  });
}

/** Of 1970, and of nobody. */
export function foreignReport(ssrc: number): Buffer {
  return writeSenderReport({ ssrc: (ssrc ^ 0xffffffff) >>> 0, wallClock: 0, rtpTimestamp: 0, packets: 0, octets: 0 });
}

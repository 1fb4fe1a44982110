/** INVITEs of platforms: what is taken for an offer can be answered, sent to or refused, and shown in the call ladder. */
import { isIP } from 'node:net';
import { readDatagram } from '../../../adapters/protocols/sip/read.ts';
import { maySendTo } from '../../../adapters/uplinks/gb28181/destinations.ts';
import { readOffer, sameMedia } from '../../../adapters/uplinks/gb28181/live/offer.ts';
import { WhoMaySpeak } from '../../../adapters/uplinks/gb28181/who-may-speak.ts';
import { fixture } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const receivers = new WhoMaySpeak(['192.0.2.0/24', '2001:db8::/32']);
const offers = ['play-udp', 'play-tcp-passive-wvp', 'play-srs', 'download-wvp', 'broadcast'];

export const gbOfferTarget: FuzzTarget = {
  name: 'gb-offer',
  longest: 16 * 1024,
  words: [
    'Subject: ',
    ':0200000001,',
    ':0\r\n',
    's=Play',
    'c=IN IP4 192.0.2.10',
    'c=IN IP6 ',
    'TCP/RTP/AVP',
    'a=setup:active',
    'a=sendonly',
    'y=',
    'PS/90000',
  ],
  seeds() {
    const invite = fixture('sip/gb28181/invite.sip');
    const [head = ''] = invite.toString('latin1').split('\r\n\r\n');
    const bare = head.replace(/\r\nContent-Length: \d+/, '');
    return [
      invite,
      fixture('sip/captured/wvp-invite.sip'),
      ...offers.map((name) => Buffer.concat([Buffer.from(`${bare}\r\n\r\n`), fixture(`sip/gb28181/${name}.sdp`)])),
    ];
  },
  run(input) {
    const { message, problem } = readDatagram(input);
    if (problem || message.kind === 'response') return;
    const offer = readOffer(message);
    if ('status' in offer) {
      must([400, 413, 488].includes(offer.status), 'what is no offer is refused as such', () => offer);
      return;
    }
    const { session, codes, payloadType, profile, stream } = offer;
    must(isIP(session.address) !== 0, 'an address is one', () => session.address);
    must(session.transport === 'tcp-active' || (session.port > 0 && session.port < 65_536), 'a port is one', () => session.port);
    must(payloadType >= 0 && payloadType < 128, 'a payload type has seven bits', () => payloadType);
    must(session.streamNumber ? profile === 'sub' : profile === 'main', 'a stream above 0 is the sub-stream', () => session.streamNumber);
    must(
      codes.every((code) => code !== ''),
      'a code is never empty',
      () => codes,
    );
    must(stream === undefined || stream.length <= 129, 'a stream has a short name', () => stream);
    must(sameMedia(session, session), 'an offer asks for the same as itself', () => session);
    // Neither may throw, and what may be received may be sent to.
    const heard = receivers.check(session.address);
    must(
      !heard || maySendTo(session.address, { remote: '192.0.2.10', local: '198.51.100.1' }),
      'a network of hosts holds hosts',
      () => session.address,
    );
  },
};

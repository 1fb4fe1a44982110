/** Offers and answers of GB/T 28181, and the Subject that comes with them. */
import { readdirSync } from 'node:fs';
import { parseGbSession, writeGbSession } from '../../../adapters/protocols/sdp/gb-session.ts';
import { parseSubject, writeSubject } from '../../../adapters/protocols/sip/subject.ts';
import { fixture, textOf } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

export const gbSessionTarget: FuzzTarget = {
  name: 'gb-session',
  seeds: () =>
    readdirSync(new URL('../../fixtures/sip/gb28181/', import.meta.url))
      .filter((name) => name.endsWith('.sdp'))
      .map((name) => fixture(`sip/gb28181/${name}`)),
  longest: 16 * 1024,
  words: [
    '\r\ny=',
    '\r\nf=v/2/6/25/2/4096a/1/8/1',
    '\r\nu=',
    '\r\nt=',
    'a=setup:',
    'active',
    'passive',
    'TCP/RTP/AVP',
    'a=rtpmap:96 PS/90000',
    'IN IP4 192.0.2.1',
    'a=streamnumber:',
  ],
  run(input) {
    const subject = parseSubject(textOf(input.subarray(0, 200)));
    if (subject)
      must(JSON.stringify(parseSubject(writeSubject(subject))) === JSON.stringify(subject), 'a subject comes back as it was', () => subject);
    const session = parseGbSession(input);
    must(session.ssrc === undefined || (session.ssrc > 0 && session.ssrc < 2 ** 32), 'an SSRC has 32 bits', () => session.ssrc);
    const again = parseGbSession(writeGbSession(session));
    must(JSON.stringify(again) === JSON.stringify(session), 'what is written says what was read', () => [session, again]);
  },
};

/** Digest challenges of cameras, our answers, and our own door. Lines are WWW-Authenticate headers; the last one goes to the door. */
import { answerChallenge, DigestDoor, parseChallenges } from '../../../adapters/protocols/digest.ts';
import { textOf } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const seeds = [
  'Digest realm="IP Camera(12345)", nonce="4e544d3a", stale="FALSE"\nBasic realm="IP Camera(12345)"',
  'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41", algorithm=SHA-256',
  'digest nonce=abc==,realm=x, algorithm=""\nDigest username="Mufasa", realm="camera", nonce="a.b", uri="/dir", response="6629fae49393a05397450978507c4ef1", qop=auth, nc=00000001, cnonce="0a4f113b"',
];
const door = new DigestDoor({ realm: 'camera', now: () => 1_760_000_000_000 });
const mostNames = 60;

export const digestTarget: FuzzTarget = {
  name: 'digest',
  seeds: () => seeds.map((text) => Buffer.from(text)),
  longest: 64 * 1024,
  allows: () => false,
  words: ['Digest ', 'realm="', 'nonce="', 'qop="auth"', 'algorithm=', 'SHA-256-sess', 'MD5', 'opaque="', 'stale=true', '", ', 'x'.repeat(3_000)],
  run(input) {
    const headers = textOf(input).split('\n').slice(0, 128);
    const challenges = parseChallenges(headers);
    const answer = answerChallenge(challenges, { username: 'admin', password: 'secret', method: 'DESCRIBE', uri: '/', count: 1, cnonce: 'c' });
    if (answer !== undefined) must(!/[\r\n]/.test(answer), 'an answer is one line', () => answer);
    const forged = door.verify(headers.at(-1), 'DESCRIBE', () => 'secret');
    must(forged === undefined, 'nobody comes in who does not know our key', () => forged);
    // Hashing costs more than all the rest.
    if (input.length % 4 !== 0) return;
    const username = headers[0]!.slice(0, mostNames).replaceAll('\r', '');
    const honest = answerChallenge(parseChallenges(door.challenge()), { username, password: 'secret', method: 'PLAY', uri: '/', count: 1 });
    const entered = door.verify(honest, 'PLAY', () => 'secret');
    must(typeof entered === 'object' && entered.username === username, 'whoever knows the password comes in, whatever the name', () => [
      username,
      entered,
    ]);
  },
};

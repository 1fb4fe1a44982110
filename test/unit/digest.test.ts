import { expect, test } from 'vitest';
import { type Attempt, answerChallenge, DigestDoor, parseChallenges } from '../../adapters/protocols/digest.ts';

const mufasa: Attempt = { username: 'Mufasa', password: 'Circle Of Life', method: 'GET', uri: '/dir/index.html', count: 1, cnonce: '0a4f113b' };
const rfc2617 = 'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';

test('D6, the example of RFC 2617 §3.5, is answered as printed there, opaque echoed', () => {
  const header = answerChallenge(parseChallenges(`Digest realm="testrealm@host.com", qop="auth,auth-int", ${rfc2617}`), mufasa);
  expect(header).toContain('response="6629fae49393a05397450978507c4ef1"');
  expect(header).toContain('opaque="5ccc069c403ebaf9f0171e9517f40e41"');
  expect(header).toContain('qop=auth, nc=00000001, cnonce="0a4f113b"');
  expect(header).not.toContain('algorithm');
});

test('without qop the old formula of RFC 2069 is used', () => {
  const header = answerChallenge(parseChallenges(`Digest realm="testrealm@host.com", ${rfc2617}`), mufasa);
  // MD5(MD5(Mufasa:testrealm@host.com:Circle Of Life):nonce:MD5(GET:/dir/index.html)), from Python's hashlib.
  expect(header).toContain('response="670fd8c2df070c60b045671b8b24ff02"');
  expect(header).not.toContain('nc=');
});

test('challenges are read as cameras write them', () => {
  const read = (header: string | readonly string[]) =>
    parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
  expect(read('Digest realm="Gate, north", nonce="YWJjZA==", qop="auth"')).toEqual([
    ['digest', { realm: 'Gate, north', nonce: 'YWJjZA==', qop: 'auth' }],
  ]);
  expect(read('Digest realm=cam,nonce=YWJjZA==,qop=auth')).toEqual([['digest', { realm: 'cam', nonce: 'YWJjZA==', qop: 'auth' }]]);
  expect(read('digest qop="auth", nonce="n", realm="a \\"b\\""')).toEqual([['digest', { qop: 'auth', nonce: 'n', realm: 'a "b"' }]]);
  expect(read('Digest realm="a", nonce="1", algorithm=MD5, Digest realm="a", nonce="2", algorithm=SHA-256, Basic realm="a"')).toHaveLength(3);
  expect(read(['Negotiate', 'Digest realm="a", nonce="1"', 'NTLM TlRMTVNTUAAC='])).toContainEqual(['digest', { realm: 'a', nonce: '1' }]);
  expect(read('Digest realm="never closed, nonce="1"')).toHaveLength(1);
  expect(read('')).toEqual([]);
});

test('a vendor algorithm is taken for MD5, a known one that we lack is not answered', () => {
  const answer = (algorithm: string) => answerChallenge(parseChallenges(`Digest realm="r", nonce="n", algorithm=${algorithm}`), mufasa);
  expect(answer('""')).toContain('Digest ');
  expect(answer('TPLINK')).toContain('algorithm="TPLINK"');
  expect(answer('md5')).toContain('algorithm=MD5');
  expect(answer('SHA-512-256')).toBeUndefined();
  expect(answer('MD5-sess')).toBeUndefined();
});

test('the strongest challenge wins, and UTF-8 passwords open the door', () => {
  const door = new DigestDoor({ realm: '门卫 "1"', now: () => 1_760_000_000_000 });
  const header = answerChallenge(parseChallenges(door.challenge().reverse()), { ...mufasa, password: '校园<&>%@' })!;
  expect(header).toContain('algorithm=SHA-256');
  expect(door.verify(header, 'GET', () => '校园<&>%@')).toEqual({ username: 'Mufasa', uri: '/dir/index.html' });
  expect(door.verify(header, 'GET', () => '校园')).toBeUndefined();
  expect(door.verify(undefined, 'GET', () => 'x')).toBeUndefined();
  expect(door.verify('Basic TXVmYXNhOng=', 'GET', () => 'x')).toBeUndefined();
});

test('a door that refuses replays lets each count of a nonce in once', () => {
  const door = new DigestDoor({ realm: 'r', now: () => 5, refuseReplays: true, algorithms: ['MD5'] });
  const challenges = parseChallenges(door.challenge());
  const at = (count: number) => door.verify(answerChallenge(challenges, { ...mufasa, count }), 'GET', () => 'Circle Of Life');
  expect(at(1)).toMatchObject({ username: 'Mufasa' });
  expect(at(1)).toBe('stale');
  expect(at(3)).toMatchObject({ username: 'Mufasa' });
  expect(at(2)).toBe('stale');
});

test('a nonce that the door did not make, or made for another door, opens nothing', () => {
  const now = () => 5;
  const [one, other] = [new DigestDoor({ realm: 'r', now }), new DigestDoor({ realm: 'r', now })];
  const header = answerChallenge(parseChallenges(other.challenge()), mufasa);
  expect(one.verify(header, 'GET', () => 'Circle Of Life')).toBeUndefined();
});

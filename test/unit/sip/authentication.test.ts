/** Digest in SIP: the vectors of gb28181 §10.2, and challenges as registrars write them. */
import { createHash, getHashes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answerChallenge, DigestDoor, parseChallenges } from '../../../adapters/protocols/digest.ts';
import { answerRefusal, isStale } from '../../../adapters/protocols/sip/authentication.ts';
import { noBody, type SipResponse } from '../../../adapters/protocols/sip/message.ts';
import { readDatagram } from '../../../adapters/protocols/sip/read.ts';

const credentials = { username: '34020000001180000001', password: '12345678', cnonce: '0a4f113b' };
const nonce = '0123456789abcdef0123456789abcdef';
const uri = 'sip:34020000002000000001@3402000000';

function refusal(status: number, ...challenges: readonly string[]): SipResponse {
  const name = status === 407 ? 'Proxy-Authenticate' : 'WWW-Authenticate';
  return { kind: 'response', status, reason: '', headers: challenges.map((value) => ({ name, value })), body: noBody };
}

const answered = (challenge: string, at = uri) => answerRefusal(refusal(401, challenge), { method: 'REGISTER', uri: at }, credentials)?.value;

describe('the vectors', () => {
  test.each([
    ['D1', '', uri, 'bd220cf6f89c6226853f795387c84f66'],
    ['D2', '', 'sip:34020000002000000001@192.0.2.10:5060', 'bea3abe437b3e6d35f4c045116ca896e'],
    ['D3', ',qop="auth"', uri, 'ad310e5bfb0ab0cfd84e18980faf9117'],
    ['D4', ',qop="auth"', 'sip:34020000002000000001@192.0.2.10:8116', '190f5eb25cb644b5f3cbce8f3f27589e'],
    ['D5', ',algorithm=SHA-256', uri, '4eae85f880f994179d8e7d0cee90172066084c1011102807e3c94188e470065d'],
  ])('%s', (_, extra, at, response) => {
    const value = answered(`Digest realm="3402000000",nonce="${nonce}"${extra}`, at);
    expect(value).toContain(`response="${response}"`);
    expect(value).toContain(`uri="${at}"`);
  });

  test('D7, the SHA-256 example of RFC 7616 §3.9.1', () => {
    const challenge =
      'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
    const value = answerChallenge(parseChallenges(challenge), {
      username: 'Mufasa',
      password: 'Circle of Life',
      method: 'GET',
      uri: '/dir/index.html',
      count: 1,
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    });
    expect(value).toContain('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"');
  });

  test('D8, of GA/T 1400', () => {
    const value = answerChallenge(parseChallenges(`Digest realm="viid", qop="auth", nonce="${nonce}"`), {
      username: '34020000001190000001',
      password: '12345678',
      method: 'POST',
      uri: '/VIID/System/Register',
      count: 1,
      cnonce: '0a4f113b',
    });
    expect(value).toContain('response="e8883f36550b499457662faf7ed198ed"');
  });

  test.runIf(getHashes().includes('sm3'))('SM3, where this Node has it, is D9 applied like any other hash', () => {
    const h = (text: string) => createHash('sm3').update(text).digest('hex');
    expect(h('abc')).toBe('66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0');
    const value = answered(`Digest realm="3402000000", nonce="${nonce}", algorithm=SM3`);
    expect(value).toContain(`response="${h(`${h('34020000001180000001:3402000000:12345678')}:${nonce}:${h(`REGISTER:${uri}`)}`)}"`);
    expect(value).toContain('algorithm=SM3');
  });
});

describe('a challenge', () => {
  test('of a running platform is answered with a count of one, and without quotes where none belong', () => {
    const { message } = readDatagram(readFileSync(new URL('../../fixtures/sip/gb28181/unauthorized-wvp.sip', import.meta.url)));
    if (message.kind === 'request') throw new Error('It is a request.');
    const value = answerRefusal(message, { method: 'REGISTER', uri }, credentials)?.value;
    expect(value).toMatch(/algorithm=MD5, qop=auth, nc=00000001, cnonce="0a4f113b"$/);
    expect(value).toContain('response="ad310e5bfb0ab0cfd84e18980faf9117"');
    expect(isStale(message)).toBe(false);
  });

  test.each([
    `digest realm="3402000000" , nonce="${nonce}" , qop="auth,auth-int" , opaque="x" , stale=TRUE`,
    `Digest nonce="${nonce}",realm="3402000000",qop=auth,algorithm="MD5",stale="true"`,
  ])('is understood as others write it: %s', (challenge) => {
    expect(answered(challenge)).toContain('response="ad310e5bfb0ab0cfd84e18980faf9117"');
    expect(isStale(refusal(401, challenge))).toBe(true);
  });

  test('of several is answered where it is strongest; of a proxy, to the proxy', () => {
    const challenges = [
      `Digest realm="r", nonce="1", algorithm=MD5`,
      `Digest realm="r", nonce="2", algorithm=SHA-256`,
      'Capability algorithm="A:SM2"',
    ];
    expect(answerRefusal(refusal(407, ...challenges), { method: 'INVITE', uri }, credentials)).toMatchObject({
      name: 'Proxy-Authorization',
      value: expect.stringContaining('nonce="2"'),
    });
  });

  test('that never shows the password in clear text is the only one that is answered', () => {
    expect(answered('Basic realm="r"')).toBeUndefined();
    expect(answered('Unidirection algorithm="A:SM2", random1="x"')).toBeUndefined();
    expect(answerRefusal(refusal(401), { method: 'REGISTER', uri }, credentials)).toBeUndefined();
  });
});

test('a door without qop challenges as many registrars do, and lets in whoever answers, by the uri of the header (quirk 3)', () => {
  const door = new DigestDoor({ realm: '3402000000', now: () => 5, algorithms: ['MD5'], qop: false });
  const [challenge = ''] = door.challenge(true);
  expect(challenge).not.toContain('qop');
  expect(isStale(refusal(401, challenge))).toBe(true);
  const domain = 'sip:34020000002000000001@3402000000';
  expect(door.verify(answered(challenge, domain), 'REGISTER', () => '12345678')).toEqual({ username: credentials.username, uri: domain });
  expect(door.verify(answered(challenge, domain), 'REGISTER', () => 'wrong')).toBeUndefined();
});

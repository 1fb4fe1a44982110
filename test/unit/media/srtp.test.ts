import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { RtpHeader, SrtpSession } from 'werift';
import { aeadAes128Gcm, masterKeyLength, masterSaltLength, SrtpSender } from '../../../adapters/protocols/srtp/gcm.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

test('protects the packet of RFC 7714 §16.1.1 as the RFC says', () => {
  const sender = SrtpSender.ofSession(bytes('000102030405060708090a0b0c0d0e0f'), bytes('517569642070726f2071756f'));
  const header = bytes('8040f17b 8041f8d3 5501a0b2');
  const payload = bytes('47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573');
  expect(sender.protect(header, payload)).toEqual(
    bytes(
      '8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce',
    ),
  );
});

test('is understood by an implementation of others, from the master key on and over the end of the sequence numbers', () => {
  const keys = { masterKey: randomBytes(masterKeyLength), masterSalt: randomBytes(masterSaltLength) };
  const sender = new SrtpSender(keys.masterKey, keys.masterSalt);
  const local = { localMasterKey: keys.masterKey, localMasterSalt: keys.masterSalt };
  const theirs = new SrtpSession({
    keys: { ...local, remoteMasterKey: keys.masterKey, remoteMasterSalt: keys.masterSalt },
    profile: aeadAes128Gcm,
  });
  for (let index = 0; index < 20; index += 1) {
    const header = new RtpHeader({ payloadType: 96, sequenceNumber: (65_530 + index) & 0xffff, timestamp: index * 3_600, ssrc: 77 });
    const payload = randomBytes(index * 50 + 1);
    const wire = sender.protect(header.serialize(12), payload);
    expect(theirs.decrypt(wire).subarray(12)).toEqual(payload);
  }
});

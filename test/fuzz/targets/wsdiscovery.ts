/** WS-Discovery datagrams, both directions. */
import { decodeProbe, decodeProbeMatches, encodeProbe, encodeProbeMatches } from '../../../adapters/protocols/wsdiscovery/message.ts';
import { type FuzzTarget, must } from '../target.ts';

const match = {
  endpoint: 'urn:uuid:1419d68a-1dd2-11b2-a105-000000000000',
  types: ['NetworkVideoTransmitter', 'Device'],
  scopes: ['onvif://www.onvif.org/type/video_encoder', 'onvif://www.onvif.org/name/HIK%20VISION'],
  addresses: ['http://192.168.1.64/onvif/device_service', 'http://[fe80::1]/onvif/device_service'],
  metadataVersion: 10,
};

export const wsDiscoveryTarget: FuzzTarget = {
  name: 'wsdiscovery',
  longest: 65_535,
  seeds: () => [
    encodeProbe({ messageId: 'urn:uuid:1', types: ['NetworkVideoTransmitter'] }),
    encodeProbeMatches({ messageId: 'urn:uuid:2', relatesTo: 'urn:uuid:1', matches: [match] }),
  ],
  run(input) {
    decodeProbe(input);
    const answer = decodeProbeMatches(input);
    if (!answer) return;
    must(answer.matches.length <= 64, 'matches are capped', () => answer.matches.length);
    for (const { types, scopes, addresses } of answer.matches) {
      must(Math.max(types.length, scopes.length, addresses.length) <= 64, 'words are capped');
    }
    const again = decodeProbeMatches(encodeProbeMatches(answer));
    must(again?.matches.length === answer.matches.length, 'what is written says what was read', () => [answer, again]);
  },
};

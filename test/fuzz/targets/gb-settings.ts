/** Settings of a police platform, as a person or a file gives them: those that are taken can be used without a surprise. */
import { isIP } from 'node:net';
import { gb28181 } from '../../../adapters/uplinks/gb28181/index.ts';
import { charsetOf, domainOf } from '../../../adapters/uplinks/gb28181/settings.ts';
import { wordsOf } from '../../../adapters/uplinks/gb28181/trouble.ts';
import { WhoMaySpeak } from '../../../adapters/uplinks/gb28181/who-may-speak.ts';
import { type FuzzTarget, must } from '../target.ts';

const platform = { code: '34020000002000000001', address: '192.0.2.10' };
const codes = { device: '34020000001180000001' };
const given = [
  { platform, codes },
  {
    ...{
      version: '2022',
      transport: 'tcp',
      charset: 'UTF-8',
      platform: { ...platform, port: 5_061, domain: 'a.b', alsoFrom: ['10.1.0.0/16', 'fe80::1'] },
    },
    ...{
      requestUri: 'address',
      username: 'school',
      realm: '3402000000',
      local: { address: '192.0.2.20', port: 0 },
      advertised: { address: '198.51.100.1' },
    },
    ...{ expires: 3_600, keepalive: { every: 20, misses: 3 }, codes: { ...codes, channels: { gate: '34020000001320000001' } }, share: ['gate'] },
    ...{
      catalogue: { tree: 'civil', regions: { '3402': '芜湖市' } },
      may: { move: false },
      media: { to: ['0.0.0.0/0'], ports: { from: 30_000, to: 30_100 }, most: 8 },
    },
    ...{ alarms: { ack: 'response', restores: true, mapping: { fire: { priority: 1 } } }, timeout: 10, window: 4 },
  },
];

export const gbSettingsTarget: FuzzTarget = {
  name: 'gb-settings',
  words: [
    '"alsoFrom":[',
    '"to":[',
    '::1%1',
    '::ffff:1.2.3.4',
    '/0',
    '/128',
    '\\r\\n',
    '\\u0000',
    '"username":"',
    '"interface":"eth0"',
    '__proto__',
    'constructor',
  ],
  seeds: () => given.map((settings) => Buffer.from(JSON.stringify(settings))),
  allows: (error) => error instanceof SyntaxError,
  run(input) {
    const parsed = gb28181.config.safeParse(JSON.parse(Buffer.from(input).toString()));
    if (!parsed.success) return;
    const settings = parsed.data;
    const again = gb28181.config.safeParse(settings);
    must(again.success && JSON.stringify(again.data) === JSON.stringify(settings), 'settings that were taken are taken again', () => settings);
    const list = new WhoMaySpeak([...settings.platform.alsoFrom, ...(settings.media.to ?? [])]);
    for (const address of settings.platform.alsoFrom)
      if (isIP(address) !== 0) must(list.check(address), 'an address that may speak is heard', () => address);
    must(domainOf(settings).length > 0 && charsetOf(settings).length > 0, 'there is a domain and a charset');
    must(!/[\r\n]/.test(wordsOf({ kind: 'silent', seconds: 1 }, settings).en), 'a sentence is one line');
    for (const text of [settings.username, settings.realm, settings.local.interface])
      must(!/\p{Cc}/u.test(text ?? ''), 'a name has no control characters', () => text);
  },
};

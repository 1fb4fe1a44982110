import { expect, test } from 'vitest';
import { browserAddresses } from '../../gateway/commands/common.ts';

test.each(['0.0.0.0', '::'])('a gateway that listens everywhere (%s) prints addresses that a browser can open', (address) => {
  const printed = browserAddresses({ address, port: 8443 });
  expect(printed.at(-1)).toBe('https://localhost:8443/');
  for (const url of printed) expect(new URL(url).hostname).not.toBe(address === '::' ? '[::]' : address);
});

test('one that listens at one address prints that', () => {
  expect(browserAddresses({ address: '192.0.2.5', port: 8443 })).toEqual(['https://192.0.2.5:8443/']);
  expect(browserAddresses({ address: 'fd00::5', port: 8443 })).toEqual(['https://[fd00::5]:8443/']);
});

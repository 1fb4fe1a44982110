/** One datagram of SIP, every value that is looked for in it, and what we write of it. */
import { readdirSync } from 'node:fs';
import { answerRefusal, isStale } from '../../../adapters/protocols/sip/authentication.ts';
import { parseDate } from '../../../adapters/protocols/sip/date.ts';
import { contactsOf, contentTypeOf, cseqOf, expiresOf, fromOf, routesOf, seenAs, topViaOf, viasOf } from '../../../adapters/protocols/sip/fields.ts';
import { headerOf, textOf, writeMessage } from '../../../adapters/protocols/sip/message.ts';
import { parseNameAddr, writeNameAddr } from '../../../adapters/protocols/sip/name-addr.ts';
import { readDatagram } from '../../../adapters/protocols/sip/read.ts';
import { parseUri } from '../../../adapters/protocols/sip/uri.ts';
import { markedVia, parseVia, writeVia } from '../../../adapters/protocols/sip/via.ts';
import { prototypeNames } from '../shared/prototype-names.ts';
import { fixture } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const folders = ['sip/rfc4475/', 'sip/rfc3665/', 'sip/gb28181/', 'sip/captured/'];
const source = { address: '198.51.100.7', port: 6_081 };

export const sipMessageTarget: FuzzTarget = {
  name: 'sip-message',
  seeds: () =>
    folders.flatMap((folder) =>
      readdirSync(new URL(`../../fixtures/${folder}`, import.meta.url))
        .filter((name) => /\.(?:sip|dat)$/.test(name))
        .map((name) => fixture(folder + name)),
    ),
  longest: 66_000,
  words: [
    'SIP/2.0',
    'SIP/2.0 200 OK\r\n',
    'z9hG4bK',
    ';rport',
    ';received=',
    'Content-Length: ',
    'l: ',
    'v: SIP/2.0/UDP ',
    '\r\n ',
    '\r\n\r\n',
    '<sip:',
    '>;tag=',
    ...prototypeNames,
  ],
  run(input) {
    const { message, problem } = readDatagram(input);
    const again = readDatagram(writeMessage(message));
    const same =
      JSON.stringify([again.message.headers, again.message.body.length]) ===
      JSON.stringify([withoutLength(message.headers, message.body.length), message.body.length]);
    must(same, 'what is written says what was read', () => [message.headers, again.message.headers]);
    for (const route of [...routesOf(message, 'Route'), ...routesOf(message, 'Record-Route')]) parseNameAddr(route);
    for (const contact of contactsOf(message)) parseUri(contact.uri);
    for (const text of viasOf(message)) parseVia(text);
    for (const look of [contentTypeOf, expiresOf, seenAs]) look(message);
    for (const name of ['Date', 'Subject']) parseDate(textOf(headerOf(message, name) ?? ''));
    if (message.kind === 'response' && input.length % 4 === 0) {
      isStale(message);
      const signed = answerRefusal(message, { method: 'REGISTER', uri: 'sip:a' }, { username: 'a', password: 'b' });
      must(!/[\r\n]/.test(signed?.value ?? ''), 'an answer is one line', () => signed);
    }
    if (problem) return;
    const [from, via, cseq] = [fromOf(message), topViaOf(message), cseqOf(message)];
    must(from !== undefined && via !== undefined && cseq !== undefined, 'a message without a problem can be answered');
    if (!from || !via) return;
    must(parseNameAddr(writeNameAddr(from))?.uri === from.uri, 'an address that is written is the one that was read', () => from);
    const marked = parseVia(writeVia(markedVia(via, source)));
    must(marked?.host === via.host && marked.port === via.port, 'a marked Via still names its sender', () => [via, marked]);
  },
};

function withoutLength(headers: readonly { readonly name: string; readonly value: string }[], length: number) {
  return [...headers.filter(({ name }) => name !== 'Content-Length'), { name: 'Content-Length', value: String(length) }];
}

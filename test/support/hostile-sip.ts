/** Malformed SIP messages of a platform, made from real ones by a seed; each kind with the answers that are right. */
import { readFileSync } from 'node:fs';
import { type Dice, diceFrom } from '../../simulators/platform/gb28181/dice.ts';

/** Final status, or none: it is dropped, over TCP with its connection. */
export type Verdict = number | 'dropped';

export interface HostileMessage {
  /** Kind and number. */
  readonly name: string;
  readonly bytes: Buffer;
  readonly udp: readonly Verdict[];
  readonly tcp: readonly Verdict[];
  /** Over TCP byte by byte, and never to the end. */
  readonly drips: boolean;
}

interface Message {
  readonly head: readonly string[];
  readonly body: Buffer;
}

interface Kind {
  readonly name: string;
  make(of: { readonly dice: Dice; readonly index: number; readonly unique: string }): Message | Buffer;
  readonly udp: readonly Verdict[];
  /** Where it is another than over UDP. */
  readonly tcp?: readonly Verdict[];
  readonly drips?: boolean;
}

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const invite = fixture('sip/gb28181/invite.sip');
const subscribe = fixture('sip/gb28181/subscribe.sip');
const keepalive = fixture('gb28181/manscdp/dahua-keepalive.xml');
const query = fixture('gb28181/manscdp/exosip-catalog-query.xml');

/** As it was captured, but for what would make it the repetition of another. */
function real(bytes: Buffer, unique: string): Message {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes
    .subarray(0, end)
    .toString('latin1')
    .split('\r\n')
    .map((line) => line.replace(/branch=\w+/, `branch=z9hG4bK${unique}`).replace(/^Call-ID: .*/, `Call-ID: ${unique}`));
  return { head, body: bytes.subarray(end + 4) };
}

/** The envelope of a SUBSCRIBE round another body. */
function message(unique: string, body: Buffer = query): Message {
  const { head } = real(subscribe, unique);
  return {
    head: head.filter((line) => !/^(Event|Expires|Contact):/.test(line)).map((line) => line.replace('SUBSCRIBE', 'MESSAGE')),
    body,
  };
}

const withLine = ({ head, body }: Message, ...lines: readonly string[]): Message => ({ head: [...head, ...lines], body });
const swapped = ({ head, body }: Message, name: string, line: string | undefined): Message => ({
  head: head.flatMap((one) => (one.startsWith(`${name}:`) ? (line === undefined ? [] : [line]) : [one])),
  body,
});
const asks = (text: string) => Buffer.from(`<?xml version="1.0" encoding="GB2312"?>\r\n${text}`);
const one = <Value>(dice: Dice, values: readonly Value[]): Value => values[dice.between(0, values.length - 1)]!;

function written({ head, body }: Message): Buffer {
  const said = head.some((line) => line.startsWith('Content-Length:'));
  return Buffer.concat([Buffer.from([...head, ...(said ? [] : [`Content-Length: ${body.length}`]), '', ''].join('\r\n'), 'latin1'), body]);
}

const exact = (made: Message): Message => swapped(made, 'Content-Length', undefined);
const anything: readonly Verdict[] = [200, 400, 404, 405, 413, 415, 416, 420, 481, 482, 488, 489, 505, 'dropped'];

const kinds: readonly Kind[] = [
  {
    name: 'cut off in its head',
    make({ dice, unique }) {
      const whole = written(exact(dice.roll() < 0.5 ? message(unique) : real(invite, unique)));
      return whole.subarray(0, dice.between(1, 300));
    },
    udp: [400, 'dropped'],
  },
  {
    name: 'cut off in its body',
    make({ dice, unique }) {
      const whole = written(exact(real(invite, unique)));
      return whole.subarray(0, whole.length - dice.between(1, 200));
    },
    udp: [400],
    // What comes behind it ends it: then its media address is a foreign one, or its formats are gone.
    tcp: [400, 403, 488, 'dropped'],
  },
  {
    name: 'with one huge header',
    make: ({ dice, unique }) => withLine(exact(message(unique)), `X-Long: ${'a'.repeat(dice.between(8_192, 45_000))}`),
    udp: ['dropped'],
  },
  {
    name: 'with quotes that nobody closes',
    make: ({ dice, unique }) =>
      withLine(exact(message(unique, keepalive)), `${one(dice, ['Contact', 'Via', 'Route'])}: "${'\\"'.repeat(dice.between(1_500, 3_500))}`),
    udp: [200],
  },
  {
    name: 'with a Content-Length that is none',
    make({ dice, unique }) {
      const length = one(dice, ['-1', '1e3', '99999999999', '70000', 'abc', '', '12 12', '0x10']);
      return withLine(exact(message(unique)), `Content-Length: ${length}`);
    },
    udp: [400, 413],
  },
  {
    name: 'shorter than its Content-Length',
    make({ dice, unique }) {
      const made = exact(message(unique));
      return withLine(made, `Content-Length: ${made.body.length + dice.between(1, 60_000)}`);
    },
    udp: [400],
    tcp: [400, 'dropped'],
  },
  {
    name: 'longer than its Content-Length',
    make: ({ dice, unique }) => withLine(exact(message(unique)), `Content-Length: ${dice.between(1, 90)}`),
    udp: [400],
  },
  {
    name: 'without line ends',
    make: ({ dice, unique }) =>
      Buffer.from(
        written(exact(message(unique)))
          .toString('latin1')
          .replaceAll('\r\n', one(dice, ['', ' ', '\t'])),
        'latin1',
      ),
    udp: ['dropped'],
  },
  {
    name: 'with NUL bytes',
    make({ dice, unique }) {
      const made = exact(message(unique));
      return swapped(made, 'CSeq', one(dice, ['CSeq: 21\0 MESSAGE', 'CSeq: \x0021 MESSAGE', 'CSeq: 21 MESS\0AGE']));
    },
    udp: [400],
  },
  {
    name: 'of 65,000 bytes',
    make({ dice, unique, index }) {
      const noise = Buffer.from(Array.from({ length: 65_000 }, () => dice.between(11, 255)));
      if (index % 2 === 0) return noise.subarray(0, 64_990);
      return { ...exact(message(unique)), body: noise.subarray(0, 64_000) };
    },
    udp: [400, 'dropped'],
  },
  {
    name: 'with an endless head',
    make: ({ dice, unique }) =>
      Buffer.from(
        [...message(unique).head, ...Array.from({ length: dice.between(200, 2_000) }, (_, at) => `X-${at}: ${'b'.repeat(25)}`)].join('\r\n'),
      ),
    udp: ['dropped'],
  },
  {
    name: 'slower than anybody waits',
    make: ({ dice, unique }) => written(exact(message(unique))).subarray(0, dice.between(20, 120)),
    udp: [400, 'dropped'],
    tcp: ['dropped'],
    drips: true,
  },
  {
    name: 'with thousands of headers',
    make: ({ dice, unique }) => ({
      ...exact(message(unique)),
      head: [...exact(message(unique)).head, ...Array.from({ length: dice.between(129, 2_500) }, () => 'a:b')],
    }),
    udp: ['dropped'],
  },
  {
    name: 'in no charset',
    make({ dice, unique }) {
      const odd = Buffer.from(Array.from({ length: dice.between(1, 200) }, () => dice.between(0x80, 0xff)));
      const declared = one(dice, ['UTF-8', 'GB2312', 'UTF-16', 'EBCDIC', '']);
      const [before = '', after = ''] = keepalive.toString('latin1').replace('GB2312', declared).split('OK');
      return { ...exact(message(unique)), body: Buffer.concat([Buffer.from(before, 'latin1'), odd, Buffer.from(after, 'latin1')]) };
    },
    udp: [200, 400],
  },
  {
    name: 'with XML of many levels',
    make({ dice, unique }) {
      const levels = dice.between(65, 4_000);
      return exact(message(unique, asks(`<Query>${'<a>'.repeat(levels)}${'</a>'.repeat(levels)}</Query>`)));
    },
    udp: [400],
  },
  {
    name: 'with XML of many elements',
    make: ({ dice, unique }) => exact(message(unique, asks(`<Query>${'<a/>'.repeat(dice.between(5_000, 15_000))}</Query>`))),
    udp: [400],
  },
  {
    name: 'with an entity bomb',
    make({ dice, unique }) {
      const entities = Array.from({ length: dice.between(2, 30) }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('');
      const bomb = one(dice, [
        `<!DOCTYPE q [<!ENTITY l0 "ha">${entities}]>`,
        '<!DOCTYPE q SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE q [<!ENTITY l9 SYSTEM "http://127.0.0.1:1/">]>',
      ]);
      return exact(message(unique, asks(`${bomb}<Query><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>&l9;</DeviceID></Query>`)));
    },
    udp: [400],
  },
  {
    name: 'with SDP of thousands of lines',
    make({ dice, unique }) {
      const made = exact(real(invite, unique));
      return { ...made, body: Buffer.concat([made.body, Buffer.from('a=x\r\n'.repeat(dice.between(2_000, 10_000)))]) };
    },
    udp: [400, 413],
  },
  {
    name: 'that contradicts itself',
    make({ dice, unique }) {
      const made = exact(message(unique));
      return one(dice, [
        withLine(made, 'CSeq: 22 MESSAGE'),
        withLine(made, 'From: <sip:34020000002000000009@3402000000>;tag=p3'),
        withLine(made, 'Call-ID: another'),
        swapped(made, 'CSeq', 'CSeq: 21 INVITE'),
        swapped(made, 'CSeq', 'CSeq: 4294967296 MESSAGE'),
        swapped(made, 'From', undefined),
        swapped(made, 'To', 'To: nobody'),
        swapped(made, 'Max-Forwards', 'Max-Forwards: many'),
        { ...made, head: made.head.map((line, at) => (at === 0 ? line.replace('SIP/2.0', 'SIP/7.0') : line)) },
      ]);
    },
    udp: [400, 505],
  },
  {
    name: 'with bits that fell over',
    make({ dice, unique }) {
      const whole = Buffer.from(written(exact(message(unique, keepalive))));
      for (let count = dice.between(1, 20); count > 0; count -= 1) whole[dice.between(0, whole.length - 1)] = dice.between(0, 255);
      return whole;
    },
    udp: anything,
  },
];

/** The kinds in turn; the same seed gives the same messages. */
export function hostileMessages(count: number, seed: number): readonly HostileMessage[] {
  const dice = diceFrom(seed);
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length]!;
    const turn = Math.floor(index / kinds.length);
    const made = kind.make({ dice, index: turn, unique: `hostile${seed}x${index}` });
    const bytes = 'head' in made ? written(made) : made;
    return { name: `${kind.name} (${turn})`, bytes, udp: kind.udp, tcp: kind.tcp ?? kind.udp, drips: kind.drips === true };
  });
}

/** Platforms whose messages are legal, nearly legal, doubled, late or lost (gb28181 §3.6, §4, §7 quirks 10–14, 34, 40). */
import { cseqOf, fromOf } from '../../../../adapters/protocols/sip/fields.ts';
import { type SipMessage, writeMessage } from '../../../../adapters/protocols/sip/message.ts';
import { writeNameAddr } from '../../../../adapters/protocols/sip/name-addr.ts';
import { parseUri } from '../../../../adapters/protocols/sip/uri.ts';
import { parseVia } from '../../../../adapters/protocols/sip/via.ts';
import { isRequest, lost, type Misbehaviour, withBody, withHeader, withMore } from './misbehaviour.ts';

const compactForms: Readonly<Record<string, string>> = {
  Via: 'v',
  From: 'f',
  To: 't',
  'Call-ID': 'i',
  Contact: 'm',
  'Content-Length': 'l',
  'Content-Type': 'c',
  Subject: 's',
  Event: 'o',
};

/** Its head changed line by line, as no writer of ours would write it. */
function rewritten(message: SipMessage, change: (line: string) => string): Uint8Array {
  const [head = ''] = writeMessage(message).toString('latin1').split('\r\n\r\n', 1);
  const [first = '', ...lines] = head.split('\r\n');
  return Buffer.concat([Buffer.from(`${[first, ...lines.map(change)].join('\r\n')}\r\n\r\n`, 'latin1'), message.body]);
}

/** The address of the platform itself, as its own Via says it. */
function fromAddress(message: SipMessage): SipMessage {
  const via = parseVia(message.headers.find(({ name }) => name === 'Via')?.value ?? '');
  const from = fromOf(message);
  if (!via || !from) return message;
  const uri = `sip:${parseUri(from.uri)?.user ?? ''}@${via.host}:${via.port ?? 5_060}`;
  return withHeader(message, 'From', () => writeNameAddr({ ...from, uri }));
}

const isManscdp = (message: SipMessage) => isRequest(message, 'MESSAGE', 'SUBSCRIBE') && message.body.length > 0;

export const messageMisbehaviours: readonly Misbehaviour[] = [
  {
    name: 'duplicate-requests',
    says: { zh: '每个请求立即重复一次。', en: 'Sends every request twice at once.' },
    sends: (message) => (isRequest(message) ? [{ message }, { message }] : undefined),
  },
  {
    name: 'late-duplicates',
    says: { zh: '每个请求在 0.2–3 秒后又到一次。', en: 'Sends every request again after 0.2 to 3 seconds.' },
    sends: (message, dice) => (isRequest(message) ? [{ message }, { message, after: dice.between(200, 3_000) }] : undefined),
  },
  {
    name: 'lossy',
    says: { zh: 'UDP 上收发的 SIP 报文随机丢失三成。', en: 'Loses three in ten SIP datagrams, both ways.' },
    sends: (_message, dice, transport) => (transport === 'UDP' && dice.roll() < 0.3 ? lost : undefined),
    hears: (_message, dice, transport) => transport === 'TCP' || dice.roll() >= 0.3,
  },
  {
    name: 'lost-answers',
    says: { zh: 'UDP 上自己的应答有一半丢失。', en: 'Loses half of its own answers over UDP.' },
    sends: (message, dice, transport) => (transport === 'UDP' && message.kind === 'response' && dice.roll() < 0.5 ? lost : undefined),
  },
  {
    name: 'late-answers',
    says: { zh: '应答迟到 0.6–2 秒，其间对方会重发。', en: 'Answers 0.6 to 2 seconds late, while the other side asks again.' },
    sends: (message, dice) => (message.kind === 'response' ? [{ message, after: dice.between(600, 2_000) }] : undefined),
  },
  {
    name: 'cseq-jumps',
    says: { zh: '对话内请求的 CSeq 跳号（WVP 用全局计数）。', en: 'Jumps in CSeq within dialogs, as WVP does with one counter for everything.' },
    sends: (message, dice) => {
      if (!isRequest(message, 'BYE', 'INFO', 'MESSAGE', 'SUBSCRIBE')) return undefined;
      const { number = 1, method = message.method } = cseqOf(message) ?? {};
      return [{ message: withHeader(message, 'CSeq', () => `${number + dice.between(2, 50_000)} ${method}`) }];
    },
  },
  {
    name: 'cseq-stands-still',
    says: { zh: 'BYE 与 INVITE 的 CSeq 相同。', en: 'Sends BYE with the CSeq of its INVITE.' },
    sends: (message) => {
      if (!isRequest(message, 'BYE')) return undefined;
      const { number = 2 } = cseqOf(message) ?? {};
      return [{ message: withHeader(message, 'CSeq', () => `${Math.max(1, number - 1)} BYE`) }];
    },
  },
  {
    name: 'from-address',
    says: { zh: 'From 里写 IP:端口而不是域名。', en: 'Writes its address and port into From instead of the domain.' },
    sends: (message) => (isRequest(message) ? [{ message: fromAddress(message) }] : undefined),
  },
  {
    name: 'bye-from-address',
    says: { zh: '只有 BYE 的 From 里写 IP:端口（WVP）。', en: 'Writes its address into From of BYE only, as WVP does.' },
    sends: (message) => (isRequest(message, 'BYE') ? [{ message: fromAddress(message) }] : undefined),
  },
  {
    name: 'bye-uri-swapped',
    says: { zh: 'BYE 的请求 URI 写成平台自己的编码。', en: 'Sends BYE to a URI with its own code in it.' },
    sends: (message) => {
      if (!isRequest(message, 'BYE')) return undefined;
      return [{ message: { ...message, uri: message.uri.replace(/^sip:[^@]*@/, `sip:${parseUri(fromOf(message)?.uri ?? '')?.user ?? ''}@`) } }];
    },
  },
  {
    name: 'compact-headers',
    says: { zh: '头域用缩写形式和古怪的大小写。', en: 'Writes compact header names, and others in odd case.' },
    sends: (message) => [
      {
        message: rewritten(message, (line) => {
          const [name = '', ...rest] = line.split(': ');
          return `${compactForms[name] ?? name.toUpperCase()} : ${rest.join(': ')}`;
        }),
      },
    ],
  },
  {
    name: 'folded-headers',
    says: { zh: '长头域折行书写。', en: 'Folds its long headers over several lines.' },
    sends: (message) => [{ message: rewritten(message, (line) => (line.length > 60 ? line.replace(/;/, '\r\n ;') : line)) }],
  },
  {
    name: 'strange-headers',
    says: { zh: '带上 Route、Monitor-User-Identity 等少见头域。', en: 'Adds Monitor-User-Identity, X-RoutePath and other headers that few send.' },
    sends: (message) =>
      isRequest(message)
        ? [
            {
              message: withMore(
                message,
                { name: 'Monitor-User-Identity', value: '34020000004000000001->34020000004000000002' },
                { name: 'X-RoutePath', value: '34020000002000000001-34020000002000000002' },
                { name: 'Note', value: 'Digest nonce="Zsfw9GLu7dnR8tRr3BDk4kFnxIdc8veiKX2gK49LqOA=", algorithm=SM3' },
                { name: 'Supported', value: 'timer, 100rel' },
              ),
            },
          ]
        : undefined,
  },
  {
    name: 'leading-line-ends',
    says: { zh: '报文前有空行。', en: 'Puts empty lines in front of its messages.' },
    sends: (message) => [{ message: Buffer.concat([Buffer.from('\r\n\r\n'), writeMessage(message)]) }],
  },
  {
    name: 'utf-8',
    says: { zh: 'MANSCDP 用 UTF-8 编码。', en: 'Writes MANSCDP in UTF-8.' },
    charset: 'UTF-8',
  },
  {
    name: 'gb18030-rare',
    says: { zh: '用 GB18030 编码并夹带生僻字（㐀、𠮷）。', en: 'Writes GB18030 with rare characters in it.' },
    charset: 'GB18030',
    // "㐀𠮷" in four bytes each: no charset but GB18030 has them there.
    sends: (message) => remarked(message, '\x81\x39\xee\x39\x95\x34\xb2\x35'),
  },
  {
    name: 'charset-mislabelled',
    says: { zh: '声明 GB2312，内容却是 UTF-8。', en: 'Declares GB2312 and writes UTF-8.' },
    sends: (message) => remarked(message, Buffer.from('校门口').toString('latin1')),
  },
  {
    name: 'odd-xml',
    says: { zh: 'XML 大小写混乱、无声明、有注释和属性。', en: 'Writes XML in any case, without a declaration, with comments and attributes.' },
    sends: (message) => {
      if (!isManscdp(message)) return undefined;
      const odd = (body: string) =>
        body
          .replace(/^<\?xml[^>]*>\s*/, '')
          .replaceAll(/<(\/?)(CmdType|SN)>/g, (_, slash: string, name: string) => `<${slash}${name.toLowerCase()}>`)
          .replace('<DeviceID>', '<!-- target --><DeviceID kind="code"> ');
      return [{ message: withBody(message, odd) }];
    },
  },
  {
    name: 'keepalive-upwards',
    says: { zh: '平台反过来向设备发心跳和 OPTIONS。', en: 'Sends keepalives and OPTIONS to the device.' },
    strikes: async (struck) => {
      await struck.tellAll('keepalive');
      await struck.tellAll('options');
    },
  },
  {
    name: 'unknown-query',
    says: { zh: '查询一个谁也没听说过的命令。', en: 'Asks for something that nobody has heard of.' },
    strikes: (struck) => struck.tellAll('unknown-query'),
  },
];

function remarked(message: SipMessage, remark: string) {
  if (!isManscdp(message)) return undefined;
  return [{ message: withBody(message, (body) => body.replace(/(<\/DeviceID>)/, `$1\r\n<Remark>${remark}</Remark>`)) }];
}

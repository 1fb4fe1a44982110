/** XML and SOAP of a device. The first byte chooses whether a charset was named. */
import { readEnvelope } from '../../../adapters/protocols/soap/envelope.ts';
import { escapeXml, readXml, type XmlElement } from '../../../adapters/protocols/xml.ts';
import { type FuzzTarget, must } from '../target.ts';

const charsets = [undefined, 'utf-8', 'gb2312', 'utf-16', 'iso-8859-1', 'nonsense'];
const envelope = (body: string) => `<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><SOAP-ENV:Header/><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`;

export const soapTarget: FuzzTarget = {
  name: 'soap',
  longest: 64 * 1024,
  words: [
    '<a>',
    '</a>',
    '<a/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<!DOCTYPE',
    '<?xml version="1.0" encoding="gbk"?>',
    '&lt;',
    '&#x41;',
    '&#0;',
    'xmlns:a="b"',
  ],
  seeds: () =>
    [
      envelope('<tds:GetDeviceInformationResponse><tds:Manufacturer>A &amp; B</tds:Manufacturer><tds:Model/></tds:GetDeviceInformationResponse>'),
      envelope(
        '<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>ter:NotAuthorized</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">no</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>',
      ),
      '<Envelope><Body><a b=\'1\' c="2"><!-- x --><![CDATA[<&]]>&#65;</a></Body></Envelope>',
      '<s:Envelope><s:Body><s:Fault><faultcode>Client.Auth</faultcode><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>',
    ].flatMap((text) => [Buffer.from(`\0${text}`), Buffer.concat([Buffer.of(3), Buffer.from(text, 'utf16le')])]),
  run(input) {
    const charset = charsets[(input[0] ?? 0) % charsets.length];
    const bytes = input.subarray(1);
    const root = readXml(bytes, charset);
    must(depthOf(root) <= 64, 'the depth is capped', () => depthOf(root));
    const reply = readEnvelope(bytes, charset);
    if (reply?.fault) must(reply.fault.reason.length <= 200, 'a reason is short');
    const text = root.text.slice(0, 200);
    const again = readXml(Buffer.from(`<a>${escapeXml(text)}</a>`)).text;
    must(again === escaped(text), 'text that is escaped reads the same', () => [text, again]);
  },
};

const depthOf = (element: XmlElement): number => 1 + element.children.reduce((most, child) => Math.max(most, depthOf(child)), 0);

/** What XML cannot say is written as U+FFFD; white space at the ends is not text. */
function escaped(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0)!;
      const allowed =
        code === 9 || code === 10 || code === 13 || (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000;
      return allowed ? character : '\ufffd';
    })
    .join('')
    .trim();
}

/** SOAP 1.2 envelopes: writing ours, with WS-UsernameToken and WS-Addressing where asked for, and reading theirs. */
import { createHash, randomBytes } from 'node:crypto';
import { escapeXml, find, findAll, readXml, textAt, type XmlElement } from '../xml.ts';

const wsse = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const wsu = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
const tokenProfile = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';
const messageSecurity = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0';

export interface UsernameToken {
  readonly username: string;
  readonly password: string;
  /** By the device's clock, epoch ms. */
  readonly created: number;
  /** For tests; random where absent. */
  readonly nonce?: Uint8Array;
}

export interface Addressing {
  readonly action: string;
  readonly to: string;
  /** `urn:uuid:…` */
  readonly messageId: string;
  /** Header blocks of the endpoint reference, as XML, echoed as they came. */
  readonly reference?: string;
}

export interface Envelope {
  /** Content of the Body, as XML: values in it are already escaped. */
  readonly body: string;
  /** `xmlns:…="…"` attributes that the body uses. */
  readonly namespaces: readonly string[];
  readonly token?: UsernameToken | undefined;
  readonly addressing?: Addressing | undefined;
}

export function writeEnvelope({ body, namespaces, token, addressing }: Envelope): string {
  const attributes = ['xmlns:s="http://www.w3.org/2003/05/soap-envelope"', ...namespaces];
  if (addressing) attributes.push('xmlns:wsa="http://www.w3.org/2005/08/addressing"');
  const header = `${addressing ? addressingHeader(addressing) : ''}${token ? securityHeader(token) : ''}`;
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope ${attributes.join(' ')}>${header ? `<s:Header>${header}</s:Header>` : ''}<s:Body>${body}</s:Body></s:Envelope>`;
}

/** WSS UsernameToken Profile 1.0 §3.1: Password_Digest = Base64(SHA-1(nonce + created + password)). */
export function passwordDigest(nonce: Uint8Array, created: string, password: string): string {
  return createHash('sha1').update(nonce).update(created).update(password).digest('base64');
}

function securityHeader(token: UsernameToken): string {
  const nonce = token.nonce ?? randomBytes(16);
  const created = new Date(token.created).toISOString();
  return [
    `<wsse:Security s:mustUnderstand="1" xmlns:wsse="${wsse}" xmlns:wsu="${wsu}"><wsse:UsernameToken>`,
    `<wsse:Username>${escapeXml(token.username)}</wsse:Username>`,
    `<wsse:Password Type="${tokenProfile}#PasswordDigest">${passwordDigest(nonce, created, token.password)}</wsse:Password>`,
    `<wsse:Nonce EncodingType="${messageSecurity}#Base64Binary">${Buffer.from(nonce).toString('base64')}</wsse:Nonce>`,
    `<wsu:Created>${created}</wsu:Created></wsse:UsernameToken></wsse:Security>`,
  ].join('');
}

function addressingHeader({ action, to, messageId, reference }: Addressing): string {
  return [
    `<wsa:Action s:mustUnderstand="1">${escapeXml(action)}</wsa:Action>`,
    `<wsa:MessageID>${escapeXml(messageId)}</wsa:MessageID>`,
    '<wsa:ReplyTo><wsa:Address>http://www.w3.org/2005/08/addressing/anonymous</wsa:Address></wsa:ReplyTo>',
    `<wsa:To s:mustUnderstand="1">${escapeXml(to)}</wsa:To>`,
    reference ?? '',
  ].join('');
}

export interface SoapFault {
  /** Local names of code and subcodes, outermost first: `Sender`, `NotAuthorized`. */
  readonly codes: readonly string[];
  readonly reason: string;
}

export interface SoapReply {
  readonly header: XmlElement | undefined;
  readonly body: XmlElement;
  readonly fault: SoapFault | undefined;
}

/** Reads a SOAP 1.2 or 1.1 envelope; undefined where the document is none. Throws ProtocolError. */
export function readEnvelope(bytes: Uint8Array, charset?: string): SoapReply | undefined {
  const root = readXml(bytes, charset);
  const body = root.name === 'Envelope' ? find(root, 'Body') : undefined;
  if (!body) return undefined;
  const fault = find(body, 'Fault');
  return { header: find(root, 'Header'), body, fault: fault && readFault(fault) };
}

function readFault(fault: XmlElement): SoapFault {
  const codes: string[] = [];
  for (let code = find(fault, 'Code'); code && codes.length < 8; code = find(code, 'Subcode')) {
    const value = textAt(code, 'Value');
    if (value) codes.push(localName(value));
  }
  const old = textAt(fault, 'faultcode');
  // SOAP 1.1 writes subcodes behind a dot: `Client.Authentication`.
  if (old) codes.push(...localName(old).split('.'));
  const reason = findAll(find(fault, 'Reason'), 'Text')[0]?.text ?? textAt(fault, 'faultstring') ?? '';
  return { codes: codes.map((code) => code.slice(0, 80)), reason: reason.slice(0, 200) };
}

const localName = (qualified: string) => qualified.slice(qualified.indexOf(':') + 1).trim();

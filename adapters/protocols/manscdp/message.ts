/**
 * MANSCDP: the XML bodies of GB/T 28181 (Annex A), both ways. Bytes in, a typed message out; the same message gives the same bytes.
 * A Response echoes `sn` and `deviceId` of what it answers.
 */
import { ProtocolError } from '../protocol-error.ts';
import { readXmlText, type XmlElement } from '../xml.ts';
import { decodeManscdp, encodeManscdp, type ManscdpCharset } from './charset.ts';
import { controls } from './controls.ts';
import { type Form, integer, type RecordForm, text, textOf, type ValueOf } from './fields.ts';
import { notices } from './notices.ts';
import { queries } from './queries.ts';
import { responses } from './responses.ts';

const shapes = { Query: queries, Control: controls, Notify: notices, Response: responses };
type Shapes = typeof shapes;
type Root = keyof Shapes;

interface Head {
  /** From 1 on. */
  readonly sn: number;
  /** Whom it concerns: device, channel, zone, region. */
  readonly deviceId: string;
}

type MessageOf<R extends Root, C extends keyof Shapes[R]> = Head & {
  readonly root: R;
  readonly cmdType: C;
  readonly content: ValueOf<Shapes[R][C]>;
};

/** Switch on `root` and `cmdType`; `content` is typed by both. */
export type ManscdpMessage = { readonly [R in Root]: { readonly [C in keyof Shapes[R]]: MessageOf<R, C> }[keyof Shapes[R]] }[Root];

/** Well-formed, of a kind that we do not know: to be acknowledged like any other. `named`: for example `Query/CruiseTrackQuery`. */
export interface ForeignMessage extends Head {
  readonly root: 'foreign';
  readonly named: string;
}

/** Bytes of a body that anybody sends. */
const longest = 64 * 1024;
/** Misspelt in a copy of the standard, and since then by others. */
const misspelt: ReadonlyMap<string, string> = new Map([['persetquery', 'PresetQuery']]);

/** Throws ProtocolError for what is no MANSCDP, or lacks what its kind must have. */
export function readManscdp(bytes: Uint8Array): ManscdpMessage | ForeignMessage {
  if (bytes.length > longest) throw new ProtocolError(`at most ${longest} bytes`, `${bytes.length}`, 'a MANSCDP body');
  // NUL and its like come in names out of fixed buffers; no XML may hold them.
  const root = readXmlText(
    decodeManscdp(bytes)
      .replace(/[^\P{Cc}\t\n\r]/gu, '')
      .trim(),
  );
  const rootName = (['Query', 'Control', 'Notify', 'Response'] as const).find((name) => name.toLowerCase() === root.name.toLowerCase());
  if (!rootName) throw new ProtocolError('Query, Control, Notify or Response', JSON.stringify(root.name.slice(0, 40)), 'the root element');
  const said = textOf(root, 'CmdType');
  if (said === undefined) throw new ProtocolError('<CmdType>', 'none', `<${rootName}>`);
  const spelt = (misspelt.get(said.toLowerCase()) ?? said).toLowerCase();
  const found = Object.entries<Form<unknown>>(shapes[rootName]).find(([name]) => name.toLowerCase() === spelt);
  const head = { sn: snOf(root), deviceId: targetOf(root) };
  if (!found) return { root: 'foreign', named: `${rootName}/${said.slice(0, 60)}`, ...head };
  const [cmdType, form] = found;
  // Root, type and content belong together by the table above.
  return { root: rootName, cmdType, ...head, content: form.read(root) } as ManscdpMessage;
}

/** Exactly as the standard spells it, lines ended by CR LF. The Content-Length is the length of these bytes. */
export function writeManscdp(message: ManscdpMessage, charset: ManscdpCharset): Buffer {
  const { root, cmdType, sn, deviceId, content } = message;
  const forms: Readonly<Record<string, RecordForm<unknown>>> = shapes[root];
  const inside = forms[cmdType]!.inside(content);
  const head = text.write('CmdType', cmdType) + integer.write('SN', sn);
  // The one message that calls its target otherwise, and names it last.
  const lines = cmdType === 'Broadcast' && root === 'Notify' ? inside + text.write('TargetID', deviceId) : text.write('DeviceID', deviceId) + inside;
  return encodeManscdp(`<?xml version="1.0" encoding="${charset}"?>\r\n<${root}>\r\n${head}${lines}</${root}>\r\n`, charset);
}

function snOf(root: XmlElement): number {
  const said = textOf(root, 'SN') ?? '';
  if (!/^\d{1,15}$/.test(said)) throw new ProtocolError('a whole number', JSON.stringify(said.slice(0, 40)), '<SN>');
  return Number(said);
}

function targetOf(root: XmlElement): string {
  const said = textOf(root, 'DeviceID') ?? textOf(root, 'TargetID');
  if (said === undefined) throw new ProtocolError('<DeviceID>', 'none', `<${root.name}>`);
  return said;
}

/** What stands in the brackets: Contact ID (SIA DC-05) and SIA events (DC-04), with the slack that makers take. */
import { ProtocolError } from '../protocol-error.ts';

export interface ContactIdData {
  readonly account?: string;
  /** Four characters, upper case: qualifier and event code, for example `1120`. */
  readonly code: string;
  /** Two characters. */
  readonly partition: string;
  /** Zone or user, three characters. */
  readonly number: string;
}

export interface SiaEvent {
  /** Two letters, upper case. */
  readonly code: string;
  /** Zone, point or user, as it came; absent where none was told. */
  readonly number?: string;
  readonly area?: string;
  readonly user?: string;
  readonly peripheral?: string;
  /** `hh:mm` or `hh:mm:ss` by the panel's own clock. */
  readonly time?: string;
  readonly text?: string;
}

export interface SiaData {
  readonly account?: string;
  /** Told as old by the panel. */
  readonly old: boolean;
  readonly events: readonly SiaEvent[];
}

const mostEvents = 32;

/** `#1234|1120 01 007`. Throws ProtocolError. Blanks may be missing; some makers add the message type 18 and a checksum digit. */
export function readContactId(data: string): ContactIdData {
  const { account, rest } = accountOf(data);
  const [, code, partition, number] = /^(?:18|98)?([136][0-9A-F]{3})([0-9A-F]{2})([0-9A-F]{3})[0-9A-F]?$/i.exec(rest.replaceAll(' ', '')) ?? [];
  if (code === undefined || partition === undefined || number === undefined) {
    throw new ProtocolError('#account|QXYZ GG CCC', JSON.stringify(data.slice(0, 60)), 'Contact ID data');
  }
  return { code: code.toUpperCase(), partition, number: number.toUpperCase(), ...(account === undefined ? {} : { account }) };
}

export function contactIdText(account: string, { code, partition, number }: Omit<ContactIdData, 'account'>): string {
  return `#${account}|${code} ${partition} ${number}`;
}

const modifier = /(?:(ti)(\d{1,2}:\d{2}(?::\d{2})?)|(id|ri|pi)(\d*)|(da)([\d-]*))[/ ]*/y;
const event = /([A-Za-z]{2})(\d{0,10})/y;
const markedText = /\^([^^]*)\^?|\*([^*]*)\*?|\|A([^|]*)/y;
/** What follows a code and is none of these: a name without its marks. */
const bareText = /[^/|]+/y;
const between = /[/ ]+/y;

/**
 * `#1234|Nri1/BA003`, `Nti19:44/id1/ri4/RP`, `NRR|Atest`, `Nri1CL501^front^`, `Nri1/BA01/BA02`. Modifiers hold for the events that follow them.
 * Throws ProtocolError where no event can be found.
 */
export function readSia(data: string): SiaData {
  const { account, rest } = accountOf(data);
  const [mode = ''] = /^[NO](?=[A-Za-z]{2}|\/)/.exec(rest) ?? [];
  const cursor = { text: rest, at: mode.length };
  const events: SiaEvent[] = [];
  let said: Omit<SiaEvent, 'code'> = {};
  take(cursor, between);
  // What else a maker says behind a bar is of no known form: it stays in the evidence.
  while (cursor.at < rest.length && rest[cursor.at] !== '|') {
    const modified = take(cursor, modifier);
    if (modified) {
      said = { ...said, ...modifierOf(modified) };
      continue;
    }
    const [, code, number = ''] = take(cursor, event) ?? [];
    if (code === undefined) throw new ProtocolError('a code of two letters', JSON.stringify(rest.slice(cursor.at, cursor.at + 40)), 'SIA data');
    if (events.length === mostEvents) throw new ProtocolError(`at most ${mostEvents} events`, 'more', 'SIA data');
    const marked = take(cursor, markedText);
    const text = (marked ? (marked[1] ?? marked[2] ?? marked[3]) : undefined) ?? take(cursor, bareText)?.[0];
    events.push({ ...said, code: code.toUpperCase(), ...(number === '' ? {} : { number }), ...(text?.trim() ? { text: text.trim() } : {}) });
    take(cursor, bareText);
    take(cursor, between);
  }
  if (events.length === 0) throw new ProtocolError('an event', JSON.stringify(data.slice(0, 60)), 'SIA data');
  return { old: mode === 'O', events, ...(account === undefined ? {} : { account }) };
}

/** One event. A text loses the characters that would end it or the message. */
export function siaText(account: string, { code, number = '', area, user, text }: SiaEvent): string {
  const modifiers = `${area === undefined ? '' : `ri${area}/`}${user === undefined ? '' : `id${user}/`}`;
  return `#${account}|N${modifiers}${code}${number}${text ? `^${plain(text)}^` : ''}`;
}

/** Without the characters that end a field, a part or a frame. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}[\]|^*"]+/gu, ' ').trim();
}

function accountOf(data: string): { readonly account?: string; readonly rest: string } {
  const [, marked, bare, rest = ''] =
    /^(?:(?:#([0-9A-Za-z]{1,16})|(\d{1,16}|[0-9A-Za-z]{1,16}(?=\|[NO](?:[a-z]{2}|\/))))?\|)?(.*)$/s.exec(data.trim()) ?? [];
  const account = marked ?? bare;
  return account === undefined ? { rest } : { account, rest };
}

interface Cursor {
  readonly text: string;
  at: number;
}

function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text);
  if (!found) return undefined;
  cursor.at = pattern.lastIndex;
  return found;
}

function modifierOf([, , time, name, value]: RegExpExecArray): Omit<SiaEvent, 'code'> {
  if (time !== undefined) return { time };
  if (value === undefined || value === '') return {};
  if (name === 'ri') return { area: value };
  return name === 'id' ? { user: value } : { peripheral: value };
}

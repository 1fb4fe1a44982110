/** Bad input of every kind that the product must survive: one call gives it all of that kind once. A test of its memory calls them again and again. */
import { readdirSync, readFileSync } from 'node:fs';
import { campusDialect } from '../../adapters/panels/dialects/campus.ts';
import type { PanelMessage } from '../../gateway/domain/command.ts';
import { instant } from '../../gateway/domain/time.ts';
import { readConfig } from '../../gateway/runtime/config.ts';
import { brokerRig } from './broker-rig.ts';
import { askOnvif, askRtsp, rtspCases, soapCases } from './hostile-cameras.ts';

export interface WrittenMessage extends Partial<Omit<PanelMessage, 'payload'>> {
  readonly topic: string;
  readonly payload?: unknown;
  readonly base64?: string;
  readonly repeat?: number;
}

export interface MalformedMessage extends WrittenMessage {
  readonly name: string;
  readonly path: string;
  readonly code: string;
}

const receivedAt = instant(Date.UTC(2026, 5, 1));

/** A message as its fixture writes it: text, JSON, base64, or so many blanks. */
export function messageOf({ payload, base64, repeat, ...rest }: WrittenMessage): PanelMessage {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const bytes = base64 !== undefined ? Buffer.from(base64, 'base64') : repeat !== undefined ? Buffer.alloc(repeat, ' ') : Buffer.from(text ?? '');
  return { qos: 1, retained: false, duplicate: false, receivedAt, ...rest, payload: bytes };
}

export function malformedMessages(dialect: string): readonly MalformedMessage[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/dialect/${dialect}/malformed.json`, import.meta.url), 'utf8'));
}

const configFolder = new URL('../fixtures/config/', import.meta.url);

/** Each from its file, as the program reads its own. */
async function configs(): Promise<number> {
  const files = readdirSync(configFolder).filter((name) => name.endsWith('.yaml'));
  for (const name of files) await readConfig(new URL(name, configFolder).pathname, {}).catch(() => undefined); // refused, each for its own reason
  return files.length;
}

/** Each over a connection of its own, through broker and fleet: what may not be said there ends the connection. */
async function panelMessages(): Promise<number> {
  const messages = malformedMessages(campusDialect.name).filter(({ topic }) => topic !== ''); // which MQTT.js does not send
  await using rig = await brokerRig();
  for (const message of messages) {
    const { topic, payload } = messageOf(message);
    const client = await rig.connect('gate');
    const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
    await Promise.race([client.publishAsync(topic, Buffer.from(payload), { qos: 1 }).catch(() => undefined), gone]);
    client.end(true);
    await gone;
  }
  return messages.length;
}

async function cameraReplies(): Promise<number> {
  for (const hostile of soapCases) await askOnvif(hostile);
  for (const hostile of rtspCases) await askRtsp(hostile);
  return soapCases.length + rtspCases.length;
}

export const badInput = { configs, panelMessages, cameraReplies } as const;
export type BadInput = keyof typeof badInput;

/** `simulate platform`: the police side on this machine, one printed line per arrival, and faults at the keyboard. */

import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { millis } from '../../gateway/domain/time.ts';
import { aborted } from '../../gateway/runtime/shutdown.ts';
import { endpointOf, obeyTyped, type Simulator, understood } from '../command-line.ts';
import { type Behaviour, eventOf } from './behaviour.ts';
import { type GbOptions, gbTyped, openGbDoor, withGbOptions } from './gb28181/command.ts';
import type { LedgerRow } from './ledger.ts';
import { type PoliceSimulator, runPoliceSimulator } from './simulator.ts';

interface Options extends GbOptions {
  readonly webhook?: string;
  readonly mqtt?: string;
  readonly username: string;
  readonly password?: string;
  readonly key?: string;
  readonly ledger: string;
}

const typed = `silent | refuse [zone ID | event ID] | slow MILLIS | error | down | back | ledger | ${gbTyped}`;

export const platformSimulator: Simulator = {
  name: 'platform',
  summary: {
    zh: '公安侧：接收报警的 webhook、MQTT 与 GB/T 28181 平台，逐条入账',
    en: 'the police side: takes alarms by webhook, MQTT and GB/T 28181, and keeps a ledger',
  },
  async run(args, context, signal) {
    const command = withGbOptions(new Command('platform'))
      .description('Plays the police side. Prints one line per arrival.')
      .option('--webhook <[address:]port>', 'take POSTs at http://…/alarms (0: any free port)')
      .option('--mqtt <[address:]port>', 'be an MQTT 3.1.1 broker')
      .option('--username <name>', 'of the MQTT account', 'school')
      .option('--password <text>', 'of the MQTT account; made and printed unless given')
      .option('--key <text>', 'HMAC key of the webhook; made and printed unless given')
      .option('--ledger <file>', 'JSON lines, appended before each answer', 'memory')
      .addHelpText('after', `\nWithout --webhook, --mqtt and --sip all of them are opened on free ports.\nWhile it runs, type: ${typed}`);
    if (!understood(command, args, context)) return;
    const options = command.opts<Options>();
    const all = options.webhook === undefined && options.mqtt === undefined && options.sip === undefined;
    const password = options.password ?? randomBytes(16).toString('base64url');
    const key = options.key ?? randomBytes(24).toString('base64url');
    const webhook = options.webhook ?? (all ? '0' : undefined);
    const mqtt = options.mqtt ?? (all ? '0' : undefined);
    await using police = await runPoliceSimulator({
      ...(webhook === undefined ? {} : { webhook: { listen: endpointOf(webhook, '--webhook') } }),
      ...(mqtt === undefined ? {} : { mqtt: { listen: endpointOf(mqtt, '--mqtt'), username: options.username, password } }),
      ledger: options.ledger,
      hmacKey: key,
      clock: context.clock,
      log: context.log,
      arrived: (row) => context.print(arrivalLine(row)),
    });
    if (police.webhook) context.print(`webhook ${police.webhook.url}  key ${key}`);
    if (police.mqtt) context.print(`mqtt ${police.mqtt.url}  user ${options.username}  password ${password}`);
    const sip = options.sip ?? (all ? '0' : undefined);
    await using gb = sip === undefined ? undefined : await openGbDoor({ ...options, sip }, context, signal);
    void obeyTyped(context, (words) => (words[0] === 'gb' && gb ? gb.obey(words.slice(1), signal) : act(police, words, context.print)), signal);
    await aborted(signal);
  },
};

/** For example `2026-11-24T08:00:00.000Z webhook accepted alarm.raised panic.silent guard-room/2 drill 0199…`. */
export function arrivalLine(row: LedgerRow): string {
  const event = eventOf(row.body);
  const field = (name: string) => (typeof event?.[name] === 'string' ? String(event[name]) : '');
  const where = [field('panel'), field('zone')].filter(Boolean).join('/') || field('subject');
  const parts = [
    new Date(row.arrivedAt).toISOString(),
    row.path,
    row.answer === 'none' ? 'unanswered' : row.answer,
    field('kind') || 'unreadable',
    field('type') || field('fault'),
    where,
    event?.drill === true ? 'drill' : '',
    row.signatureOk === false ? 'BAD-SIGNATURE' : '',
    row.eventId,
  ];
  // A body is somebody else's text: nothing in it may steer the terminal.
  return parts
    .filter(Boolean)
    .join(' ')
    .replace(/\p{Cc}/gu, '?');
}

async function act(police: PoliceSimulator, words: readonly string[], print: (line: string) => void): Promise<void> {
  if (words[0] === 'down') await police.down();
  else if (words[0] === 'back') await police.comeBack();
  else if (words[0] === 'ledger') print(`${police.ledger().length} arrivals, ${police.alarms().length} alarms`);
  else police.misbehave(behaviourOf(words));
  if (words[0] !== 'ledger') print(`now: ${words.join(' ')}`);
}

function behaviourOf(words: readonly string[]): Behaviour {
  const [kind, ...rest] = words;
  if (kind === 'silent' || kind === 'error') return { kind };
  if (kind === 'slow' && /^\d{1,6}$/.test(rest[0] ?? '')) return { kind, by: millis(Number(rest[0])) };
  if (kind === 'refuse') {
    if (rest.length === 0 || rest[0] === 'all') return { kind, events: 'all' };
    if (rest[0] === 'zone' && rest[1]) return { kind, events: { zone: rest[1] } };
    if (rest[0] === 'event' && rest[1]) return { kind, events: { event: rest[1] } };
  }
  throw new GatewayError('REQUEST_INVALID', `Not understood; type one of: ${typed}`);
}

/** The GB/T 28181 part of `simulate platform`: its options, what it prints, and what may be typed. */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import { endpointOf, type SimulatorContext } from '../../command-line.ts';
import type { GbAlarm } from './alarms.ts';
import { misbehaviours } from './misbehaviours/index.ts';
import { act } from './page/acts.ts';
import { openPlatformPage, type PlatformPage } from './page/server.ts';
import { type GbPlatform, openGbPlatform } from './platform.ts';

export interface GbOptions {
  readonly sip?: string;
  readonly sipCode: string;
  readonly sipDomain?: string;
  readonly sipPassword?: string;
  readonly page: string;
  readonly misbehave?: readonly string[];
  readonly seed: string;
}

export const gbTyped = 'gb play CHANNEL [udp | tcp-passive | tcp-active] | gb bye CHANNEL | gb misbehave [NAME …] | gb list';

export function withGbOptions(command: Command): Command {
  return command
    .option('--sip <[address:]port>', 'be a GB/T 28181 platform over UDP and TCP (an address that devices reach; 0: any free port)')
    .option('--sip-code <20 digits>', 'code of the platform', '34020000002000000001')
    .option('--sip-domain <text>', 'SIP domain and realm; the first ten digits of the code unless given')
    .option('--sip-password <text>', 'of every device; made and printed unless given')
    .option('--page <[address:]port>', 'page of the GB/T 28181 platform', '0')
    .option('--misbehave <name...>', 'of the GB/T 28181 platform from the start; `gb list` names them')
    .option('--seed <number>', 'of chance in what goes wrong', '1');
}

export interface GbDoor extends AsyncDisposable {
  /** Words behind `gb`. */
  obey(words: readonly string[], signal: AbortSignal): Promise<void>;
}

export async function openGbDoor(options: GbOptions & { readonly sip: string }, context: SimulatorContext, signal: AbortSignal): Promise<GbDoor> {
  const { clock, log, print } = context;
  await using opening = new Scope();
  const password = options.sipPassword ?? randomBytes(9).toString('base64url');
  const platform = opening.own(
    await openGbPlatform({
      clock,
      log,
      listen: endpointOf(options.sip, '--sip'),
      id: codeOf(options.sipCode),
      ...(options.sipDomain === undefined ? {} : { realm: options.sipDomain }),
      passwords: password,
      seed: seedOf(options.seed),
      registered: (device) => print(`gb28181 registered ${device}`),
      left: (device) => print(`gb28181 signed off ${device}`),
      alarmed: (alarm) => print(alarmLine(alarm)),
    }),
  );
  if (options.misbehave) await platform.misbehave(...options.misbehave);
  const page = opening.own(await openPlatformPage({ platform, clock, listen: endpointOf(options.page, '--page') }, signal));
  const { address, port } = platform.address;
  print(`gb28181 ${platform.id} at ${address}:${port} (UDP and TCP)  domain ${platform.realm}  password ${password}`);
  print(`page ${page.url}`);
  const scope = opening.release();
  return {
    obey: (words, ended) => obey({ platform, page, print }, words, ended),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

interface Console {
  readonly platform: GbPlatform;
  readonly page: PlatformPage;
  readonly print: (line: string) => void;
}

async function obey({ platform, page, print }: Console, [verb, ...rest]: readonly string[], signal: AbortSignal): Promise<void> {
  const [code = '', transport = 'udp'] = rest;
  switch (verb) {
    case 'list':
      for (const { name, says } of misbehaviours) print(`${name}: ${says.zh} ${says.en}`);
      return;
    case 'misbehave':
      await platform.misbehave(...rest);
      print(`now: ${rest.join(' ') || 'well behaved'}`);
      return;
    case 'play': {
      const device = ownerOf(platform, code);
      await act(platform, new Map([...pairs('do', `play ${device} ${code}`), ...pairs('transport', transport)]), signal);
      const play = platform.plays().findLast((each) => each.order.channel === code);
      if (play) print(page.watchLine(play));
      return;
    }
    case 'bye':
      await act(platform, new Map(pairs('do', `bye ${ownerOf(platform, code)} ${code}`)), signal);
      return;
    default:
      throw new GatewayError('REQUEST_INVALID', `Not understood; type one of: ${gbTyped}`);
  }
}

const pairs = (name: string, value: string): [string, readonly string[]][] => [[name, [value]]];

function ownerOf(platform: GbPlatform, channel: string): string {
  const owner = platform.devices().find(({ id }) => platform.catalogue(id)?.items.some(({ deviceId }) => deviceId === channel));
  if (!owner) throw new GatewayError('NOT_FOUND', `No catalogue here has the channel ${JSON.stringify(channel.slice(0, 40))}.`);
  return owner.id;
}

/** For example `2026-11-24T08:00:00.000Z gb28181 alarm 34020000001340000001 priority 1 method 2/– 一键报警`. */
function alarmLine({ arrivedAt, code, priority, method, type, description, repeat }: GbAlarm): string {
  const parts = [new Date(arrivedAt).toISOString(), 'gb28181 alarm', code, `priority ${priority}`, `method ${method}/${type ?? '–'}`, description];
  // It is somebody else's text: nothing in it may steer the terminal.
  return `${parts.join(' ')}${repeat ? ' (repeat)' : ''}`.replace(/\p{Cc}/gu, '?');
}

function codeOf(text: string): string {
  if (/^\d{20}$/.test(text)) return text;
  throw new GatewayError('REQUEST_INVALID', `--sip-code wants 20 digits, but ${JSON.stringify(text.slice(0, 40))} came.`);
}

function seedOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new GatewayError('REQUEST_INVALID', `--seed wants a whole number, but ${JSON.stringify(text.slice(0, 40))} came.`);
}

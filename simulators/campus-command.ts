/** `simulate campus`: a whole school from one file, against a gateway that runs elsewhere. */

import { Command } from 'commander';
import { z } from 'zod';
import { GatewayError } from '../gateway/domain/errors.ts';
import { aborted } from '../gateway/runtime/shutdown.ts';
import { type CameraRunner, openSimulatedCampus, type RunningCamera } from './campus.ts';
import { readCampusFile } from './campus-file.ts';
import { brokerOf, obeyTyped, type Simulator, type SimulatorContext, textOf, trustOf, understood } from './command-line.ts';
import { actOnPanel, panelCommands } from './panel/command.ts';
import { arrivalLine } from './platform/command.ts';

interface Options {
  readonly broker: string;
  readonly ca?: string;
  readonly fingerprint?: string;
  readonly insecure?: boolean;
  readonly passwords: string;
  readonly ledger: string;
  readonly language: string;
}

/** Plays the school of this file; the panels sign in with the passwords that the gateway made for them. */
export async function runSimulatedCampus(
  file: string,
  gateway: { readonly broker: string; readonly options: Omit<Options, 'broker'>; readonly camera?: CameraRunner },
  context: SimulatorContext,
  signal: AbortSignal,
): Promise<void> {
  const { options, camera } = gateway;
  const description = await readCampusFile(file);
  const passwords = passwordsOf(await textOf(options.passwords, '--passwords'), options.passwords);
  const tls = await trustOf(options);
  for (const { id } of description.panels) {
    if (passwords[id] === undefined) throw new GatewayError('REQUEST_INVALID', `${options.passwords} has no password for the panel ${id}.`);
  }
  await using school = await openSimulatedCampus(description, {
    ...(camera ? { camera } : {}),
    ledger: options.ledger,
    arrived: (row) => context.print(arrivalLine(row)),
    language: options.language === 'en' ? 'en' : 'zh',
    clock: context.clock,
    log: context.log,
  });
  for (const { id, adapter, settings, secret } of school.inventory().uplinks) {
    context.print(`uplink ${id} (${adapter}) ${String(settings.url)}  secret ${secret?.reveal() ?? ''}`);
  }
  for (const [id, { running, account }] of school.cameras) {
    context.print(`camera ${id} ${running.address}  user ${account.username}  password ${account.password}`);
  }
  const panels = school.connectPanels({ broker: gateway.broker, tls, passwords });
  context.print(`panels ${[...panels.keys()].join(', ')}; type a panel, then: ${panelCommands}`);
  if (school.cameras.size > 0) context.print('or a camera, then: press|release input-1, event NAME on|off, FAULT on|off');
  const act = async ([id = '', ...words]: readonly string[]) => {
    const camera = school.cameras.get(id);
    if (camera) return actOnCamera(camera.running, words);
    const panel = panels.get(id);
    if (!panel) throw new GatewayError('NOT_FOUND', `There is no panel ${id}; there are ${[...panels.keys()].join(', ')}.`);
    actOnPanel(panel, words, context.print);
  };
  void obeyTyped(context, act, signal);
  await aborted(signal);
}

async function actOnCamera(camera: RunningCamera, [verb = '', name = '', how = '']: readonly string[]): Promise<void> {
  const told = verb === 'press' || verb === 'release' ? camera.event(name, verb === 'press') : verb === 'event' && camera.event(name, how === 'on');
  if (told) return;
  if (name !== 'on' && name !== 'off') throw new GatewayError('REQUEST_INVALID', 'Not understood; for example: cam-gate press input-1');
  await camera.fault(verb, name === 'on');
}

export function campusSimulator(camera?: CameraRunner): Simulator {
  return {
    name: 'campus',
    summary: { zh: '整所学校：由一个文件描述的摄像机、报警主机与公安侧', en: 'a whole school from one file: cameras, panels and the police side' },
    async run(args, context, signal) {
      const command = new Command('campus')
        .description('Plays a whole school from one file, against a gateway.')
        .argument('<file>', 'for example config/demo-campus.yaml')
        .requiredOption('--broker <url>', 'of the gateway: mqtt://host:1883 or mqtts://host:8883')
        .requiredOption('--passwords <file>', 'JSON, {"<panel id>": "<password>"}: as the gateway showed them')
        .option('--ca <file>', 'PEM of the authority to trust (mqtts)')
        .option('--fingerprint <sha256>', 'SHA-256 of the box certificate to expect (mqtts)')
        .option('--insecure', 'take any certificate (mqtts, test benches only)')
        .option('--ledger <file>', 'of the police side: JSON lines, appended before each answer', 'memory')
        .option('--language <zh|en>', 'of the names', 'zh');
      if (!understood(command, args, context)) return;
      const options = command.opts<Options>();
      const gateway = { broker: brokerOf(options.broker), options, ...(camera ? { camera } : {}) };
      await runSimulatedCampus(command.processedArgs[0] as string, gateway, context, signal);
    },
  };
}

function passwordsOf(text: string, path: string): Readonly<Record<string, string>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `${path} is not JSON; it must be {"<panel id>": "<password>"}.`, { cause, context: { path } });
  }
  const passwords = z.record(z.string(), z.string().min(1)).safeParse(parsed);
  if (!passwords.success) throw new GatewayError('CONFIG_INVALID', `${path} must be {"<panel id>": "<password>"}.`, { context: { path } });
  return passwords.data;
}

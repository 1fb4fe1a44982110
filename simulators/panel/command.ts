/** `simulate panel`: one alarm panel at the keyboard, or one press from a script. */

import { Command } from 'commander';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import { aborted } from '../../gateway/runtime/shutdown.ts';
import { brokerOf, obeyTyped, type Simulator, textOf, trustOf, understood } from '../command-line.ts';
import type { SimulatedZone } from './box.ts';
import { type PanelSimulator, runPanelSimulator } from './simulator.ts';

interface Options {
  readonly broker: string;
  readonly campus: string;
  readonly panel: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly ca?: string;
  readonly fingerprint?: string;
  readonly insecure?: boolean;
  readonly zone: readonly string[];
  readonly heartbeat: string;
  readonly trip?: string;
}

export const panelCommands =
  'trip ZONE [silent] [drill] [code NNN] | restore ZONE | arm [away|home|night] | disarm | trouble mains|battery|tamper on|off | ' +
  'quiet on|off | lose | offline | cut | kill | back | restart | status';

export const panelSimulator: Simulator = {
  name: 'panel',
  summary: {
    zh: '报警主机：按键、布撤防、断线、断电，均可随时触发',
    en: 'an alarm panel: presses, arming, troubles and every way of losing its line',
  },
  async run(args, context, signal) {
    const command = new Command('panel')
      .description('Plays one alarm panel of the campus dialect against an MQTT broker.')
      .requiredOption('--broker <url>', 'mqtt://host:1883 or mqtts://host:8883')
      .requiredOption('--campus <id>', 'campus id of the gateway')
      .requiredOption('--panel <id>', 'panel id; it signs in with it')
      .option('--password <text>', 'its password; a file is safer, as arguments show in the process list')
      .option('--password-file <file>', 'file with its password')
      .option('--ca <file>', 'PEM of the authority to trust (mqtts)')
      .option('--fingerprint <sha256>', 'SHA-256 of the box certificate to expect (mqtts)')
      .option('--insecure', 'take any certificate (mqtts, test benches only)')
      .option('--zone <id[=code]>', 'a zone and its Contact ID code; repeat it', (text: string, all: readonly string[]) => [...all, text], [])
      .option('--heartbeat <seconds>', 'between two heartbeats', '20')
      .option('--trip <zone>', 'trip this zone once, wait for the acknowledgement and end')
      .addHelpText(
        'after',
        `\nWithout --zone it has zones 1=120 (panic), 2=130 (burglary) and 3=111 (smoke).\nWhile it runs, type: ${panelCommands}`,
      );
    if (!understood(command, args, context)) return;
    const options = command.opts<Options>();
    await using panel = runPanelSimulator({
      broker: brokerOf(options.broker),
      tls: await trustOf(options),
      campus: options.campus,
      panel: options.panel,
      password: await passwordOf(options),
      zones: zonesOf(options.zone),
      heartbeatEvery: heartbeatOf(options.heartbeat),
      clock: context.clock,
      log: context.log,
    });
    if (options.trip !== undefined) {
      const { boot, seq } = panel.trip(options.trip);
      await panel.settled(signal);
      context.print(`acknowledged: zone ${options.trip}, boot ${boot}, number ${seq}`);
      return;
    }
    context.print(`panel ${options.panel}, boot ${panel.boot}; type: ${panelCommands}`);
    void obeyTyped(context, (words) => actOnPanel(panel, words, context.print), signal);
    await aborted(signal);
  },
};

export function actOnPanel(panel: PanelSimulator, words: readonly string[], print: (line: string) => void): void {
  const [verb, first = '', ...rest] = words;
  const on = rest[0] === 'on';
  switch (verb) {
    case 'trip': {
      const code = rest[rest.indexOf('code') + 1];
      const said = panel.trip(first, {
        silent: rest.includes('silent'),
        drill: rest.includes('drill'),
        ...(rest.includes('code') && code ? { code } : {}),
      });
      print(`pressed: zone ${first}, number ${said.seq}`);
      return;
    }
    case 'restore':
      print(`restored: zone ${first}, number ${panel.restore(first).seq}`);
      return;
    case 'arm':
      panel.arm(first === 'home' || first === 'night' ? first : 'away');
      break;
    case 'disarm':
      panel.disarm();
      break;
    case 'trouble':
      if (first !== 'mains' && first !== 'battery' && first !== 'tamper') throw notUnderstood();
      panel.trouble(first, on);
      break;
    case 'quiet':
      panel.pauseHeartbeat(first === 'on');
      break;
    case 'lose':
      panel.loseNext();
      break;
    case 'offline':
      panel.goOffline();
      break;
    case 'cut':
      panel.cutOff();
      break;
    case 'kill':
      panel.kill();
      break;
    case 'back':
      panel.comeBack();
      break;
    case 'restart':
      panel.restart();
      break;
    case 'status':
      print(
        `${panel.connected ? 'connected' : 'not connected'}, boot ${panel.boot}, ${panel.queued} queued, ${panel.acknowledged.length} acknowledged`,
      );
      return;
    default:
      throw notUnderstood();
  }
  print(`done: ${words.join(' ')}`);
}

const notUnderstood = () => new GatewayError('REQUEST_INVALID', `Not understood; type one of: ${panelCommands}`);

async function passwordOf(options: Options): Promise<string> {
  if (options.passwordFile !== undefined) return (await textOf(options.passwordFile, '--password-file')).trim();
  if (options.password !== undefined) return options.password;
  throw new GatewayError('REQUEST_INVALID', 'A panel needs --password-file or --password: the gateway shows it once, when the panel is added.');
}

function zonesOf(texts: readonly string[]): readonly SimulatedZone[] {
  const given = texts.length > 0 ? texts : ['1=120', '2=130', '3=111'];
  return given.map((text) => {
    const parts = /^([A-Za-z0-9][A-Za-z0-9_-]{0,62})(?:=([1-9][0-9A-Fa-f]{2}))?$/.exec(text);
    if (!parts?.[1]) throw new GatewayError('REQUEST_INVALID', `--zone wants an id, or id=code as in 1=120, but ${JSON.stringify(text)} came.`);
    return { id: parts[1], ...(parts[2] ? { code: parts[2].toUpperCase() } : {}) };
  });
}

function heartbeatOf(text: string): Millis {
  const count = Number(text);
  if (!(count >= 1 && count <= 3_600))
    throw new GatewayError('REQUEST_INVALID', `--heartbeat wants 1 to 3600 seconds, but ${JSON.stringify(text)} came.`);
  return seconds(count);
}

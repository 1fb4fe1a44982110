#!/usr/bin/env -S node --max-semi-space-size=4
/** The `campus-gateway` command. Thin: each verb is one function in commands/. */
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { Command, Option } from 'commander';
import { type CommonOptions, configOf, exitCodes, printable, printJson, tellFailure } from './commands/common.ts';
import { systemClock } from './runtime/clock.ts';
import { openLogger } from './runtime/logger.ts';
import { version } from './runtime/package-root.ts';
import { aborted, shutdownSignal } from './runtime/shutdown.ts';

interface Options extends CommonOptions {
  readonly out?: string;
  readonly omitSecrets?: boolean;
  readonly dryRun?: boolean;
  readonly groups?: boolean;
  readonly ladder?: boolean;
  readonly topic?: string;
  readonly payload?: string;
  readonly retained?: boolean;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly mqtt?: string;
}

/** By so many percent of what lives may the heap grow before it is collected whole; left to itself V8 lets it become four times as large (ADR 0021). */
const heapGrowth = 25;

const program = new Command('campus-gateway')
  .description('The box between a school and the police: camera streams and alarms, with provable delivery.')
  .version(version)
  .option('-c, --config <file>', 'gateway.yaml; without it, the one in this folder, else the defaults')
  .option('--json', 'print results as JSON')
  .addHelpText('after', '\nExit codes: 0 well, 1 failure, 2 wrong usage or configuration, 3 the check found problems.')
  .enablePositionalOptions()
  .showHelpAfterError('(add --help for more)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.well : exitCodes.usage));
const around = { clock: systemClock, log: openLogger('silent') };
const marks = { well: '○', warning: '▲', problem: '▣' } as const;
const print = (line: string) => process.stdout.write(`${printable(line)}\n`);

/** Adds a verb: what it returns is the exit code, what it throws becomes a sentence and an exit code. Common options stand before or after it. */
function verb(under: Command, name: string, description: string, run: (options: Options, words: readonly string[]) => Promise<number>): Command {
  const command = under.command(name).description(description);
  return command
    .option('-c, --config <file>', 'gateway.yaml')
    .option('--json', 'print results as JSON')
    .action(async () => {
      const options = command.optsWithGlobals<Options>();
      try {
        process.exitCode = await run(options, command.processedArgs.flat() as string[]);
      } catch (error) {
        process.exitCode = tellFailure(error, options.json === true);
      }
    });
}

verb(program, 'serve', 'run the gateway until it is stopped', async (options) => {
  setFlagsFromString(`--heap-growing-percent=${heapGrowth}`); // before the heap is first collected, which loading does
  const { serve } = await import('./commands/serve.ts');
  await serve(await configOf(options), shutdownSignal());
  return exitCodes.well;
});

verb(program, 'demo', 'a simulated school, the police side and the gateway, on loopback; presses a button after 10 s', async () => {
  const { openDemo } = await import('./commands/demo.ts');
  const signal = shutdownSignal();
  await using _demo = await openDemo({ clock: systemClock, log: openLogger('error'), print }, signal);
  await aborted(signal);
  return exitCodes.well;
});

verb(
  program,
  'simulate',
  'play one box for tests without hardware: panel, platform, camera, or a whole campus',
  async (_options, [name, ...given]) => {
    const { simulators } = await import('../simulators/index.ts');
    const simulator = simulators.find((candidate) => candidate.name === name);
    if (!simulator) {
      if (name !== undefined && name !== '--help') process.stderr.write(`There is no simulator ${JSON.stringify(name)}. These are:\n`);
      for (const { name: known, summary } of simulators) print(`${known.padEnd(10)} ${summary.en} · ${summary.zh}`);
      return name === undefined || name === '--help' ? exitCodes.well : exitCodes.usage;
    }
    const input = createInterface({ input: process.stdin });
    await simulator.run(given, { clock: systemClock, log: openLogger('warn'), print, input }, shutdownSignal());
    input.close();
    return exitCodes.well;
  },
)
  .argument('[name]', 'which simulator; without it they are listed')
  .argument('[arguments...]', 'its own arguments; `simulate NAME --help` tells them')
  .helpOption(false)
  .allowUnknownOption()
  .passThroughOptions();

verb(program, 'discover', 'find ONVIF cameras on every interface of this machine', async ({ json }) => {
  const { discoverCameras } = await import('../adapters/cameras/onvif/discovery.ts');
  const found = await discoverCameras(around, shutdownSignal());
  if (json) printJson(found);
  else for (const { address, name, hardware, heardOn } of found) print(`${address}  ${name}  ${hardware}  (heard on ${heardOn})`);
  if (found.length === 0 && !json) print('No camera answered. Check power, cabling and that this machine is on the camera network.');
  return exitCodes.well;
});

const inventory = program.command('inventory').description('the whole campus as one YAML file');
verb(inventory, 'export', 'write it; secrets stay sealed to this box', async ({ out, omitSecrets, ...options }) => {
  const { inventoryExport } = await import('./inventory/cli.ts');
  const { dataFolder } = await configOf(options);
  const wanted = { ...(out === undefined ? {} : { out }), ...(omitSecrets ? { secrets: 'omit' as const } : {}) };
  return told(await inventoryExport(dataFolder, wanted, around), options);
})
  .option('-o, --out <file>', 'instead of standard output')
  .option('--omit-secrets', 'leave the sealed secrets out');
verb(inventory, 'import', 'make the inventory what the file says', async ({ dryRun, ...options }, [file = '']) => {
  const { inventoryImport } = await import('./inventory/cli.ts');
  const { settingsProblems, uplinkDoubts } = await import('./assemble-adapters.ts');
  const { dataFolder } = await configOf(options);
  const panelProblems = (dialect: string, settings: unknown) => settingsProblems('panel', dialect, settings);
  return told(await inventoryImport(dataFolder, file, { dryRun: dryRun === true, panelProblems, uplinkDoubts, ...around }), options);
})
  .argument('<file>')
  .option('--dry-run', 'only tell what would change');

const panel = program.command('panel').description('what alarm panels say');
verb(panel, 'try', 'tell what a message would mean; nothing is recorded', async ({ topic, payload, retained, ...options }, [id = '']) => {
  const { tryPanel } = await import('./commands/try-panel.ts');
  const message = { topic: topic ?? '', payload: Buffer.from(payload ?? ''), retained: retained === true };
  return told(await tryPanel((await configOf(options)).dataFolder, id, message, around), options);
})
  .argument('<panel>')
  .requiredOption('-t, --topic <topic>')
  .option('-p, --payload <text>')
  .option('--retained', 'as a broker hands out what it kept');

verb(panel, 'knock', 'look whether a broker of the site hands on what a panel says: it may acknowledge and lose it', async (options, [id = '']) => {
  const { knock } = await import('./commands/try-broker.ts');
  const { username, passwordFile, mqtt } = options;
  const account = {
    username: username ?? id,
    ...(passwordFile === undefined ? {} : { passwordFile }),
    ...(mqtt === '5' ? { protocolVersion: 5 as const } : {}),
  };
  const trial = await knock(await configOf(options), id, account, around);
  const code = told(trial, options);
  return trial.well ? code : exitCodes.problems;
})
  .argument('<panel>')
  .option('-u, --username <name>', "the panel's account at the broker; its id unless told")
  .option('--password-file <file>', 'file with its password')
  .addOption(new Option('--mqtt <version>', 'what the panel speaks').choices(['3.1.1', '5']).default('3.1.1'));

const journal = program.command('journal').description('what was decided, and the proof that nobody changed it');
verb(journal, 'verify', 'look whether every event is as it was journalled; a gateway may be running', async (options) => {
  const { verifyJournal } = await import('./commands/verify-journal.ts');
  const report = await verifyJournal((await configOf(options)).dataFolder);
  if (options.json) printJson(report);
  else {
    const { position, unlinked, link, broken } = report;
    if (broken) print(`✗ Event ${broken.position} is ${broken.what}. Every event up to ${position} is as it was journalled.`);
    else print(`✓ All ${position} events are as they were journalled.`);
    if (unlinked > 0) print(`  Nothing is proved of the first ${unlinked}: an older build journalled them.`);
    if (link !== undefined) print(`  The link of event ${position}, as the uplinks hold it: ${link}`);
  }
  return report.broken ? exitCodes.problems : exitCodes.well;
});

const codes = program.command('codes').description('the 20-digit codes by which a GB/T 28181 platform knows the school');
verb(codes, 'show', 'tell each in words, and what has none', async (options, [uplink = '']) => {
  const { showCodes } = await import('./commands/codes.ts');
  return told(await showCodes((await configOf(options)).dataFolder, uplink, around), options);
}).argument('<uplink>');
verb(codes, 'import', "take over the bureau's table: all of it, or nothing", async ({ dryRun, ...options }, [uplink = '', file = '']) => {
  const { importCodes } = await import('./commands/codes.ts');
  return told(await importCodes((await configOf(options)).dataFolder, uplink, file, { dryRun: dryRun === true, ...around }), options);
})
  .argument('<uplink>')
  .argument('<file>', 'CSV with the columns code and id or name, or YAML as in the settings; UTF-8 or GB18030')
  .option('--dry-run', 'only tell what would change');
verb(codes, 'allocate', "number what has no code after the gateway's own; where the bureau allows it", async (options, [uplink = '']) => {
  const { dryRun, groups, ...common } = options;
  const { allocateCodes } = await import('./commands/codes.ts');
  const wanted = { dryRun: dryRun === true, groups: groups === true };
  return told(await allocateCodes((await configOf(common)).dataFolder, uplink, { ...wanted, ...around }), common);
})
  .argument('<uplink>')
  .option('--groups', 'also the places and their business group')
  .option('--dry-run', 'only tell what would change');

const config = program.command('config').description('gateway.yaml');
verb(config, 'check', 'tell every problem at once, each with its path, what was expected and what came', async (options) => {
  const { configWarnings } = await import('./runtime/config-rules.ts');
  const checked = await configOf(options);
  const warnings = configWarnings(checked);
  if (options.json) printJson({ valid: true, warnings, config: checked });
  else for (const line of ['The configuration is valid.', ...warnings.map(({ en }) => `warning: ${en}`)]) print(line);
  return warnings.length > 0 ? exitCodes.problems : exitCodes.well;
});

const doctor = verb(program, 'doctor', 'can this machine run the gateway?', async (options) => {
  const { examine } = await import('./commands/doctor.ts');
  const findings = await examine(await configOf(options));
  if (options.json) printJson(findings);
  else for (const { name, verdict, sentence } of findings) print(`${marks[verdict]} ${name.padEnd(8)} ${sentence.en}`);
  return findings.some(({ verdict }) => verdict === 'problem') ? exitCodes.problems : exitCodes.well;
});

verb(doctor, 'uplink', 'why does a police platform not know us? Asks the gateway that runs here', async (options, [name = '']) => {
  const { examineUplink } = await import('./commands/doctor-uplink.ts');
  const { sentence, findings, ladder } = await examineUplink(await configOf(options), name, systemClock);
  if (options.json) printJson({ sentence, findings, ladder });
  else {
    print(`${sentence.zh}\n${sentence.en}\n`);
    for (const found of findings) print(`${marks[found.verdict]} ${found.name.padEnd(14)} ${found.sentence.en}`);
    print(`\n${(options.ladder ? ladder : ladder.map((step) => step.split('\n')[0])).join('\n')}`);
  }
  return findings.some(({ verdict }) => verdict === 'problem') ? exitCodes.problems : exitCodes.well;
})
  .argument('<name>', 'id of the uplink')
  .option('--ladder', 'whole messages in the call ladder, secrets masked');

function told(done: { readonly text: string; readonly json: unknown }, { json }: Options): number {
  if (json) printJson(done.json);
  else process.stdout.write(done.text);
  return exitCodes.well;
}

await program.parseAsync();

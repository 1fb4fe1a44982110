#!/usr/bin/env node
/** The `campus-gateway` command. Thin: each verb is one function in commands/. */
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { configOf, exitCodes, printJson, tellFailure } from './commands/common.ts';
import { systemClock } from './runtime/clock.ts';
import { openLogger } from './runtime/logger.ts';
import { version } from './runtime/package-root.ts';
import { aborted, shutdownSignal } from './runtime/shutdown.ts';

interface Options {
  readonly config?: string;
  readonly json?: boolean;
}

const program = new Command('campus-gateway')
  .description('The box between a school and the police: camera streams and alarms, with provable delivery.')
  .version(version)
  .option('-c, --config <file>', 'gateway.yaml; without it, the one in this folder, else the defaults')
  .option('--json', 'print results as JSON')
  .addHelpText('after', '\nExit codes: 0 well, 1 failure, 2 wrong usage or configuration, 3 the check found problems.')
  .enablePositionalOptions()
  .showHelpAfterError('(add --help for more)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.well : exitCodes.usage));
const options = () => program.opts<Options>();
const around = { clock: systemClock, log: openLogger('silent') };
const print = (line: string) => process.stdout.write(`${line}\n`);

/** Runs one verb; whatever it throws becomes a sentence and an exit code. */
function verb<Arguments extends readonly unknown[]>(run: (...given: Arguments) => Promise<number | undefined>) {
  return async (...given: Arguments) => {
    try {
      process.exitCode = (await run(...given)) ?? exitCodes.well;
    } catch (error) {
      process.exitCode = tellFailure(error, options().json === true);
    }
  };
}

program
  .command('serve')
  .description('run the gateway until it is stopped')
  .action(
    verb(async () => {
      const { serve } = await import('./commands/serve.ts');
      await serve(await configOf(options()), shutdownSignal());
      return exitCodes.well;
    }),
  );

program
  .command('demo')
  .description('a simulated school, the police side and the gateway, on loopback; presses a button after 10 s')
  .action(
    verb(async () => {
      const { openDemo } = await import('./commands/demo.ts');
      const signal = shutdownSignal();
      await using _demo = await openDemo({ clock: systemClock, log: openLogger('error'), print }, signal);
      await aborted(signal);
      return exitCodes.well;
    }),
  );

program
  .command('simulate')
  .description('play one box for tests without hardware: panel, platform, camera, or a whole campus')
  .argument('[name]', 'which simulator; without it they are listed')
  .argument('[arguments...]', 'its own arguments; `simulate NAME --help` tells them')
  .helpOption(false)
  .allowUnknownOption()
  .passThroughOptions()
  .action(
    verb(async (name: string | undefined, given: readonly string[]) => {
      const { simulators } = await import('../simulators/index.ts');
      const simulator = simulators.find((candidate) => candidate.name === name);
      if (!simulator) {
        for (const { name: known, summary } of simulators) print(`${known.padEnd(10)} ${summary.en} · ${summary.zh}`);
        return name === undefined || name === '--help' ? exitCodes.well : exitCodes.usage;
      }
      const input = createInterface({ input: process.stdin });
      await simulator.run(given, { clock: systemClock, log: openLogger('warn'), print, input }, shutdownSignal());
      input.close();
      return exitCodes.well;
    }),
  );
program
  .command('discover')
  .description('find ONVIF cameras on every interface of this machine')
  .action(
    verb(async () => {
      const { discoverCameras } = await import('../adapters/cameras/onvif/discovery.ts');
      const found = await discoverCameras(around, shutdownSignal());
      if (options().json) printJson(found);
      else for (const { address, name, hardware, heardOn } of found) print(`${address}  ${name}  ${hardware}  (heard on ${heardOn})`);
      if (found.length === 0 && !options().json) print('No camera answered. Check power, cabling and that this machine is on the camera network.');
      return exitCodes.well;
    }),
  );

const inventory = program.command('inventory').description('the whole campus as one YAML file');
inventory
  .command('export')
  .description('write it; secrets stay sealed to this box')
  .option('-o, --out <file>', 'instead of standard output')
  .option('--omit-secrets', 'leave the sealed secrets out')
  .action(
    verb(async ({ out, omitSecrets }: { out?: string; omitSecrets?: boolean }) => {
      const { inventoryExport } = await import('./inventory/cli.ts');
      const { dataFolder } = await configOf(options());
      const done = await inventoryExport(
        dataFolder,
        { ...(out === undefined ? {} : { out }), ...(omitSecrets ? { secrets: 'omit' as const } : {}) },
        around,
      );
      if (options().json) printJson(done.json);
      else process.stdout.write(done.text);
      return exitCodes.well;
    }),
  );
inventory
  .command('import')
  .description('make the inventory what the file says')
  .argument('<file>')
  .option('--dry-run', 'only tell what would change')
  .action(
    verb(async (file: string, { dryRun }: { dryRun?: boolean }) => {
      const { inventoryImport } = await import('./inventory/cli.ts');
      const { dataFolder } = await configOf(options());
      const done = await inventoryImport(dataFolder, file, { dryRun: dryRun === true, ...around });
      if (options().json) printJson(done.json);
      else process.stdout.write(done.text);
      return exitCodes.well;
    }),
  );

program
  .command('config')
  .description('gateway.yaml')
  .command('check')
  .description('tell every problem at once, each with its path, what was expected and what came')
  .action(
    verb(async () => {
      const { configWarnings } = await import('./runtime/config-rules.ts');
      const config = await configOf(options());
      const warnings = configWarnings(config);
      if (options().json) printJson({ valid: true, warnings, config });
      else for (const line of ['The configuration is valid.', ...warnings.map(({ en }) => `warning: ${en}`)]) print(line);
      return warnings.length > 0 ? exitCodes.problems : exitCodes.well;
    }),
  );

program
  .command('doctor')
  .description('can this machine run the gateway?')
  .action(
    verb(async () => {
      const { examine } = await import('./commands/doctor.ts');
      const findings = await examine(await configOf(options()));
      if (options().json) printJson(findings);
      else
        for (const { name, verdict, sentence } of findings)
          print(`${{ well: '○', warning: '▲', problem: '▣' }[verdict]} ${name.padEnd(8)} ${sentence.en}`);
      return findings.some(({ verdict }) => verdict === 'problem') ? exitCodes.problems : exitCodes.well;
    }),
  );

await program.parseAsync();

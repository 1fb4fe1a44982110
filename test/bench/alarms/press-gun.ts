/** Many alarms a second from many panels, out of a process of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runByLines } from '../../support/native-programs.ts';

export interface ShootingPanel {
  readonly id: string;
  readonly password: string;
}

export interface Shot {
  readonly panel: string;
  readonly boot: string;
  readonly seq: number;
  readonly zone: string;
  readonly code: string;
  /** Epoch ms, with fractions. */
  readonly sentAt: number;
  /** When the PUBACK came; null: never. */
  readonly acknowledgedAt: number | null;
}

export interface PressLoad {
  readonly perSecond: number;
  readonly seconds: number;
  readonly panicEvery: number;
  readonly silent?: boolean;
}

export interface PressGun extends AsyncDisposable {
  /** Resolves once every shot is acknowledged, or 20 s after the last. Every `panicEvery`th is a panic; `silent` ones have a zone of their own. */
  fire(load: PressLoad): Promise<readonly Shot[]>;
}

const child = fileURLToPath(new URL('./press-gun-child.ts', import.meta.url));

export async function openPressGun(to: {
  readonly port: number;
  readonly campus: string;
  readonly panels: readonly ShootingPanel[];
  readonly folder: string;
}): Promise<PressGun> {
  const words = ['--import', 'tsx', child, String(to.port), to.campus, JSON.stringify(to.panels)];
  const program = runByLines('The panels', process.execPath, words);
  await program.line();
  const file = join(to.folder, 'shots.json');
  return {
    async fire(load) {
      program.say(JSON.stringify({ load, file }));
      await program.line();
      return JSON.parse(readFileSync(file, 'utf8')) as readonly Shot[];
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** What is measured is the built product, not the development run: built here once if the sources are newer. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const builtGateway = join(root, 'dist/gateway/main.js');

/** The options of Node that its first line asks for: whoever calls it by its name gets them. */
export function builtOptions(): readonly string[] {
  const [first = ''] = readFileSync(builtGateway, 'utf8').split('\n', 1);
  return first.split(' ').filter((word) => word.startsWith('--'));
}

/** Throws where the build leaves no program. */
export function buildIfStale(): void {
  const folders = ['gateway', 'adapters', 'simulators'];
  const newest = Math.max(...folders.map((folder) => newestIn(join(root, folder))));
  if (modified(builtGateway) > newest) return;
  const built = spawnSync('npm', ['run', '-s', 'build:node'], { cwd: root, encoding: 'utf8' });
  if (built.status === 0) return;
  process.stderr.write(`The build reports problems:\n${built.stdout}${built.stderr}\n`);
  if (modified(builtGateway) < newest) throw new Error('The gateway cannot be built, so nothing can be measured.');
}

function newestIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  return Math.max(
    0,
    ...files.filter((entry) => !entry.parentPath.includes('/gateway/web')).map((entry) => modified(join(entry.parentPath, entry.name))),
  );
}

function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

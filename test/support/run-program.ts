/** Runs a program to its end, or to the end of our patience. */
import { spawn } from 'node:child_process';

export interface ProgramResult {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export async function runProgram(program: string, args: readonly string[], within = 60_000, input?: Uint8Array): Promise<ProgramResult> {
  const { output, ...result } = await runBytes(program, args, within, input);
  return { ...result, output: output.toString() };
}

/** The same for output that is no text. */
export function runBytes(
  program: string,
  args: readonly string[],
  within: number,
  input?: Uint8Array,
): Promise<Omit<ProgramResult, 'output'> & { readonly output: Buffer }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: within, killSignal: 'SIGKILL' });
    const output: Buffer[] = [];
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output: Buffer.concat(output), errors }));
    child.stdin.on('error', () => undefined); // It may end before it has read everything.
    child.stdin.end(input);
  });
}

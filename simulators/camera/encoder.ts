/** ffmpeg as the encoder of what simulated cameras show and sound like. */
import { type ChildProcess, spawn } from 'node:child_process';
import { GatewayError } from '../../gateway/domain/errors.ts';

/** Its standard input is open; what it says on standard error is told by `outcome`. */
export function start(program: string, options: readonly string[]): ChildProcess {
  const child = spawn(program, ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...options], {
    stdio: ['pipe', 'ignore', 'pipe'],
    windowsHide: true,
  });
  child.stdin?.on('error', () => undefined); // the child ended early: its exit code tells why
  return child;
}

/** Resolves when it ended well. */
export function outcome(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
    const fail = (why: string, cause?: unknown) =>
      reject(new GatewayError('TRANSCODER_MISSING', `The ffmpeg ${program} could not encode for a simulated camera: ${why}`, { cause }));
    child.once('error', (error) => fail(error.message, error));
    child.once('close', (code, signal) => (code === 0 ? resolve() : fail(said.trim() || `it ended with ${code ?? signal}`)));
  });
}

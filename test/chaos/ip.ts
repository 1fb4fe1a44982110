/** The network of a namespace, as root arranges it. */
import { spawnSync } from 'node:child_process';

/** Throws what the program says. */
export function run(program: string, words: readonly string[], input = ''): void {
  const { status, stderr, error } = spawnSync(program, words, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} ${input}: ${error?.message ?? stderr}`);
}

export const ip = (...words: readonly string[]): void => run('ip', words);

/** One end of a narrow link: packets of 1,300 bytes, 2 Mbit/s. */
export function narrow(device: string, address: string): void {
  ip('addr', 'add', `${address}/30`, 'dev', device);
  ip('link', 'set', device, 'mtu', '1300', 'up');
  run('tc', ['qdisc', 'add', 'dev', device, 'root', 'tbf', 'rate', '2mbit', 'burst', '16kb', 'latency', '400ms']);
}

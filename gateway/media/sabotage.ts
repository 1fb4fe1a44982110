/** Breaks the media worker on purpose, so that its replacement can be seen. Only a worker that was started as breakable obeys. */
import type { MessagePort, Worker } from 'node:worker_threads';

/**
 * crash: throws where nobody catches · hang: never comes back to its loop · leak: takes memory turn by turn · runaway: takes memory in one turn
 * without end · terminate: is ended from outside.
 */
export const mediaFaults = ['crash', 'hang', 'leak', 'runaway', 'terminate'] as const;
export type MediaFault = (typeof mediaFaults)[number];

export const isMediaFault = (text: unknown): text is MediaFault => mediaFaults.some((fault) => fault === text);

/** The main thread's side: knows the worker that runs just now. */
export class MediaSaboteur {
  #worker: Worker | undefined;
  /** Workers begun so far. */
  begun = 0;

  follow(worker: Worker): void {
    this.#worker = worker;
    this.begun += 1;
  }

  break(fault: MediaFault): void {
    if (fault === 'terminate') void this.#worker?.terminate();
    else this.#worker?.postMessage({ kind: 'break', fault });
  }
}

/** The worker's side. */
export function obeyFaults(port: MessagePort): void {
  port.on('message', (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('kind' in message && 'fault' in message)) return;
    if (message.kind === 'break' && isMediaFault(message.fault)) breakDown(message.fault);
  });
}

const held: unknown[] = [];

function breakDown(fault: MediaFault): void {
  switch (fault) {
    case 'crash':
      throw new Error('The media worker was told to crash.');
    case 'hang':
      for (;;);
    case 'leak':
      held.push(new Array(1_000_000).fill(0.5)); // 8 MB
      setImmediate(() => breakDown('leak'));
      return;
    case 'runaway':
      for (;;) held.push(Array.from({ length: 100_000 }, (_, index) => ({ index, text: `entry ${index}` })));
    case 'terminate':
      return;
  }
}

/** Ctrl-C and a service manager's stop, as one signal. A second Ctrl-C ends at once. */
export function shutdownSignal(): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (ending.signal.aborted) process.exit(130);
      ending.abort(new DOMException(`stopped by ${name}`, 'AbortError'));
    });
  }
  return ending.signal;
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

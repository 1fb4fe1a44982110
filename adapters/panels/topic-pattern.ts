/** A topic with names for its levels: `up/{imei}/alarm`. `{name}` takes one level, `+` too, and `#` at the end whatever follows. */

/** What the names took; undefined where the topic is another one. */
export function captures(pattern: string, topic: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  const wanted = pattern.split('/');
  const levels = topic.split('/');
  for (const [place, part] of wanted.entries()) {
    if (part === '#') return found;
    const level = levels[place];
    if (level === undefined) return undefined;
    const name = nameIn(part);
    if (name !== undefined) found.set(name, level);
    else if (part !== '+' && part !== level) return undefined;
  }
  return wanted.length === levels.length ? found : undefined;
}

/** The MQTT filter that hears it. */
export function filterOf(pattern: string): string {
  return pattern
    .split('/')
    .map((part) => (nameIn(part) === undefined ? part : '+'))
    .join('/');
}

function nameIn(part: string): string | undefined {
  return part.match(/^\{([a-z][a-zA-Z0-9]{0,30})\}$/)?.[1];
}

/** Wildcards and names stand for whole levels, `#` at the end only. */
export function isTopicPattern(pattern: string): boolean {
  return pattern
    .split('/')
    .every((part, place, all) => (part === '#' ? place === all.length - 1 : part === '+' || nameIn(part) !== undefined || !/[+#{}]/.test(part)));
}

/**
 * Names that a camera gives itself, made safe to be shown: terminals obey control characters, and bidirectional overrides make a name read as another.
 */
export function legible(text: string, most = 100): string {
  return text.replace(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, '').slice(0, most);
}

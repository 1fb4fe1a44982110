/** HTML in which everything is escaped that was not written here: names in it come from devices, and messages from whoever sends them. */
export interface Html {
  readonly html: string;
}

type Part = Html | readonly Html[] | string | number;

export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: texts.map((text, index) => text + (index < parts.length ? written(parts[index]!) : '')).join('') };
}

function written(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return 'html' in part ? part.html : part.map((each) => each.html).join('');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string) =>
  text.replace(/[\p{Cc}]/gu, (control) => (control === '\n' ? '\n' : '')).replace(/[&<>"']/g, (each) => entities[each]!);

/** XML as strings: what a camera writes. Names are ours, values are escaped. */
import { escapeXml } from '../../adapters/protocols/soap/xml.ts';

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** An element around XML. */
export function element(name: string, content: string | readonly string[] = '', attributes: Attributes = {}): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  const inside = typeof content === 'string' ? content : content.join('');
  return inside === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${inside}</${name}>`;
}

/** An element around a value. */
export function value(name: string, content: string | number | boolean): string {
  return element(name, escapeXml(String(content)));
}

/** Puts a counter into every branch of a module's source, so that the fuzzer sees where an input leads. No line moves: stack traces stay right. */
import { parseSync } from 'vite';
import { registerName } from './coverage.ts';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

/** `file` names the module in errors and tells TypeScript by its extension. Throws for what cannot be parsed. */
export function instrument(file: string, source: string): string {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const weaver = new Weaver();
  weaver.visit(program);
  const words = JSON.stringify([...weaver.words]);
  return `const $hits=globalThis.${registerName}(${JSON.stringify(file)},${weaver.counters},${words});${weaver.weave(source)}`;
}

class Weaver {
  counters = 0;
  /** Literals of the source: what the code compares with is what inputs should hold. */
  readonly words = new Set<string | number>();
  readonly #before = new Map<number, string>();
  readonly #after = new Map<number, string>();

  /** Texts at one place: those that close stand before those that open, inner ones close first. */
  weave(source: string): string {
    let woven = '';
    let from = 0;
    for (const at of [...new Set([...this.#before.keys(), ...this.#after.keys()])].sort((a, b) => a - b)) {
      woven += source.slice(from, at) + (this.#after.get(at) ?? '') + (this.#before.get(at) ?? '');
      from = at;
    }
    return woven + source.slice(from);
  }

  visit(value: unknown, telling = true): void {
    if (Array.isArray(value)) for (const each of value) this.visit(each, telling);
    if (!isNode(value) || /^(TS(?!As|NonNull|Satisfies)|Import)/.test(value.type)) return;
    const closings = this.#open(value);
    if (telling) this.#collect(value);
    // What an error says is no word of the format.
    for (const [field, below] of Object.entries(value)) {
      if (field !== 'type') this.visit(below, telling && value.type !== 'ThrowStatement' && value.type !== 'NewExpression');
    }
    for (const [at, text] of closings) this.#after.set(at, (this.#after.get(at) ?? '') + text);
  }

  /** Opens the counters of a node's branches; returns what closes them. */
  #open(node: Node): [number, string][] {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.#branch(node.body);
      case 'IfStatement': {
        const { consequent, alternate } = node;
        const closings = [...this.#branch(consequent), ...this.#branch(alternate)];
        if (!isNode(alternate)) closings.push([node.end, `else{${this.#count()};}`]);
        return closings;
      }
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'CatchClause':
        return this.#branch(node.body);
      case 'ConditionalExpression':
        return [...this.#branch(node.consequent), ...this.#branch(node.alternate)];
      case 'LogicalExpression':
        return this.#branch(node.right);
      case 'SwitchCase': {
        const first: unknown = Array.isArray(node.consequent) ? node.consequent[0] : undefined;
        if (isNode(first)) this.#insert(first.start, `${this.#count()};`);
        return [];
      }
      default:
        return [];
    }
  }

  /** A counter in front of a block's content, a lone statement or an expression. */
  #branch(node: unknown): [number, string][] {
    if (!isNode(node)) return [];
    if (node.type === 'BlockStatement') {
      this.#insert(node.start + 1, `${this.#count()};`);
      return [];
    }
    const statement = /Statement$|Declaration$/.test(node.type);
    this.#insert(node.start, statement ? `{${this.#count()};` : `(${this.#count()},`);
    return [[node.end, statement ? '}' : ')']];
  }

  #insert(at: number, text: string): void {
    this.#before.set(at, (this.#before.get(at) ?? '') + text);
  }

  #count(): string {
    this.counters += 1;
    return `$hits[${this.counters - 1}]++`;
  }

  #collect(node: Node): void {
    const { value, regex } = node;
    if (node.type !== 'Literal') return;
    if (typeof regex === 'object' && regex !== null && 'pattern' in regex) {
      for (const [word] of String(regex.pattern).matchAll(/[A-Za-z][\w-]{2,}/g)) this.words.add(word);
    } else if (typeof value === 'number' && value > 1 && value < 2 ** 32 && Number.isInteger(value)) this.words.add(value);
    else if (typeof value === 'string' && value.length > 1 && value.length <= 40) this.words.add(value);
  }
}

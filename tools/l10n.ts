/** What of the extension is translated: the texts in `client/` that go through `l10n.t`, and those of package.json. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

/** Where a text stands. */
export interface Found {
  text: string;
  file: string;
}

/** The sources of the extension; pages of web views are given their texts. */
export const clientFiles = (): string[] =>
  readdirSync(path.join(root, 'client'), { recursive: true, encoding: 'utf8' })
    .map((name) => `client/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.ts'))
    .toSorted();

export const sourceOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** `t('…')` and `l10n.t('…')`, with the literal as it is written. */
const CALL = /\bt\(\s*('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")\s*[,)]/g;

/** Every text that is given to a translation. */
export const translated = (): Found[] =>
  clientFiles().flatMap((file) =>
    [...sourceOf(file).matchAll(CALL)].map(([, literal]) => ({ text: unquoted(literal ?? ''), file })),
  );

const unquoted = (literal: string): string =>
  literal.slice(1, -1).replaceAll(/\\(.)/g, (_, character: string) => ({ n: '\n', t: '\t' })[character] ?? character);

/** `l10n/bundle.l10n.json`: what a translator begins with. */
export function bundle(): string {
  const texts = [...new Set(translated().map(({ text }) => text))].toSorted();
  return `${JSON.stringify(Object.fromEntries(texts.map((text) => [text, text])), null, 2)}\n`;
}

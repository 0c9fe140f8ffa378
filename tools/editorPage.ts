/** The page about the language server's requests, made from the table of them and from the tests that prove them. */
import { readdirSync, readFileSync } from 'node:fs';
import { COMMAND, REQUEST } from '../shared/protocol.ts';
import { OWN_REQUESTS } from '../server/features/ownTable.ts';
import { FEATURES } from '../server/features/table.ts';
import { CLIENTS } from '../test/support/clients.ts';
import { fixtures } from '../test/support/fixture.ts';
import { METHODS } from '../test/support/markers.ts';

const textOf = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const filesIn = (folder: string): string[] =>
  readdirSync(new URL(`../${folder}/`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .toSorted();

const sources = filesIn('server/features')
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: textOf(name) }));

const tests = filesIn('test/server')
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => ({ name, text: textOf(name) }));

export interface Row {
  method: string;
  /** The first sentence of the file that answers it. */
  what: string;
  /** Capabilities that a client is told which can use it. */
  announced: string[];
  /** Folders of fixtures that ask it; of what none asks, the tests. */
  proofs: string[];
}

/** By method. Each request of LSP is in it. */
export function editorRows(): Row[] {
  const rows = FEATURES.map((feature): Row => ({
    method: feature.method,
    what: whatOf(`method: '${feature.method}'`),
    announced: Object.keys(feature.announce(CLIENTS.full, Object.values(COMMAND))),
    proofs: proofsOf(feature.method),
  }));
  return rows.toSorted(byMethod);
}

/** The same of our own requests, which nobody announces. */
export function ownRows(): Omit<Row, 'announced'>[] {
  const rows = OWN_REQUESTS.map(({ method }) => {
    const name = `REQUEST.${Object.entries(REQUEST).find(([, each]) => each === method)?.[0]}`;
    const asks = new RegExp(`\\b${name.replace('.', '\\.')}\\b`);
    const proofs = tests.filter(({ text }) => /\bstart(?:Lsp|Faulty)\(/.test(text) && asks.test(text));
    return { method, what: whatOf(`method: ${name},`), proofs: proofs.map((test) => test.name) };
  });
  return rows.toSorted(byMethod);
}

const byMethod = (a: { method: string }, b: { method: string }): number => (a.method < b.method ? -1 : 1);

/** @param entry how the source of a request names it */
function whatOf(entry: string): string {
  const source = sources.find(({ text }) => text.includes(entry));
  const head = /^\/\*\*?([\s\S]*?)\*\//.exec(source?.text ?? '')?.[1] ?? '';
  const prose = head.replace(/\n \* ?/g, ' ').trim();
  // Behind the method's own name.
  const about = prose.replace(/^`[^`]*`(?: and `[^`]*`)?[^:.]*:\s*/, '');
  return about.replace(/\.(?: .*|$)/, '.');
}

function proofsOf(method: string): string[] {
  const verbs = new Set(Object.entries(METHODS).flatMap(([verb, methods]) => (methods.includes(method) ? [verb] : [])));
  const folders = fixtures()
    .filter(({ files }) => files.some(({ markers }) => markers.some(({ verb }) => verbs.has(verb))))
    .map(({ name }) => `test/fixtures/lsp/${name.split('/')[0]}`);
  if (folders.length > 0) return [...new Set(folders)];
  // What fixtures cannot say is in tests of its own.
  return tests.filter(({ text }) => text.includes(`'${method}'`)).map(({ name }) => name);
}

export const editorPage = (): string =>
  `${[
    HEAD,
    ['| request | what it is | announced as | proved by |', '|---|---|---|---|', ...editorRows().map(line)].join('\n'),
    OWN,
    [
      '| request | what it is |',
      '|---|---|',
      ...ownRows().map(({ method, what }) => `| \`${method}\` | ${what} |`),
    ].join('\n'),
    TAIL,
  ].join('\n\n')}\n`;

const line = ({ method, what, announced, proofs }: Row): string =>
  `| \`${method}\` | ${what} | ${quotedList(announced) || 'with the request that it belongs to'} | ${quotedList(proofs)} |`;

const quotedList = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

const HEAD = `<!-- Made by \`npm run docs\` from server/features/table.ts, ownTable.ts and the tests. Do not edit. -->

# What the language server answers

Nothing is announced to a client that did not say that it can use it.
A request that is sent all the same is answered in its plainest form.
All requests are also asked with parameters that are wrong, for documents that are not open and far outside of the text: \`test/server/lspFeatures.test.ts\`, \`test/server/features/robust.test.ts\`.`;

const OWN = `## Requests of our own

Their parameters and answers are in \`shared/protocol.ts\`, for any editor.
With wrong ones they are asked in \`test/server/lspOwn.test.ts\`.`;

const TAIL = `Fixtures are topologies with markers in comments; each is run through the functions, over a pipe, and, for what is wrong in a file, through the command line.
How they are written: \`test/support/fixture.ts\`.
Besides: \`textDocument/publishDiagnostics\` (every fixture).`;

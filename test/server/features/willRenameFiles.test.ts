// Files and folders that get other names, on a disk: what `include` says afterwards, and that the topology is made of the same files.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { WorkspaceEdit } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Context } from '../../../server/features/feature.ts';
import { willRenameFiles } from '../../../server/features/willRenameFiles.ts';
import { makeWorkspace } from '../../../server/workspace.ts';
import { matches, fitsPath } from '../../../shared/topology/pathPattern.ts';
import { textLibrary } from '../../../shared/topology/files.ts';
import { readFile } from '../../../shared/topology/read.ts';
import { randomOf } from '../../shared/topology/edits.ts';

const made: string[] = [];
after(() => made.forEach((folder) => rmSync(folder, { recursive: true })));

interface Case {
  /** What `include` of the root says; a text is the whole beginning of the file. */
  include: string;
  /** The others, empty. */
  files: string[];
  moves: [from: string, to: string][];
  /** The same afterwards; absent: nothing is to be done. */
  expected?: string;
  /** The files of the topology afterwards, where they are others than before, by their new names. */
  parts?: string[];
  root?: string;
}

const CASES: Record<string, Case> = {
  'a file keeps its place when it leaves the pattern': {
    include: 'include: [t/*.dvr.yaml, u.yaml]',
    files: ['t/red.dvr.yaml', 't/blue.dvr.yaml', 'u.yaml'],
    moves: [['t/red.dvr.yaml', 'other/red.dvr.yaml']],
    expected: 'include: [t/*.dvr.yaml, other/red.dvr.yaml, u.yaml]',
  },
  'in a list of lines, with comments': {
    include: 'include:\n  # all\n  - t/*.dvr.yaml   # tenants\n  - u.yaml',
    files: ['t/red.dvr.yaml', 'u.yaml'],
    moves: [['t/red.dvr.yaml', 't/red.yaml']],
    expected: 'include:\n  # all\n  - t/*.dvr.yaml   # tenants\n  - t/red.yaml\n  - u.yaml',
  },
  'lines of Windows, quotes': {
    include: 'include:\r\n- "t/*.dvr.yaml"\r',
    files: ['t/red.dvr.yaml'],
    moves: [['t/red.dvr.yaml', 't/red one.yaml']],
    expected: 'include:\r\n- "t/*.dvr.yaml"\r\n- "t/red one.yaml"\r',
  },
  'a new name that another pattern fits, or that is named already': {
    include: 'include: [t/*.dvr.yaml, u/*.yaml]',
    files: ['t/red.dvr.yaml', 'u/x.yaml'],
    moves: [['t/red.dvr.yaml', 'u/red.dvr.yaml']],
  },
  'a new name that the pattern fits as well': {
    include: 'include: [t/**/*.yaml]',
    files: ['t/red.dvr.yaml'],
    moves: [['t/red.dvr.yaml', 't/a/b/blue.yaml']],
  },
  'a new name by which it is to be no part any more': {
    include: 'include: [t/*.dvr.yaml]',
    files: ['t/red.dvr.yaml', 't/blue.dvr.yaml'],
    moves: [
      ['t/red.dvr.yaml', 't/red.dvr.yaml.bak'],
      ['t/blue.dvr.yaml', 't/.blue.dvr.yaml'],
    ],
    parts: [],
  },
  'the folder that the pattern begins in': {
    include: 'include: [t/u/*.dvr.yaml, ./t/**/x.yaml]',
    files: ['t/u/red.dvr.yaml', 't/u/v/x.yaml'],
    moves: [['t', 'clouds']],
    expected: 'include: [clouds/u/*.dvr.yaml, clouds/**/x.yaml]',
  },
  'a folder below it, of which all files leave': {
    include: 'include:\n- t/*/*.dvr.yaml',
    files: ['t/a/1.dvr.yaml', 't/a/2.dvr.yaml', 't/b/3.dvr.yaml'],
    moves: [['t/a', 'old']],
    expected: 'include:\n- t/*/*.dvr.yaml\n- old/1.dvr.yaml\n- old/2.dvr.yaml',
  },
  'a folder below it, which the pattern still finds': {
    include: 'include: [t/*/*.dvr.yaml]',
    files: ['t/a/1.dvr.yaml'],
    moves: [['t/a', 't/c']],
  },
  'the file with the pattern itself': {
    include: "include: ['t/*.dvr.yaml', u.yaml]",
    files: ['t/1.dvr.yaml', 'u.yaml'],
    moves: [['root.dvr.yaml', 'deep/er/cloud.dvr.yaml']],
    expected: "include: ['../../t/*.dvr.yaml', ../../u.yaml]",
    root: 'deep/er/cloud.dvr.yaml',
  },
  'the file with the pattern, and all that it finds': {
    include: 'include: [w/t/*.dvr.yaml]',
    files: ['w/t/1.dvr.yaml'],
    moves: [['.', '../moved']],
  },
  'a pattern of the own folder': {
    include: 'include: ["*.dvr.yaml"]',
    files: ['red.dvr.yaml'],
    moves: [['red.dvr.yaml', 't/red.dvr.yaml']],
    expected: 'include: ["*.dvr.yaml", "t/red.dvr.yaml"]',
  },
  'names that must be quoted': {
    include: 'include: [t/*.dvr.yaml]',
    files: ['t/red.dvr.yaml'],
    moves: [['t/red.dvr.yaml', 'a, b [c]/red #1.dvr.yaml']],
    expected: 'include: [t/*.dvr.yaml, "a, b [c]/red #1.dvr.yaml"]',
  },
};

for (const [name, { include, files, moves, expected, parts, root: rootAfter = 'root.dvr.yaml' }] of Object.entries(
  CASES,
))
  test(name, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-rename-'));
    made.push(folder);
    const text = `${include}\nnodes:\n  n1: {agent_mode: dvr}\n`;
    const write = (file: string, content: string): void => {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), content);
    };
    const uriOf = (file: string): string => pathToFileURL(path.join(folder, file)).href;
    write('root.dvr.yaml', text);
    for (const file of files) write(file, 'networks: {}\n');
    const workspace = makeWorkspace();
    workspace.found([path.join(folder, 'root.dvr.yaml')]);
    const context = { client: {}, documents: () => [], everyDocument: () => workspace.all() };
    const edit = (await willRenameFiles.answer(
      { files: moves.map(([from, to]) => ({ oldUri: uriOf(from), newUri: uriOf(to) })) },
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what it asks for
      context as unknown as Context,
    )) as WorkspaceEdit | null;
    const edits = edit?.changes?.[uriOf('root.dvr.yaml')] ?? [];
    const changed = TextDocument.applyEdits(TextDocument.create('', '', 0, text), edits);
    assert.equal(changed, text.replace(include, expected ?? include));
    if (moves[0]![0] === '.') return;
    // What the editor does then: the topology is made of the same files.
    write('root.dvr.yaml', changed);
    for (const [from, to] of moves) {
      mkdirSync(path.dirname(path.join(folder, to)), { recursive: true });
      renameSync(path.join(folder, from), path.join(folder, to));
    }
    const now = makeWorkspace();
    now.found([path.join(folder, rootAfter)]);
    const renamed = (file: string): string => {
      const move = moves.find(([from]) => file === from || file.startsWith(`${from}/`));
      return move ? move[1] + file.slice(move[0].length) : file;
    };
    const included = now
      .document(uriOf(rootAfter))!
      .parts()
      .slice(1)
      .map((part) => part.text.uri);
    assert.deepEqual(included.toSorted(), (parts ?? files.map(renamed)).map(uriOf).toSorted());
  });

test('whether a pattern fits a path is what looking through the folders finds', () => {
  const random = randomOf(Number(process.env['SEED'] ?? 1));
  const names = ['a', 'b', '.h', 'node_modules', 'x.yaml', 'y.dvr.yaml', '.z.yaml', 'x.txt'];
  const parts = ['*', '**', 'a', 'b', '?', '*.yaml', 'x.*', '.h', 'x.yaml', '.'];
  const some = (of: readonly string[], most: number): string =>
    Array.from({ length: 1 + random.below(most) }, () => random.pick(of)).join('/');
  let found = 0;
  for (let i = 0; i < 6000; i++) {
    const file = some(names, 4);
    const pattern = `${some(parts, 3)}/${random.pick(['*', '*.yaml', '**', 'x.*'])}`;
    const library = textLibrary(new Map([[file, '']]), (_path, text) => readFile(text));
    const { paths } = matches('', pattern, library, { names: 1000 });
    assert.equal(fitsPath(file, pattern), paths.includes(file), `${pattern} ${file}`);
    found += paths.length;
  }
  assert.ok(found > 100, `${found}`);
});

/** `dvrscope lsp --stdio`: the language server for any editor. */
import type { Io, Verb } from './io.ts';
import { UsageError, readArgs } from './io.ts';

export const lsp: Verb = {
  name: 'lsp',
  usage: 'lsp --stdio',
  summary: 'the language server, for any editor that speaks LSP',
  help: '  --stdio   speak over standard input and output',
  run,
};

async function run(args: string[], _io: Io): Promise<number> {
  const { values } = readArgs(args, { stdio: { type: 'boolean' } } as const, []);
  if (!values.stdio) throw new UsageError('--stdio is missing');
  // Loaded only here: no other verb pays for it.
  await import('../lsp.ts');
  // The connection ends the process when the client says so or goes away.
  return new Promise<number>(() => undefined);
}

/** The program `dvrscope`. Whatever goes wrong in it, a person sees a sentence and no stack trace. */
import { type Io, UsageError } from './cli/io.ts';
import { hasColor, progressLine, showsProgress, takeColor } from './cli/terminal.ts';
import { fileErrorText } from './collect/errorCode.ts';
import { visible, visibleLines } from './collect/visible.ts';

let isLost = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The editor went away.
  if (isServer(process.argv.slice(2))) process.exit(error.code === 'EPIPE' ? 0 : 2);
  // A reader that has seen enough (`| head`) closes the pipe; that is no error, and the verb goes on to its end and its status.
  if (error.code === 'EPIPE' || isLost) return;
  isLost = true;
  process.exitCode = 2;
  process.stderr.write(`dvrscope: standard output cannot be written: ${fileErrorText(error)}\n`);
});
// Where nobody reads what is wrong the status still says it.
process.stderr.on('error', () => undefined);

// Whatever a node or a file put into a text, it does nothing to a terminal.
async function run(): Promise<number> {
  const { args, color } = takeColor(process.argv.slice(2));
  const isColored = hasColor(color, process.env, process.stdout.isTTY);
  const { stderr } = process;
  const io: Io = {
    out: (text, paint) =>
      void process.stdout.write(isColored && paint ? paint(visibleLines(text)) : visibleLines(text)),
    err: (text) => void stderr.write(visibleLines(text)),
    ...(showsProgress(process.env, stderr.isTTY) && {
      progress: (line: string) => void stderr.write(progressLine(visible(line), stderr.columns)),
    }),
  };
  return isServer(args) ? serve() : (await import('./cli.ts')).main(args, io);
}

/** The language server starts without what only the verbs need. */
const isServer = ([verb, transport, ...rest]: readonly string[]): boolean =>
  verb === 'lsp' &&
  (transport === '--stdio' || transport === '--node-ipc') &&
  // What `vscode-languageclient` says of itself, so that the server ends with it.
  rest.every((arg) => /^--clientProcessId=\d+$/.test(arg));

async function serve(): Promise<number> {
  await import('./lsp.ts');
  // The connection ends the process when the client says so or goes away.
  return new Promise<number>(() => undefined);
}

run().then(
  (status) => {
    process.exitCode = isLost ? 2 : status;
  },
  (error: unknown) => {
    if (error instanceof UsageError) {
      process.stderr.write(visibleLines(`dvrscope: ${error.message}\n`));
      process.exitCode = 2;
      return;
    }
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(visibleLines(`dvrscope: this is a bug, please report it: ${message}\n`));
    if (process.env['DVRSCOPE_DEBUG']) process.stderr.write(visibleLines(`${stack}\n`));
    process.exitCode = 2;
  },
);

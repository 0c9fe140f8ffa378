/** The program `dvrscope`. Whatever goes wrong in it, a person sees a sentence and no stack trace. */
import { main } from './cli.ts';
import { visibleLines } from './collect/visible.ts';

// A reader that has seen enough (`| head`) closes the pipe; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));

// Whatever a node or a file put into a text, it does nothing to a terminal.
const io = {
  out: (text: string) => void process.stdout.write(visibleLines(text)),
  err: (text: string) => void process.stderr.write(visibleLines(text)),
};

main(process.argv.slice(2), io).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    io.err(`dvrscope: this is a bug, please report it: ${message}\n`);
    if (process.env['DVRSCOPE_DEBUG']) io.err(`${stack}\n`);
    process.exitCode = 2;
  },
);

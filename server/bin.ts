/** The program `dvrscope`. Whatever goes wrong in it, a person sees a sentence and no stack trace. */
import { main } from './cli.ts';

// A reader that has seen enough (`| head`) closes the pipe; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));

const io = {
  out: (text: string) => void process.stdout.write(text),
  err: (text: string) => void process.stderr.write(text),
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

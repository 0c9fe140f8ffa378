/** Questions on the terminal: host keys, passphrases, passwords. Secrets are not shown while they are typed, and kept nowhere. */
import type { ReadStream } from 'node:tty';
import type { Question } from '../../shared/protocol.ts';
import type { Ask } from '../collect/ask.ts';

/** What we need of a terminal's input. */
export type TerminalInput = Pick<ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;
/** What we need of a terminal's output; standard output may go into a file. */
export interface TerminalOutput {
  isTTY?: boolean;
  write: (text: string) => unknown;
}

/** Nothing where there is no terminal: then whatever would be asked is refused, with what to do instead. */
export function terminalAsk(
  input: TerminalInput = process.stdin,
  output: TerminalOutput = process.stderr,
): Ask | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return async (question, signal) => {
    const answers: string[] = [];
    for (const { text, isSecret } of promptsOf(question)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is how people answer
      const answer = await readLine(input, output, text, isSecret, signal);
      if (answer === undefined) return undefined;
      answers.push(answer);
    }
    return question.kind === 'host-key' ? [hostKeyAnswer(answers[0]!, question.fingerprint)] : answers;
  };
}

function promptsOf(question: Question): { text: string; isSecret: boolean }[] {
  if (question.kind === 'passphrase') {
    const again = question.isRepeated ? 'That was wrong. ' : '';
    return [{ text: `${again}Passphrase of ${question.file}: `, isSecret: true }];
  }
  if (question.kind === 'login') {
    const before = [question.isRepeated && 'That was wrong.', question.instruction].filter(Boolean).join(' ');
    return question.prompts.map(({ text, isSecret }, index) => ({
      text: `${index === 0 && before !== '' ? `${before}\n` : ''}(${question.login}) ${text} `,
      isSecret,
    }));
  }
  const { host, keyType, fingerprint, detail, file } = question;
  const text =
    `The host key of ${host} is not known: ${keyType} ${fingerprint}\n${detail}\n` +
    `Trust it?${file === '' ? '' : ` "yes" also writes it to ${file}, "once" does not,`} or type the fingerprint (yes/once/no): `;
  return [{ text, isSecret: false }];
}

/** As ssh has it: only a clear yes, or the fingerprint itself. */
function hostKeyAnswer(typed: string, fingerprint: string): string {
  const word = typed.trim();
  if (word.toLowerCase() === 'yes' || word === fingerprint) return 'remember';
  return word.toLowerCase() === 'once' ? 'once' : 'refuse';
}

/** Nothing when the person turned away (Ctrl-C, Ctrl-D) or the signal came. Ctrl-C is also passed on to the program. */
async function readLine(
  input: TerminalInput,
  output: TerminalOutput,
  prompt: string,
  isSecret: boolean,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let line = '';
    const finish = (answer: string | undefined): void => {
      input.off('data', read);
      input.setRawMode(false);
      // An open terminal would keep the program running.
      input.pause();
      signal?.removeEventListener('abort', cancel);
      output.write('\n');
      resolve(answer);
    };
    const cancel = (): void => finish(undefined);
    const read = (chunk: Buffer | string): void => {
      for (const character of chunk.toString()) {
        if (character === '\r' || character === '\n') return finish(line);
        if (character === '\u0003') process.kill(process.pid, 'SIGINT');
        if (character === '\u0003' || character === '\u0004') return finish(undefined);
        if (character === '\u007f' || character === '\b') {
          if (!isSecret && line !== '') output.write('\b \b');
          line = Array.from(line).slice(0, -1).join('');
        } else if (character >= ' ') {
          line += character;
          if (!isSecret) output.write(character);
        }
      }
    };
    if (signal?.aborted) return resolve(undefined);
    signal?.addEventListener('abort', cancel, { once: true });
    // Before the prompt is there: who answers at once must not see a secret echoed by the terminal.
    input.setRawMode(true);
    output.write(prompt);
    input.on('data', read);
    input.resume();
  });
}

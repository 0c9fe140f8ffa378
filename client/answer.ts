/**
 * How a question of the server is answered: from the secret storage or by the user. Knows no editor, so that it is tested without one.
 * A passphrase is kept only if the user says so, and forgotten when it was wrong; passwords and one-time codes are never kept.
 */
import type {
  HostKeyAnswer,
  HostKeyQuestion,
  LoginQuestion,
  PassphraseQuestion,
  Question,
} from '../shared/protocol.ts';

/** What an editor can do; every part resolves with nothing when the user turned away. */
export interface Asker {
  /** A question that must not be overlooked, with buttons. */
  choose: (message: string, detail: string, buttons: readonly string[]) => Promise<string | undefined>;
  /** One line of text. */
  input: (title: string, prompt: string, isSecret: boolean) => Promise<string | undefined>;
  secrets: {
    get: (key: string) => Promise<string | undefined>;
    store: (key: string, value: string) => Promise<void>;
    delete: (key: string) => Promise<void>;
  };
}

/** Answers in the order of the prompts; null when the user turned away. */
export async function answer(question: Question, asker: Asker): Promise<string[] | null> {
  if (question.kind === 'host-key') return [await answerHostKey(question, asker)];
  return question.kind === 'passphrase' ? answerPassphrase(question, asker) : answerLogin(question, asker);
}

const BUTTONS: Readonly<Record<string, HostKeyAnswer>> = { 'Trust and Remember': 'remember', 'Trust Once': 'once' };

async function answerHostKey(question: HostKeyQuestion, { choose }: Asker): Promise<HostKeyAnswer> {
  const { host, keyType, fingerprint, detail, file } = question;
  const message = `The host key of ${host} is not known. Trust it?`;
  const canRemember = file !== '';
  const where = canRemember ? `\n\n“Trust and Remember” writes it to ${file}.` : '';
  const buttons = Object.keys(BUTTONS).filter((button) => canRemember || BUTTONS[button] !== 'remember');
  const chosen = await choose(message, `${keyType}\n${fingerprint}\n\n${detail}${where}`, buttons);
  return (chosen !== undefined && BUTTONS[chosen]) || 'refuse';
}

const KEEP = 'Keep';

async function answerPassphrase(
  { file, isRepeated }: PassphraseQuestion,
  { choose, input, secrets }: Asker,
): Promise<string[] | null> {
  const key = `passphrase:${file}`;
  if (isRepeated) await secrets.delete(key);
  else {
    const kept = await secrets.get(key);
    if (kept !== undefined) return [kept];
  }
  const typed = await input(`Passphrase of ${file}`, isRepeated ? 'That was wrong. Try again.' : '', true);
  if (typed === undefined) return null;
  const detail =
    'In the secret storage of the editor, which the operating system protects. The language server keeps none.';
  if ((await choose(`Keep the passphrase of ${file}?`, detail, [KEEP, 'Ask Every Time'])) === KEEP)
    await secrets.store(key, typed);
  return [typed];
}

async function answerLogin(
  { login, instruction, prompts, isRepeated }: LoginQuestion,
  { input }: Asker,
): Promise<string[] | null> {
  const answers: string[] = [];
  for (const { text, isSecret } of prompts) {
    const prompt = [isRepeated ? 'That was wrong.' : '', instruction, text].filter((part) => part !== '').join(' ');
    // oxlint-disable-next-line no-await-in-loop -- one after the other is how people answer
    const typed = await input(`Log in as ${login}`, prompt, isSecret);
    if (typed === undefined) return null;
    answers.push(typed);
  }
  return answers;
}

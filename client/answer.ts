/**
 * How a question of the server is answered: from the secret storage or by the user. Knows no editor, so that it is tested without one.
 * A passphrase is kept only if the user says so, once it has opened its key, and forgotten when it was wrong; passwords and one-time
 * codes are never kept.
 */
import type {
  HostKeyAnswer,
  HostKeyQuestion,
  LoginQuestion,
  PassphraseQuestion,
  Question,
} from '../shared/protocol.ts';
import type { Translate } from './nodes/age.ts';

/** What an editor can do; every part resolves with nothing when the user turned away. */
export interface Asker {
  t: Translate;
  /** A question that must not be overlooked, with buttons. `close` is the one that closing it means; without it there is one to cancel. */
  choose: (message: string, detail: string, buttons: readonly string[], close?: string) => Promise<string | undefined>;
  /** One line of text. */
  input: (title: string, prompt: string, isSecret: boolean) => Promise<string | undefined>;
  secrets: {
    get: (key: string) => Promise<string | undefined>;
    store: (key: string, value: string) => Promise<void>;
    delete: (key: string) => Promise<void>;
  };
  /** What was typed and is not known to be right, by file. */
  typed: Map<string, string>;
}

/** Answers in the order of the prompts; null when the user turned away. */
export async function answer(question: Question, asker: Asker): Promise<string[] | null> {
  if (question.kind === 'host-key') return [await answerHostKey(question, asker)];
  return question.kind === 'passphrase' ? answerPassphrase(question, asker) : answerLogin(question, asker);
}

async function answerHostKey(question: HostKeyQuestion, { choose, t }: Asker): Promise<HostKeyAnswer> {
  const { host, keyType, fingerprint, detail, file } = question;
  const [remember, once] = [t('Trust and Remember'), t('Trust Once')];
  const canRemember = file !== '';
  const where = canRemember ? `\n\n${t('“{0}” writes it to {1}.', remember, file)}` : '';
  const buttons = canRemember ? [remember, once] : [once];
  const message = t('The host key of {0} is not known. Trust it?', host);
  const chosen = await choose(message, `${keyType}\n${fingerprint}\n\n${detail}${where}`, buttons);
  if (chosen === undefined || !buttons.includes(chosen)) return 'refuse';
  return chosen === remember ? 'remember' : 'once';
}

async function answerPassphrase(
  { file, isRepeated }: PassphraseQuestion,
  { input, secrets, typed: waiting, t }: Asker,
): Promise<string[] | null> {
  waiting.delete(file);
  if (isRepeated) await secrets.delete(keyOf(file));
  else {
    const kept = await secrets.get(keyOf(file));
    if (kept !== undefined) return [kept];
  }
  const typed = await input(t('Passphrase of {0}', file), isRepeated ? t('That was wrong. Try again.') : '', true);
  if (typed === undefined) return null;
  waiting.set(file, typed);
  return [typed];
}

const keyOf = (file: string): string => `passphrase:${file}`;

/** The passphrase of a file was right: it may be kept, if it was not kept before. */
export async function offerToKeep(file: string, { choose, secrets, typed, t }: Asker): Promise<void> {
  const passphrase = typed.get(file);
  if (passphrase === undefined) return;
  typed.delete(file);
  const detail = t(
    'In the secret storage of the editor, which the operating system protects. The language server keeps none. “DVR: Forget Kept Passphrases” forgets it.',
  );
  const keep = t('Keep');
  if ((await choose(t('Keep the passphrase of {0}?', file), detail, [keep], t('Ask Every Time'))) === keep)
    await secrets.store(keyOf(file), passphrase);
}

async function answerLogin(
  { login, instruction, prompts, isRepeated }: LoginQuestion,
  { input, t }: Asker,
): Promise<string[] | null> {
  const answers: string[] = [];
  for (const { text, isSecret } of prompts) {
    const prompt = [isRepeated ? t('That was wrong.') : '', instruction, text].filter((part) => part !== '').join(' ');
    // oxlint-disable-next-line no-await-in-loop -- one after the other is how people answer
    const typed = await input(t('Log in as {0}', login), prompt, isSecret);
    if (typed === undefined) return null;
    answers.push(typed);
  }
  return answers;
}

/** Logging in: keys first, then what the node asks for, where there is somebody to ask. */
import type { AnyAuthMethod, AuthenticationType, Prompt } from 'ssh2';
import type { Ask } from './ask.ts';
import { said } from './context.ts';
import { IdentityAgent, type Identities, type Identity } from './identities.ts';
import type { Target } from './targets.ts';
import { visible } from './visible.ts';

/** Wrong answers after which we give up: `NumberOfPasswordPrompts` of ssh_config(5). */
const MOST_TRIES = 3;

/** One login. */
export interface Auth {
  target: Target;
  identities: Identities;
  ask: Ask | undefined;
  signal: AbortSignal | undefined;
  /** What the node says that it accepts. ssh2 does not tell after a key: then the node is asked anew (`isUpToDate`). */
  offered: readonly string[];
  /** Why a method failed, where it was not the node's decision. */
  notes: string[];
  isUpToDate: boolean;
  /** A key was accepted and has signed: if that was not all, the node wants something else besides. */
  hasSigned: boolean;
  /** Keys that are left to try; undefined before the first. */
  keysLeft: Identity[] | undefined;
  questions: number;
  /** The user turned away from a question. */
  gaveUp: boolean;
}

export const authOf = (target: Target, ask: Ask | undefined, signal: AbortSignal | undefined): Auth => ({
  target,
  identities: { keys: [], notes: [] },
  ask,
  signal,
  offered: [],
  notes: [],
  isUpToDate: false,
  hasSigned: false,
  keysLeft: undefined,
  questions: 0,
  gaveUp: false,
});

/** The next method to try, or nothing when none is left. @param offered null before the first */
export async function nextMethod(
  auth: Auth,
  offered: readonly AuthenticationType[] | null,
): Promise<AnyAuthMethod | undefined> {
  const { username } = auth.target;
  if (offered) auth.offered = offered;
  auth.keysLeft ??= [...auth.identities.keys];
  if (!auth.isUpToDate && (auth.hasSigned || auth.keysLeft.length === 0)) {
    auth.isUpToDate = true;
    auth.hasSigned = false;
    return { type: 'none', username };
  }
  const isKeyWanted = auth.offered.length === 0 || auth.offered.includes('publickey');
  const key = isKeyWanted ? auth.keysLeft.shift() : undefined;
  if (key) {
    auth.isUpToDate = false;
    const agent = new IdentityAgent(key, auth.signal, () => (auth.hasSigned = true));
    return { type: 'agent', username, agent };
  }
  if (!auth.ask || auth.gaveUp || auth.questions >= MOST_TRIES) return undefined;
  if (auth.offered.includes('keyboard-interactive')) {
    auth.questions++;
    return {
      type: 'keyboard-interactive',
      username,
      prompt: (name, instructions, _language, prompts, finish) =>
        void answersTo(auth, [name, instructions], prompts).then((answers) => finish(answers ?? [])),
    };
  }
  if (!auth.offered.includes('password')) return undefined;
  auth.questions++;
  const answers = await answersTo(auth, [], [{ prompt: 'Password:', echo: false }]);
  return answers && { type: 'password', username, password: answers[0]! };
}

async function answersTo(auth: Auth, texts: string[], prompts: readonly Prompt[]): Promise<string[] | undefined> {
  const { target, ask, signal } = auth;
  const answers = await ask!(
    {
      kind: 'login',
      login: visible(`${target.username}@${target.host}`),
      instruction: texts
        .map((text) => said(text))
        .filter((text) => text !== '')
        .join(' '),
      prompts: prompts.map(({ prompt, echo }) => ({ text: said(prompt), isSecret: echo !== true })),
      isRepeated: auth.questions > 1,
    },
    signal,
  );
  if (answers?.length === prompts.length) return answers;
  auth.gaveUp = true;
  return undefined;
}

/** What was tried and what could not be: by file name, never by content. */
export function loginRefused({ target, identities, ask, gaveUp, notes, offered }: Auth): string {
  const all = [...new Set([...notes, ...identities.notes])];
  // Of a key that could not be used its note says so, and why.
  const names = [...new Set(identities.keys.map(({ name }) => name))];
  const tried = names.filter((name) => !all.some((note) => note.startsWith(`${name} `)));
  const asks = offered.filter((method) => method === 'password' || method === 'keyboard-interactive');
  return [
    `login as ${visible(target.username)} was refused.`,
    tried.length > 0 ? `Tried: ${tried.join(', ')}.` : '',
    names.length === 0 ? 'There was no key to try: no agent (SSH_AUTH_SOCK) and no key file.' : '',
    offered.length > 0 && !offered.includes('publickey') ? `The node accepts only: ${said(offered.join(', '))}.` : '',
    asks.length > 0 && !ask ? 'It would take a password, but there is nobody to ask here: use a key or an agent.' : '',
    gaveUp ? 'The question was not answered.' : '',
    ...all,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

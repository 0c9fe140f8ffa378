/** What is the same for all nodes of one collection, and how its failures are told. */
import type { Accepted, Ask } from './ask.ts';
import { oneAtATime } from './ask.ts';
import type { CollectError, CollectErrorKind, ExecLimits } from './exec.ts';
import { identityFinder, type Identities, type KeyChoice } from './identities.ts';
import { hintFor, type HintStage } from './hints.ts';
import { withoutControls } from './shellQuote.ts';
import type { Target } from './targets.ts';
import { trustOf, type Trust } from './trust.ts';
import { visible } from './visible.ts';

/** What the user named; it wins over the SSH configuration. Whatever is left out is looked for where OpenSSH looks. */
export interface LoginFiles {
  identityFiles?: readonly string[] | undefined;
  knownHostsFiles?: readonly string[] | undefined;
  /** The agent's socket; an empty string means no agent. Default: `IdentityAgent` of the configuration, `SSH_AUTH_SOCK`. */
  agent?: string | undefined;
  /** Asks the user; without it whatever would be asked is refused. */
  ask?: Ask | undefined;
  /** Told which passphrases were right. */
  accepted?: Accepted | undefined;
}

export interface SshContext {
  limits: ExecLimits;
  trust: Trust;
  identitiesFor: (target: Target) => Promise<Identities>;
  ask: Ask | undefined;
  /** A question is open: nothing times out meanwhile. */
  isAsking: () => boolean;
  /** Resolves when none is open, or the signal ends. */
  answered: (signal?: AbortSignal) => Promise<void>;
}

export function sshContext(files: LoginFiles, limits: ExecLimits): SshContext {
  let open = 0;
  const waiting = new Set<() => void>();
  const queue = files.ask && oneAtATime(files.ask);
  const ask: Ask | undefined =
    queue &&
    (async (question, signal) => {
      open++;
      try {
        return await queue(question, signal);
      } finally {
        open--;
        for (const look of waiting) look();
      }
    });
  const find = identityFinder(ask, files.accepted);
  return {
    limits,
    trust: trustOf(files.knownHostsFiles, ask),
    identitiesFor: async (target) => find(keyChoice(files, target)),
    ask,
    isAsking: () => open > 0,
    answered: async (signal) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (open > 0 && !signal?.aborted) return;
          waiting.delete(look);
          signal?.removeEventListener('abort', look);
          resolve();
        };
        waiting.add(look);
        signal?.addEventListener('abort', look);
        look();
      }),
  };
}

const keyChoice = ({ identityFiles, agent }: LoginFiles, { settings }: Target): KeyChoice => ({
  identityFiles: identityFiles ?? settings?.identityFiles,
  identitiesOnly: settings?.identitiesOnly,
  agent: agent ?? settings?.identityAgent,
});

export const failure = ({ node, host, port }: Target, kind: CollectErrorKind, message: string): CollectError => ({
  kind,
  message: `${withoutControls(node)} (${withoutControls(host)}, port ${port}): ${message}`,
});

/** The same, with what to do about it. */
export const failureAt = (target: Target, stage: HintStage, kind: CollectErrorKind, message: string): CollectError =>
  failure(target, kind, `${message.replace(/\.$/, '')}. ${hintFor(stage, target, message)}`);

/** What the far end or a library said, fit for one line. */
export const said = (text: string): string => visible(text.trim()).slice(0, 300);

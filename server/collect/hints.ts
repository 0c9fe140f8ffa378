/** What to do about a failure: one sentence for a person, after what happened. */
import { shellWord } from './shellQuote.ts';
import type { Target } from './targets.ts';

/** Where it failed. */
export type HintStage = 'connection' | 'handshake' | 'login' | 'silence' | 'total' | 'output' | 'closed';

const JUMP = 'A node behind another host needs ProxyJump in the SSH configuration.';

const HINTS: Readonly<Record<HintStage, string>> = {
  connection: `Is it up, and may this machine reach it? ${JUMP}`,
  handshake: 'What answers there is no SSH server, or one that is overloaded.',
  login: '',
  silence:
    'A command hangs on the node, or it is very slow: look there with "ps -ef"; --timeout or dvrscope.ssh.timeout waits longer.',
  total: 'Something on the node is very slow: look there with "ps -ef".',
  output: 'No collector prints that much: does a shell profile or a forced command?',
  closed: 'Look into the log of sshd on the node (journalctl -u ssh).',
};

/** By what happened, in our words (`errorCode.ts`), or in those of a host on the way. */
const BY_REASON: readonly [pattern: RegExp, hint: string][] = [
  [/connection refused/i, 'No SSH server listens there: is the port right (ssh_port)?'],
  [
    /Too many authentication failures/,
    'Name the key that is let in: --identity, dvrscope.ssh.identityFiles, or IdentityFile and IdentitiesOnly in the SSH configuration.',
  ],
  // As we say it, and as getaddrinfo(3) of a host on the way does.
  [
    /knows no address|could not be looked up|Name or service not known|name resolution/,
    'Give its address in the topology, or HostName in the SSH configuration.',
  ],
];

/** @param reason what happened, where there is more than the stage to go by */
export function hintFor(stage: HintStage, target: Target, reason = ''): string {
  const hint = BY_REASON.find(([pattern]) => pattern.test(reason))?.[1] ?? HINTS[stage];
  return hint === '' ? `Try it: ${sshCommand(target)}` : hint;
}

/** The same login with ssh. */
function sshCommand({ host, port, username, jumps = [] }: Target): string {
  const hops = jumps.map((jump) => `${jump.username}@${jump.host}:${jump.port}`).join(',');
  const words = ['ssh', ...(hops === '' ? [] : ['-J', hops]), ...(port === 22 ? [] : ['-p', String(port)])];
  return [...words, '-l', username, host, 'true'].map(shellWord).join(' ');
}

/**
 * How `ssh` gets to a node, as words for a terminal: the way that we would go ourselves. `ssh` hands a jump host on to a shell
 * (`readconf.c: parse_jump`, `ssh.c: main` make a ProxyCommand of it), so that what stands in one must be a plain word.
 */
import { targetProblem, type Target } from './targets.ts';

/** What a user says for all nodes at once. */
export interface LoginSettings {
  /** Absolute, or `none`. */
  configFile?: string | undefined;
  identityFiles?: readonly string[] | undefined;
  knownHostsFiles?: readonly string[] | undefined;
}

/** The words, or why there are none. */
export function sshArguments(target: Target, settings: LoginSettings): string[] | { problem: string } {
  const problem = targetProblem(target) ?? wordProblem(target);
  if (problem !== undefined) return { problem };
  const { configFile, identityFiles = [], knownHostsFiles = [] } = settings;
  const jumps = (target.jumps ?? []).map(jumpText).join(',');
  return [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...identityFiles.flatMap((file) => ['-o', `IdentityFile=${quoted(file)}`]),
    ...(knownHostsFiles.length > 0 ? ['-o', `UserKnownHostsFile=${knownHostsFiles.map(quoted).join(' ')}`] : []),
    ...(jumps === '' ? [] : ['-J', jumps]),
    '-p',
    String(target.port),
    '-l',
    target.username,
    '--',
    target.host,
  ];
}

/** Of a user name what no shell and no option parser takes for something else. */
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.+@\\-]*$/;

function wordProblem({ node, username, jumps = [] }: Target): string | undefined {
  if (node.startsWith('-')) return 'its name begins with "-"';
  if (!PLAIN.test(username)) return 'its user name has characters that a terminal might take for something else';
  const odd = jumps.find((jump) => !PLAIN.test(jump.username) || /[@\\%]/.test(jump.username) || /%/.test(jump.host));
  return odd && 'the user or the name of a host on the way has characters that ssh would hand to a shell';
}

/** `USER@HOST:PORT`; an IPv6 address in brackets. */
const jumpText = ({ username, host, port }: Target): string =>
  `${username}@${host.includes(':') ? `[${host}]` : host}:${port}`;

/** A word of an option of ssh_config(5); `%` begins a token there. */
const quoted = (file: string): string => `"${file.replaceAll('%', '%%')}"`;

/** What an SSH configuration means for a login: its values with types, tokens replaced, and never weaker than our own rules. */
import { hostname, userInfo } from 'node:os';
import { visible } from '../visible.ts';
import type { ConfigPlace, ConfigValues } from './resolve.ts';

/** What of a configuration we act on; absent means that it says nothing. */
export interface SshSettings {
  hostName: string;
  port?: number | undefined;
  user?: string | undefined;
  identityFiles?: string[] | undefined;
  identitiesOnly: boolean;
  /** Path of an agent's socket; empty for no agent. */
  identityAgent?: string | undefined;
  userKnownHostsFiles?: string[] | undefined;
  globalKnownHostsFiles?: string[] | undefined;
  hostKeyAlias?: string | undefined;
  /** False where an unknown host key is to be refused without a question: `StrictHostKeyChecking yes`, `BatchMode yes`. */
  mayAsk: boolean;
  hashKnownHosts: boolean;
  /** Milliseconds. */
  connectTimeout?: number | undefined;
  family?: 4 | 6 | undefined;
  proxyJump?: string | undefined;
  proxyCommand?: string | undefined;
  notes: string[];
}

/** @param host the name that was looked up */
export function settingsFrom({ values, notes }: ConfigValues, host: string, place: ConfigPlace): SshSettings {
  const first = (keyword: string): string | undefined => values.get(keyword)?.[0];
  const isYes = (keyword: string): boolean => /^(?:yes|true)$/.test(first(keyword) ?? '');
  const problems = [...notes];
  const port = portOf(first('port'), problems);
  const user = first('user');
  const hostName = first('hostname')!;
  const names = {
    host,
    hostName,
    port: port ?? 22,
    user: user ?? place.localUser,
    alias: first('hostkeyalias') ?? host,
  };
  const expand = (text: string): string | undefined => expandTokens(text, names, place, problems);
  const filesOf = (keyword: string): string[] | undefined => {
    const files = values.get(keyword);
    return files?.[0] === 'none' ? [] : files?.flatMap((file) => expand(file) ?? []);
  };
  const connectTimeout = timeOf(first('connecttimeout'));
  return {
    hostName,
    identitiesOnly: isYes('identitiesonly'),
    mayAsk: !isYes('batchmode') && !/^(?:yes|true)$/.test(first('stricthostkeychecking') ?? ''),
    hashKnownHosts: isYes('hashknownhosts'),
    port,
    user,
    identityFiles: filesOf('identityfile'),
    identityAgent: agentOf(first('identityagent'), expand),
    userKnownHostsFiles: filesOf('userknownhostsfile'),
    globalKnownHostsFiles: filesOf('globalknownhostsfile'),
    hostKeyAlias: first('hostkeyalias'),
    connectTimeout,
    family: familyOf(first('addressfamily')),
    proxyJump: unlessNone(first('proxyjump')),
    proxyCommand: unlessNone(first('proxycommand')),
    notes: problems,
  };
}

const unlessNone = (text: string | undefined): string | undefined =>
  text?.toLowerCase() === 'none' ? undefined : text;

function portOf(text: string | undefined, problems: string[]): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65535) return port;
  problems.push(`the SSH configuration has the port "${visible(text)}", which is none`);
  return undefined;
}

const familyOf = (text: string | undefined): 4 | 6 | undefined =>
  text === 'inet' ? 4 : text === 'inet6' ? 6 : undefined;

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `ConnectTimeout`: seconds, or the time formats of sshd_config(5), such as `1m30s`; nothing for `none` and what is no time. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^(?:\d{1,6}[smhdw]?)+$/i.test(text)) return undefined;
  const parts = [...text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)];
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
  // Longer waits do not fit into a timer of Node.
  return seconds > 0 ? Math.min(seconds, 86_400) * 1000 : undefined;
}

/** `IdentityAgent` (ssh_config(5)): `none`, `SSH_AUTH_SOCK`, `$VARIABLE`, or a path. */
function agentOf(text: string | undefined, expand: (text: string) => string | undefined): string | undefined {
  if (text === undefined || text === 'SSH_AUTH_SOCK') return undefined;
  if (text === 'none') return '';
  const variable = /^\$([A-Za-z_]\w*)$/.exec(text)?.[1];
  return variable === undefined ? (expand(text) ?? '') : (process.env[variable] ?? '');
}

/** What tokens stand for. */
interface Names {
  host: string;
  hostName: string;
  port: number;
  user: string;
  alias: string;
}

/** `~/`, `%` tokens and `${VARIABLE}` (ssh_config(5), TOKENS, ENVIRONMENT VARIABLES); nothing where one of them has no value. */
function expandTokens(text: string, names: Names, place: ConfigPlace, problems: string[]): string | undefined {
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: place.home,
    h: names.hostName,
    i: String(process.getuid?.() ?? ''),
    k: names.alias,
    L: hostname().replace(/\..*/, ''),
    l: hostname(),
    n: names.host,
    p: String(names.port),
    r: names.user,
    u: place.localUser,
  };
  let isWhole = true;
  const lookUp = (value: string | undefined, name: string): string => {
    if (value === undefined) problems.push(`the SSH configuration has ${visible(name)}, which has no value here`);
    isWhole &&= value !== undefined;
    return value ?? '';
  };
  const expanded = text
    .replace(/^~(?=\/|$)/, () => place.home)
    .replaceAll(/\$\{([A-Za-z_]\w*)\}|%(.?)/gs, (found, variable: string | undefined, token: string | undefined) =>
      lookUp(
        variable === undefined ? (Object.hasOwn(tokens, token!) ? tokens[token!] : undefined) : process.env[variable],
        found,
      ),
    );
  return isWhole ? expanded : undefined;
}

/** The user who runs us. */
export const localUser = (): string => userInfo().username;

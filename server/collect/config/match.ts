/** Whether a `Host` or `Match` line of an `ssh_config(5)` is about the host that is looked up. Pure; `Match exec` is never run. */
import { wildcardMatches } from '../knownHosts.ts';
import { criteriaOf } from './lines.ts';

/** What a line is held against. */
export interface Subject {
  /** All names of the host as the user may know it; a `Host` line is about it when it is about one of them. */
  names: readonly string[];
  /** The name after `HostName`. */
  hostName: string;
  user: string;
  localUser: string;
  isFinal: boolean;
}

/** The verdict on a `Match` line. */
export interface MatchVerdict {
  matches: boolean;
  /** It speaks of `final`: the configuration is to be read once more. */
  wantsFinal: boolean;
  /** Why it could not be judged, for a person. */
  problem?: string;
}

/** `Host PATTERN...`: some pattern matches and no negated one does (`process_config_line_depth` in OpenSSH's readconf.c). */
export const hostMatches = (patterns: readonly string[], names: readonly string[]): boolean =>
  names.some((name) => patterns.some((pattern) => !pattern.startsWith('!') && wildcardMatches(pattern, name))) &&
  !names.some((name) => patterns.some((pattern) => pattern.startsWith('!') && wildcardMatches(pattern.slice(1), name)));

/** A list with commas: no negated pattern matches and some other does (`match_pattern_list` in OpenSSH's match.c). */
function listMatches(list: string, text: string): boolean {
  const patterns = list.split(',');
  return (
    patterns.some((pattern) => !pattern.startsWith('!') && wildcardMatches(pattern, text)) &&
    !patterns.some((pattern) => pattern.startsWith('!') && wildcardMatches(pattern.slice(1), text))
  );
}

type Test = (argument: string, subject: Subject) => boolean;

/** Criteria with an argument. Names of hosts are compared without regard to case (`match_hostname`), those of users with. */
const TESTS: Readonly<Record<string, Test>> = {
  host: (argument, { hostName }) => listMatches(argument.toLowerCase(), hostName.toLowerCase()),
  originalhost: (argument, { names }) => names.some((name) => listMatches(argument.toLowerCase(), name.toLowerCase())),
  user: (argument, { user }) => listMatches(argument, user),
  localuser: (argument, { localUser }) => listMatches(argument, localUser),
};

/** `Match CRITERIA...` (`match_cfg_line` in OpenSSH's readconf.c): all must hold; what we cannot judge does not. */
export function matchLine(text: string, subject: Subject): MatchVerdict {
  const verdict: MatchVerdict = { matches: true, wantsFinal: false };
  const words = criteriaOf(text);
  const no = (problem: string): MatchVerdict => ({ ...verdict, matches: false, problem });
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word.startsWith('#')) break;
    const isNegated = word.startsWith('!');
    const criterion = word.replace(/^!/, '').toLowerCase();
    const test = Object.hasOwn(TESTS, criterion) ? TESTS[criterion] : undefined;
    if (criterion === 'all') {
      verdict.matches &&= !isNegated;
    } else if (criterion === 'final' || criterion === 'canonical') {
      verdict.wantsFinal ||= criterion === 'final';
      verdict.matches &&= subject.isFinal !== isNegated;
    } else if (test) {
      const argument = words[++i];
      if (argument === undefined) return no(`Match ${criterion} needs a value`);
      verdict.matches &&= test(argument, subject) !== isNegated;
    } else {
      i++;
      verdict.matches = false;
      verdict.problem =
        criterion === 'exec'
          ? 'Match exec is never run: what it guards is left out'
          : `"Match ${criterion}" is not supported: what it guards is left out`;
    }
  }
  return verdict;
}

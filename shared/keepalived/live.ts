/** The files of keepalived in a snapshot: sections `cat …/ha_confs/<router>/keepalived.conf`. */
import type { Section } from '../snapshot.ts';
import type { KeepalivedLine, NodeState } from '../state.ts';
import { linesOfFile } from './file.ts';

/** `keepalived.py: KeepalivedManager.get_full_config_file_path`, below `conf/agent/l3/ha.py: ha_confs_path`. */
const FILE = /^cat \S*\/ha_confs\/([0-9a-f-]{36})\/(keepalived\.conf|state)$/;

/**
 * No file is no line, where somebody looked: `test -d` of the folder tells, and that no state file is without its configuration.
 * @param failureOf why a section says nothing, or undefined
 */
export function readKeepalivedFiles(
  sections: Section[],
  state: NodeState,
  failureOf: (section: Section) => string | undefined,
): void {
  const files = sections.flatMap((section) => {
    const [, router, name] = FILE.exec(section.command) ?? [];
    return router === undefined ? [] : [{ router, name, section }];
  });
  const configurations = files.filter(({ name }) => name === 'keepalived.conf');
  const lines: KeepalivedLine[] = [];
  for (const { router, section } of configurations) {
    const failure = failureOf(section);
    if (failure !== undefined) return leave(state, failure);
    const { lines: own, problem } = linesOfFile(router, section.stdout);
    if (problem !== undefined) return leave(state, `keepalived.conf of ${router} cannot be read: ${problem}`);
    lines.push(...own);
  }
  const hasLooked = sections.some(({ command, status }) => command.startsWith('test -d ') && status === 0);
  const isOlder = files.length > 0 && configurations.length === 0;
  if (isOlder || (!hasLooked && files.length === 0))
    return leave(state, 'the configuration of keepalived was not collected');
  state.keepalived = lines;
}

function leave({ gaps }: NodeState, reason: string): void {
  gaps.push({ namespace: '-', aspect: 'keepalived', reason });
}

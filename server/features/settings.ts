/** `workspace/configuration`, section `dvrscope`: whatever an editor answers with, made into our settings. */
import type { Settings } from '../../shared/protocol.ts';

/** Wrong types count as not set. */
export function settingsFrom(answer: unknown): Settings {
  const ssh = recordOf(recordOf(answer)['ssh']);
  return {
    ssh: {
      user: typeof ssh['user'] === 'string' ? ssh['user'].trim() : '',
      identityFiles: textsOf(ssh['identityFiles']),
      knownHostsFiles: textsOf(ssh['knownHostsFiles']),
    },
  };
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string' && entry !== '') : [];

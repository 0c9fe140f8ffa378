/** `workspace/configuration`, section `dvrscope`: whatever an editor answers with, made into our settings. */
import type { Settings } from '../../shared/protocol.ts';

/** Wrong types count as not set. */
export function settingsFrom(answer: unknown): Settings {
  const ssh = recordOf(recordOf(answer)['ssh']);
  const severity = recordOf(recordOf(recordOf(answer)['checks'])['severity']);
  return {
    checks: {
      severity: Object.fromEntries(Object.entries(severity).map(([code, level]) => [code, textOf(level)])),
    },
    ssh: {
      user: textOf(ssh['user']),
      configFile: textOf(ssh['configFile']),
      identityFiles: textsOf(ssh['identityFiles']),
      knownHostsFiles: textsOf(ssh['knownHostsFiles']),
    },
  };
}

/** `initializationOptions` (`ClientOptions`): whether the client answers questions. */
export const clientCanAsk = (options: unknown): boolean => recordOf(options)['canAsk'] === true;

/** The commands that the client has. */
export const clientCommands = (options: unknown): string[] => textsOf(recordOf(options)['commands']);

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string' && entry !== '') : [];

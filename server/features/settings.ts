/** `workspace/configuration`, section `dvrscope`: whatever an editor answers with, made into our settings. */
import type { ClientOptions, Settings } from '../../shared/protocol.ts';

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
      sudo: sudoOf(ssh['sudo']),
      timeout: secondsOf(ssh['timeout']),
    },
  };
}

/** What a client says of itself, with all that it left out. */
export type SaidOptions = Required<Omit<ClientOptions, 'demo'>> & { demo: ClientOptions['demo'] };

/** `initializationOptions`, whatever they are: what a client does not say it cannot. */
export function clientOptions(options: unknown): SaidOptions {
  const said = recordOf(options);
  return {
    canAsk: said['canAsk'] === true,
    opensStates: said['opensStates'] === true,
    followsNodes: said['followsNodes'] === true,
    commands: textsOf(said['commands']),
    demo: demoOf(recordOf(said['demo'])),
  };
}

function demoOf(demo: Record<string, unknown>): ClientOptions['demo'] {
  const [folder, recordings] = [textOf(demo['folder']), textOf(demo['recordings'])];
  return folder === '' || recordings === '' ? undefined : { folder, recordings };
}

const sudoOf = (value: unknown): Settings['ssh']['sudo'] => (value === 'always' || value === 'never' ? value : 'auto');

/** A timer of Node runs for 24 days at most; an hour is more than anybody waits. */
const secondsOf = (value: unknown): number =>
  typeof value === 'number' && value > 0 ? Math.min(Math.ceil(value), 3600) : 0;

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string' && entry !== '') : [];

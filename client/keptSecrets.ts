/** What the user let us keep, in the secret storage of the editor, with a list of the names: it cannot be asked what it holds. */

/** A part of `vscode.SecretStorage`. */
interface Storage {
  get: (key: string) => PromiseLike<string | undefined>;
  store: (key: string, value: string) => PromiseLike<void>;
  delete: (key: string) => PromiseLike<void>;
}

/** A part of `vscode.Memento`. */
interface Memento {
  get: <T>(key: string, defaultValue: T) => T;
  update: (key: string, value: unknown) => PromiseLike<void>;
}

export interface KeptSecrets {
  get: (key: string) => Promise<string | undefined>;
  store: (key: string, value: string) => Promise<void>;
  delete: (key: string) => Promise<void>;
  /** How many there were. */
  forgetAll: () => Promise<number>;
}

const NAMES = 'keptSecrets';

export function keptSecrets(storage: Storage, memento: Memento): KeptSecrets {
  const names = (): string[] => memento.get<string[]>(NAMES, []);
  return {
    get: async (key) => storage.get(key),
    async store(key, value) {
      // The name first: a secret without one could never be forgotten.
      await memento.update(NAMES, [...new Set([...names(), key])]);
      await storage.store(key, value);
    },
    async delete(key) {
      await storage.delete(key);
      await memento.update(
        NAMES,
        names().filter((name) => name !== key),
      );
    },
    async forgetAll() {
      const all = names();
      await Promise.all(all.map((name) => storage.delete(name)));
      await memento.update(NAMES, []);
      return all.length;
    },
  };
}

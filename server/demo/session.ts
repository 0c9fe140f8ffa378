/** The demo as the language server has it: its nodes are started when they are first asked for, and its topology is known by its place. */
import { posix, win32 } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { DemoResult, Settings } from '../../shared/protocol.ts';
import { Refusal } from '../features/feature.ts';
import type { Demo } from './demo.ts';
import { demoFiles, writeDemoTopology, type DemoPlace } from './files.ts';

export interface DemoSession {
  /** Makes the topology. Nothing is started yet: that is for who compares. */
  open: (isReset: boolean) => Promise<DemoResult>;
  /** Before nodes of a topology are connected to: those of the demo have to run. */
  prepare: (uri: string) => Promise<void>;
  /** A topology of the demo has its own SSH configuration, and nothing of the user's. */
  settingsFor: (uri: string, settings: Settings) => Settings;
}

/** @param place `undefined`: this editor has no demo */
export function demoSession(place: DemoPlace | undefined): DemoSession {
  let started: Promise<Demo> | undefined;
  const start = async (at: DemoPlace): Promise<void> => {
    // Loaded only here: SSH takes a tenth of a second and 20 MB.
    started ??= import('./demo.ts').then(({ startDemo }) => startDemo(at));
    // What failed once, for want of space or rights, may be tried again.
    started.catch(() => (started = undefined));
    await (await started).writeLogin();
  };
  return {
    async open(isReset) {
      if (!place) throw new Refusal('This editor has no demo: it comes with the extension for VS Code.');
      const { isChanged } = await writeDemoTopology(place, isReset);
      return { uri: pathToFileURL(demoFiles(place.folder).topology).href, isChanged };
    },
    async prepare(uri) {
      if (place && isInFolder(uri, place.folder)) await start(place);
    },
    settingsFor: (uri, settings) =>
      place && isInFolder(uri, place.folder)
        ? {
            ...settings,
            ssh: {
              ...settings.ssh,
              user: '',
              configFile: demoFiles(place.folder).sshConfig,
              identityFiles: [],
              knownHostsFiles: [],
            },
          }
        : settings,
  };
}

/** Whether a file is in a folder; anything but a file is in none. @param windows for tests of the other kind of path */
export function isInFolder(uri: string, folder: string, windows = process.platform === 'win32'): boolean {
  if (!uri.startsWith('file:')) return false;
  try {
    const system = windows ? win32 : posix;
    const path = system.relative(folder, fileURLToPath(uri, { windows }));
    return path !== '' && !system.isAbsolute(path) && !/^\.\.(?:[/\\]|$)/.test(path);
  } catch {
    // A URI with an authority or an escaped slash names no file here.
    return false;
  }
}

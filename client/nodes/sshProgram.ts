/**
 * Where the `ssh` of this machine is, as a full path. A terminal that is given a name alone may take a program of that name from the folder
 * that it starts in, which is that of the workspace. Knows no editor, so that it is tested without one.
 */
import path from 'node:path';

export interface Machine {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  isFile: (file: string) => boolean;
  /** Folders of the workspace: nothing in them is run. */
  folders: readonly string[];
}

/** `undefined` when there is none. */
export function sshProgram({ platform, env, isFile, folders }: Machine): string | undefined {
  const isWindows = platform === 'win32';
  const system = isWindows ? path.win32 : path.posix;
  const isInside = (file: string): boolean =>
    folders.some((folder) => {
      const way = system.relative(folder, file);
      return way !== '..' && !way.startsWith(`..${system.sep}`) && !system.isAbsolute(way);
    });
  // The optional feature "OpenSSH Client" of Windows installs it there.
  const own = isWindows ? [system.join(env['SystemRoot'] ?? String.raw`C:\Windows`, 'System32', 'OpenSSH')] : [];
  const named = (env['PATH'] ?? env['Path'] ?? '')
    .split(system.delimiter)
    .filter((folder) => system.isAbsolute(folder));
  return [...own, ...named]
    .map((folder) => system.join(folder, isWindows ? 'ssh.exe' : 'ssh'))
    .find((file) => !isInside(file) && isFile(file));
}

/** Paths that a person writes into settings, on the system that the extension runs on. */
import path from 'node:path';

/**
 * A folder of the settings: absolute, below the home folder (`~/`), or relative to where the topology belongs.
 * @param system for tests of the other kind of path
 */
export function settingsFolder(setting: string, base: string, home: string, system: path.PlatformPath = path): string {
  const isHome = /^~(?:[/\\]|$)/.test(setting) && (system.sep === '\\' || !setting.startsWith('~\\'));
  return isHome ? system.join(home, setting.slice(1)) : system.resolve(base, setting);
}

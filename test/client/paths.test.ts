/** Folders of the settings, on each kind of system. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { settingsFolder } from '../../client/paths.ts';

const HOME = '/home/me';
const WINDOWS_HOME = String.raw`C:\Users\Jürgen Müller`;

test('a folder of the settings, from where the topology belongs', () => {
  const rows: [setting: string, base: string, folder: string][] = [
    ['snapshots', '/home/you space/é', '/home/you space/é/snapshots'],
    ['../kept', '/home/you/cloud', '/home/you/kept'],
    ['/var/lib/kept', '/home/you', '/var/lib/kept'],
    ['~/kept', '/home/you', '/home/me/kept'],
    ['~', '/home/you', '/home/me'],
    ['~other', '/home/you', '/home/you/~other'],
    [String.raw`~\x`, '/home/you', String.raw`/home/you/~\x`],
    ['snapshots', String.raw`c:\my clouds`, String.raw`c:\my clouds\snapshots`],
    ['kept/zürich', String.raw`c:\clouds`, String.raw`c:\clouds\kept\zürich`],
    [String.raw`..\kept`, String.raw`c:\clouds\one`, String.raw`c:\clouds\kept`],
    [String.raw`D:\kept`, String.raw`c:\clouds`, String.raw`D:\kept`],
    ['D:/kept', String.raw`c:\clouds`, String.raw`D:\kept`],
    [String.raw`\\server\share\kept`, String.raw`c:\clouds`, String.raw`\\server\share\kept`],
    ['~/kept', String.raw`c:\clouds`, String.raw`C:\Users\Jürgen Müller\kept`],
    [String.raw`~\kept`, String.raw`c:\clouds`, String.raw`C:\Users\Jürgen Müller\kept`],
  ];
  for (const [setting, base, folder] of rows) {
    const isWindows = base.includes('\\');
    const system = isWindows ? path.win32 : path.posix;
    assert.equal(settingsFolder(setting, base, isWindows ? WINDOWS_HOME : HOME, system), folder);
  }
});

/** Which `ssh` a terminal runs, on each kind of system. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sshProgram } from '../../client/nodes/sshProgram.ts';

const OWN = String.raw`C:\Windows\System32\OpenSSH\ssh.exe`;
const GIT = String.raw`C:\Program Files\Git\usr\bin\ssh.exe`;
const TRAP = String.raw`C:\clouds\ssh.exe`;
const GIT_PATH = String.raw`C:\Program Files\Git\usr\bin`;

interface Case {
  platform: NodeJS.Platform;
  env: Record<string, string>;
  files: string[];
  folders: string[];
  found: string | undefined;
}

const CASES: Record<string, Case> = {
  'of Windows, before all others': {
    platform: 'win32',
    env: { SystemRoot: String.raw`C:\Windows`, Path: `.;${GIT_PATH}` },
    files: [GIT, OWN, TRAP],
    folders: [String.raw`C:\clouds`],
    found: OWN,
  },
  'another one where Windows has none': {
    platform: 'win32',
    env: { SystemRoot: String.raw`C:\Windows`, PATH: String.raw`.;tools;${GIT_PATH}` },
    files: [GIT, TRAP],
    folders: [String.raw`C:\clouds`],
    found: GIT,
  },
  'none of the workspace, whatever the path says': {
    platform: 'win32',
    env: { SystemRoot: String.raw`C:\Windows`, Path: String.raw`c:\CLOUDS;C:\clouds\bin` },
    files: [TRAP, String.raw`c:\CLOUDS\ssh.exe`, String.raw`C:\clouds\bin\ssh.exe`],
    folders: [String.raw`C:\clouds`],
    found: undefined,
  },
  'the first of the path': {
    platform: 'linux',
    env: { PATH: '/usr/local/bin:/usr/bin' },
    files: ['/usr/bin/ssh', '/project/ssh'],
    folders: ['/project'],
    found: '/usr/bin/ssh',
  },
  'none of the folder that a terminal starts in': {
    platform: 'linux',
    env: { PATH: ':.:bin:/project/bin:/project/../project' },
    files: ['/project/ssh', '/project/bin/ssh', 'bin/ssh', 'ssh'],
    folders: ['/project'],
    found: undefined,
  },
  'a folder beside the workspace is none of it': {
    platform: 'darwin',
    env: { PATH: '/project..d/bin:/workbench/bin' },
    files: ['/workbench/bin/ssh'],
    folders: ['/project'],
    found: '/workbench/bin/ssh',
  },
  'no path at all': { platform: 'linux', env: {}, files: ['/usr/bin/ssh'], folders: [], found: undefined },
};

for (const [what, { platform, env, files, folders, found }] of Object.entries(CASES))
  test(what, () => {
    const isFile = (file: string): boolean => files.includes(file);
    assert.equal(sshProgram({ platform, env, isFile, folders }), found);
  });

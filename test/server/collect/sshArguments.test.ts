// The words for a terminal on a node, judged by `ssh -G`, which says what it would do with them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { sshArguments, type LoginSettings } from '../../../server/collect/sshArguments.ts';
import type { Target } from '../../../server/collect/targets.ts';
import { findProgram } from '../../support/openssh.ts';

const target = (host: string, more: Partial<Target> = {}): Target => ({
  node: 'n1',
  host,
  port: 22,
  username: 'stack',
  ...more,
});
const jump = (host: string, more: Partial<Target> = {}): Target => target(host, { node: host, ...more });

interface Case {
  target: Target;
  settings?: LoginSettings;
  /** Lines of `ssh -G`. */
  wanted: string[];
}

const CASES: Record<string, Case> = {
  'a host': { target: target('192.0.2.1'), wanted: ['hostname 192.0.2.1', 'port 22', 'user stack'] },
  'another port and user': {
    target: target('node1.example', { port: 2222, username: 'heat-admin' }),
    wanted: ['hostname node1.example', 'port 2222', 'user heat-admin'],
  },
  'an IPv6 address': { target: target('2001:db8::1'), wanted: ['hostname 2001:db8::1'] },
  'hosts on the way': {
    target: target('10.0.0.1', { jumps: [jump('bastion', { port: 2200 }), jump('2001:db8::2')] }),
    wanted: ['proxyjump stack@bastion:2200,stack@[2001:db8::2]:22'],
  },
  'files with spaces and percent signs': {
    target: target('192.0.2.1'),
    settings: { identityFiles: ['/tmp/my keys/100%'], knownHostsFiles: ['/tmp/100% known', '/tmp/other'] },
    wanted: ['identityfile /tmp/my keys/100%%', 'userknownhostsfile /tmp/100% known /tmp/other'],
  },
};

describe('a terminal on a node', () => {
  for (const [what, { target: to, settings = {}, wanted }] of Object.entries(CASES))
    it(what, { skip: !findProgram('ssh') && 'no ssh' }, () => {
      const args = sshArguments(to, { configFile: 'none', ...settings });
      assert.ok(Array.isArray(args));
      const lines = execFileSync('ssh', ['-G', ...args], { encoding: 'utf8' }).split('\n');
      assert.deepEqual(
        wanted.filter((line) => !lines.includes(line)),
        [],
        lines
          .filter((line) => /^(hostname|port|user|proxyjump|identityfile|userknownhostsfile) /.test(line))
          .join('\n'),
      );
    });

  const REFUSED: Record<string, Target> = {
    'an option for a host': target('-oProxyCommand=x'),
    'a command for a host': target('$(x)'),
    'an option for a name': target('192.0.2.1', { node: '-n1' }),
    'an option for a user': target('192.0.2.1', { username: '-oProxyCommand=x' }),
    'a command for a user': target('192.0.2.1', { username: '`x`' }),
    'a space in a user': target('192.0.2.1', { username: 'a b' }),
    'a command for the user of a host on the way': target('192.0.2.1', { jumps: [jump('b', { username: '$(x)' })] }),
    'a command for a host on the way': target('192.0.2.1', { jumps: [jump('b;x')] }),
    'a token in the user of a host on the way': target('192.0.2.1', { jumps: [jump('b', { username: '%h' })] }),
    'a zone of a host on the way': target('192.0.2.1', { jumps: [jump('fe80::1%eth0')] }),
    'a second host in a user on the way': target('192.0.2.1', { jumps: [jump('b', { username: 'a@c' })] }),
    'a way that cannot be found': target('192.0.2.1', { problem: 'in a circle' }),
    'no port': target('192.0.2.1', { port: 0 }),
  };
  for (const [what, to] of Object.entries(REFUSED))
    it(`refuses ${what}`, () => {
      const answer = sshArguments(to, {});
      assert.ok(!Array.isArray(answer) && answer.problem.length > 5, JSON.stringify(answer));
    });
});

// Settings as editors send them, and as they should not.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { settingsFrom } from '../../../server/features/settings.ts';

const NO_CHECKS = { checks: { severity: {} } };
const NONE = {
  ...NO_CHECKS,
  ssh: { user: '', configFile: '', identityFiles: [], knownHostsFiles: [], sudo: 'auto', timeout: 0 },
};

it('reads what is set', () => {
  const ssh = {
    user: ' root ',
    configFile: 'none',
    identityFiles: ['~/.ssh/id_cloud'],
    knownHostsFiles: ['/etc/known'],
    sudo: 'never',
    timeout: 90,
  };
  assert.deepEqual(settingsFrom({ ssh }), { ...NO_CHECKS, ssh: { ...ssh, user: 'root' } });
  const severity = { 'subnet-overlap': 'off', S02: ' hint', 'mtu-too-small': 7 };
  assert.deepEqual(settingsFrom({ checks: { severity } }).checks.severity, {
    'subnet-overlap': 'off',
    S02: 'hint',
    'mtu-too-small': '',
  });
});

it('counts what has the wrong type as not set', () => {
  for (const answer of [undefined, null, 1, 'x', [], {}, { ssh: null }, { ssh: { user: 7, identityFiles: 'a' } }]) {
    assert.deepEqual(settingsFrom(answer), NONE);
  }
  assert.deepEqual(settingsFrom({ ssh: { identityFiles: ['a', 1, '', null] } }).ssh.identityFiles, ['a']);
});

it('waits an hour at most, in whole seconds, and knows three words about sudo', () => {
  const timeouts: [unknown, number][] = [
    [0.5, 1],
    [-1, 0],
    [1e9, 3600],
    ['60', 0],
  ];
  for (const [timeout, wanted] of timeouts) assert.equal(settingsFrom({ ssh: { timeout } }).ssh.timeout, wanted);
  assert.equal(settingsFrom({ ssh: { sudo: 'always' } }).ssh.sudo, 'always');
  assert.equal(settingsFrom({ ssh: { sudo: 'sometimes' } }).ssh.sudo, 'auto');
});

it('never throws', () => {
  fc.assert(
    fc.property(fc.anything(), (answer) => typeof settingsFrom({ ssh: answer }).ssh.user === 'string'),
    { seed: 1, numRuns: 300 },
  );
});

/** Where each node is reached: options, topology, SSH configuration, in this order; checked before anything connects. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { notesOf, targetProblem, targetsOf } from '../../../server/collect/targets.ts';
import type { Target, TargetOptions } from '../../../server/collect/targets.ts';
import type { Node } from '../../../shared/topology/types.ts';

const node = (name: string, more: Partial<Node>): Node => ({
  name,
  pointer: `/nodes/${name}`,
  agent_mode: 'dvr',
  bridge_mappings: {},
  ...more,
});
const NODES = [node('compute1', {}), node('net1', { address: '192.0.2.13', ssh_port: 2222, ssh_user: 'ops' })];

/** Without the settings, which `sshConfig.test.ts` is about. */
function placesOf(options: TargetOptions = {}): Target[] {
  const targets = targetsOf(NODES, { configFile: 'none', ...options });
  for (const target of targets) for (const place of [target, ...(target.jumps ?? [])]) delete place.settings;
  return targets;
}

test('a node is reached by its own words, or by defaults', () => {
  assert.deepEqual(placesOf(), [
    { node: 'compute1', host: 'compute1', port: 22, username: userInfo().username },
    { node: 'net1', host: '192.0.2.13', port: 2222, username: 'ops' },
  ]);
});

test('options win', () => {
  assert.deepEqual(placesOf({ user: 'root', port: 22 }), [
    { node: 'compute1', host: 'compute1', port: 22, username: 'root' },
    { node: 'net1', host: '192.0.2.13', port: 22, username: 'root' },
  ]);
});

describe('the SSH configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dvrscope-targets-'));
  after(() => rmSync(folder, { recursive: true }));
  const withConfig = (config: string, options: TargetOptions = {}): Target[] => {
    const configFile = join(folder, 'config');
    writeFileSync(configFile, config, { mode: 0o600 });
    return placesOf({ ...options, configFile });
  };
  const me = userInfo().username;

  test('says what topology and options do not', () => {
    const config = 'Host compute1\n HostName 10.0.0.1\nHost *\n User cfg\n Port 2022\n';
    assert.deepEqual(withConfig(config), [
      { node: 'compute1', host: '10.0.0.1', port: 2022, username: 'cfg' },
      { node: 'net1', host: '192.0.2.13', port: 2222, username: 'ops' },
    ]);
    assert.deepEqual(
      withConfig(config, { user: 'root', port: 1 }).map(({ port, username }) => [port, username]),
      [
        [1, 'root'],
        [1, 'root'],
      ],
    );
  });

  test('knows a node by its name and by its address, which the topology has', () => {
    const rows: [config: string, jumps: string[] | undefined][] = [
      ['Host net1\n ProxyJump b\n', ['b']],
      ['Host 192.0.2.*\n ProxyJump b\n', ['b']],
      ['Match host 192.0.2.13\n ProxyJump b\n', ['b']],
      ['Host * !192.0.2.13\n ProxyJump b\n', undefined],
      ['Host net1\n HostName elsewhere\n', undefined],
      ['Host compute1\n ProxyJump b\n', undefined],
    ];
    for (const [config, jumps] of rows) {
      const [, net1] = withConfig(config);
      assert.equal(net1!.host, '192.0.2.13');
      assert.deepEqual(
        net1!.jumps?.map(({ host }) => host),
        jumps,
        config,
      );
    }
  });

  test('several hosts on the way, each with its own user, port and name', () => {
    const [compute1] = withConfig(
      'Host compute1\n ProxyJump outer,alice@inner:2200\nHost outer\n HostName 198.51.100.1\n User gate\n ProxyJump front\nHost inner\n ProxyJump never\n Port 7\n',
    );
    assert.deepEqual(compute1!.jumps, [
      { node: 'front', host: 'front', port: 22, username: me },
      { node: 'outer', host: '198.51.100.1', port: 22, username: 'gate' },
      { node: 'inner', host: 'inner', port: 2200, username: 'alice' },
    ]);
  });

  test('a way that cannot be gone', () => {
    const rows: [config: string, problem: RegExp][] = [
      ['Host *\n ProxyJump bastion\n', /goes through .*@bastion:22 in a circle/],
      ['Host compute1\n ProxyJump a\nHost a\n ProxyJump b\nHost b\n ProxyJump a\n', /in a circle/],
      [
        'Host compute1\n ProxyCommand nc %h %p\n',
        /ProxyCommand \(nc %h %p\), which dvrscope never runs; use ProxyJump/,
      ],
      ['Host compute1\n ProxyJump a\nHost a\n ProxyCommand x\n', /a: its SSH configuration has a ProxyCommand/],
      ['Host compute1\n ProxyJump a:b:c\n', /no list of/],
      ['Host compute1\n ProxyJump a,,b\n', /no list of/],
      ['Host compute1\n ProxyJump -oProxyCommand=id\n', /on the way, .*not a host name/],
      ['Host compute1\n ProxyJump a,b,c,d,e,f,g,h,i\n', /more than 8/],
    ];
    for (const [config, problem] of rows) assert.match(targetProblem(withConfig(config)[0]!) ?? '', problem, config);
  });

  test('what of it is left out is said once', () => {
    const configFile = join(folder, 'noted');
    writeFileSync(configFile, 'Match exec true\n Port 1\n', { mode: 0o600 });
    assert.deepEqual(notesOf(targetsOf(NODES, { configFile })), [
      `${configFile}, line 1: Match exec is never run: what it guards is left out`,
    ]);
  });
});

test('what cannot be connected to is said before it is tried', () => {
  const rows: [part: Partial<Target>, problem: RegExp | undefined][] = [
    [{}, undefined],
    [{ host: '2001:db8::1' }, undefined],
    [{ host: 'fe80::1%eth0' }, undefined],
    [{ username: 'domain\\first last' }, undefined],
    [{ host: '' }, /address/],
    [{ host: '-p' }, /address/],
    [{ host: 'a b' }, /address/],
    [{ host: 'a\n' }, /address/],
    [{ port: 0 }, /port/],
    [{ port: 65_536 }, /port/],
    [{ port: 22.5 }, /port/],
    [{ port: Number.NaN }, /port/],
    [{ username: '' }, /user/],
    [{ username: 'a\u001bb' }, /user/],
  ];
  for (const [part, problem] of rows) {
    const found = targetProblem({ node: 'n', host: 'h', port: 22, username: 'u', ...part });
    if (problem) assert.match(found ?? '', problem, JSON.stringify(part));
    else assert.equal(found, undefined, JSON.stringify(part));
  }
});

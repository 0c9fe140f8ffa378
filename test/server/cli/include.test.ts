// Topologies of several files through the command line: every verb takes the root, and leads to the right file and line.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, describe, it } from 'node:test';
import { dvrscope } from '../../support/cli.ts';
import { ROOT } from '../../support/splitRoot.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-include-'));
after(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);
function write(name: string, text: string): string {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
  return at(name);
}

const root = write('cloud.dvr.yaml', ROOT);
const red = write(
  'tenants/red.dvr.yaml',
  `routers:
  r1:
    interfaces: {red-v4: {snat: {ip_address: 10.0.0.3}}}
ports:
  vm1: {node: compute1, network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
  vm2: {node: compute2, network: red, fixed_ips: [{ip_address: 10.0.0.6}]}
  vm3: {node: compute3, network: red} # dvrscope: ignore unknown-reference
`,
);

describe('a topology of several files', () => {
  it('is checked as one, each finding in its file', async () => {
    const { out, status } = await dvrscope('check', root);
    assert.equal(status, 1);
    assert.match(out, new RegExp(`^${red}:6:15: error \\[unknown-reference\\] There is no node \`compute2\``, 'm'));
    assert.match(out, /1 error, 0 warnings, 1 silenced|1 error, 0 warnings.*1 silenced/);
  });

  const PLACES: Record<string, RegExp> = {
    github: new RegExp(`^::error file=${red},line=6,`, 'm'),
    junit: new RegExp(`${red}:6`),
    sarif: new RegExp(`"uri": "${pathToFileURL(red).href}"[^}]*}[^}]*"startLine": 6`, 's'),
  };
  for (const [format, place] of Object.entries(PLACES))
    it(`--format ${format} leads there`, async () => {
      const { out } = await dvrscope('check', root, '--format', format);
      assert.match(out, place);
    });

  it('--fix mends each file, --dry-run none', async () => {
    const text = readFileSync(red, 'utf8');
    const dry = await dvrscope('check', root, '--fix', '--dry-run');
    assert.match(dry.out, new RegExp(`^--- ${red}$[^]*^\\+ {2}vm2: \\{node: compute1`, 'm'));
    assert.doesNotMatch(dry.out, /cloud\.dvr\.yaml\n/);
    assert.equal(readFileSync(red, 'utf8'), text);
    const { err } = await dvrscope('check', root, '--fix');
    assert.match(err, new RegExp(`^${red}:6:15: fixed \\[unknown-reference\\]`, 'm'));
    assert.equal(readFileSync(red, 'utf8'), text.replace('compute2', 'compute1'));
    assert.equal(readFileSync(root, 'utf8'), ROOT);
    writeFileSync(red, text);
  });

  it('is expected, traced and verified', async () => {
    const expected = await dvrscope('expect', root, '--node', 'compute1', '--aspect', 'rules');
    assert.match(expected.out, /from 10\.0\.0\.1\/24 lookup|from all lookup main/);
    const traced = await dvrscope('trace', root, '--from', 'vm1', '--to', '10.0.0.1');
    assert.match(traced.out, new RegExp(`${red}:3`));
    const json = await dvrscope('trace', root, '--from', 'vm1', '--to', '10.0.0.1', '--format', 'json');
    assert.match(json.out, new RegExp(`"file": "${red}"`));
    const verified = await dvrscope('verify', root, '--promise', 'reach vm1 -> 10.0.0.1');
    assert.equal(verified.status, 0, verified.out);
  });

  it('is not written as one by an import that would lose files', async () => {
    const inventory = write('inventory.json', '{"_meta": {"hostvars": {"compute1": {"ansible_host": "192.0.2.1"}}}}');
    const { err, status } = await dvrscope('import', '--topology', root, '--inventory', inventory);
    assert.equal(status, 2);
    assert.match(err, /made of several files \(include\).*give the one that has the nodes/);
  });

  it('one file of it says what it is a part of', async () => {
    const { err, status } = await dvrscope('check', red);
    assert.equal(status, 1);
    assert.match(err, /is a part of .*cloud\.dvr\.yaml/);
    const alone = await dvrscope('check', write('alone/a.dvr.yaml', 'nodes: {n: {agent_mode: dvrr}}\n'));
    assert.equal(alone.err, '');
  });
});

describe('what cannot be included is told with a way out', () => {
  const told = async (entry: string): Promise<string> => {
    const { out } = await dvrscope('check', write('odd/root.dvr.yaml', `include: ["${entry}"]\n`), '--format', 'json');
    const { findings } = JSON.parse(out) as { findings: { code: string; message: string }[] };
    return findings.map(({ code, message }) => `${code}: ${message}`).join('\n');
  };

  it('a folder, a long file, a binary, a link out of the folder', async () => {
    mkdirSync(at('odd/sub'), { recursive: true });
    write('odd/long.dvr.yaml', `# ${'x'.repeat(1_000_000)}\n`);
    write('odd/binary.dvr.yaml', 'a\0b');
    write('elsewhere.dvr.yaml', 'nodes: {n: {agent_mode: dvr}}\n');
    symlinkSync(at('elsewhere.dvr.yaml'), at('odd/link.dvr.yaml'));
    symlinkSync(at('odd/real.dvr.yaml'), at('odd/inner.dvr.yaml'));
    write('odd/real.dvr.yaml', 'nodes: {n: {agent_mode: dvr}}\n');
    assert.match(await told('sub'), /^include-unreadable: .*is a folder.*FOLDER\/\*\.dvr\.yaml/);
    assert.match(await told('long.dvr.yaml'), /^include-unreadable: .*has 1\.0 MB.*Split it/);
    assert.match(await told('binary.dvr.yaml'), /^include-unreadable: .*is no text/);
    assert.match(await told('link.dvr.yaml'), /^include-path: .*by way of a link.*where it really is/);
    assert.equal(await told('inner.dvr.yaml'), '');
    assert.equal(await told('../elsewhere.dvr.yaml'), '');
    assert.match(await told('../elsewere.dvr.yaml'), /^include-missing: .*Did you mean `\.\.\/elsewhere\.dvr\.yaml`/);
    assert.match(await told(at('elsewhere.dvr.yaml')), /^include-path: .*absolute path/);
  });

  it('a file that nobody may read', { skip: process.getuid?.() === 0 && 'root may read everything' }, async () => {
    chmodSync(write('odd/secret.dvr.yaml', 'nodes: {}\n'), 0);
    assert.match(await told('secret.dvr.yaml'), /^include-unreadable: .*cannot be read \(permission denied\)/);
  });
});

/** `check --fix` and `--severity`: what is written, what is said, what is counted. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { dvrscope } from '../../support/cli.ts';

const WRONG = `nodes:
  compute1: {agent_mode: dvr}
networks:
  red: {mtu: 1000, subnets: {red-v4: {cidr: 10.0.0.0/24}, red-v6: {cidr: '2001:db8::/64'}}} # mine
ports:
  vm1: {network: rde, node: compute, fixed_ips: [{ip_address: 10.0.0.5}]}
`;

describe('check', () => {
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-fix-'));
    file = path.join(folder, 'a.dvr.yaml');
  });
  after(() => rm(folder, { recursive: true }));
  const check = async (text: string, ...options: string[]) => {
    await writeFile(file, text);
    const ran = await dvrscope('check', file, ...options);
    return { ...ran, text: await readFile(file, 'utf8') };
  };

  it('--fix --dry-run writes nothing and prints a patch', async () => {
    const { status, out, err, text } = await check(WRONG, '--fix', '--dry-run');
    assert.deepEqual([status, text], [0, WRONG]);
    assert.deepEqual(
      out.split('\n').filter((line) => /^[-+] /.test(line)),
      WRONG.split('\n')
        .flatMap((line) => (/mtu|rde/.test(line) ? [line] : []))
        .flatMap((line) => [
          `-${line}`,
          `+${line.replace('1000', '1280').replace('rde', 'red').replace('compute,', 'compute1,')}`,
        ]),
    );
    assert.equal(err.split('\n').length, 4);
    assert.match(err, /a\.dvr\.yaml:6:18: to fix \[unknown-reference\] Change to `red`/);
  });

  it('--fix writes what needs no choice, and the rest is reported', async () => {
    const { status, text, err } = await check(WRONG.replace('10.0.0.5', '10.0.0.255'), '--fix');
    assert.match(
      text,
      /mtu: 1280.*# mine\n(?:.*\n)*.*network: red, node: compute1, fixed_ips: \[\{ip_address: 10\.0\.0\.255\}/,
    );
    assert.match(err, /fixed \[mtu-too-small\]/);
    assert.equal(status, 1);
    assert.deepEqual(await check(text, '--fix').then((again) => [again.text, again.err]), [text, '']);
  });

  it('--fix leaves alone what is silenced', async () => {
    const { text, out, status } = await check(WRONG, '--fix', '--severity', 'unknown-reference=off,mtu-too-small=off');
    assert.deepEqual([text, status], [WRONG, 0]);
    assert.match(out, /: 0 errors, 0 warnings, 3 silenced\n$/);
  });

  it('--severity sets what a code is worth, and the status follows', async () => {
    const set = ['--severity', 'unknown-reference=warning', '--severity', 'mtu-too-small=hint'];
    const { status, out } = await check(WRONG, '--format', 'json', ...set);
    const { summary, findings } = JSON.parse(out) as { summary: object; findings: { severity: string }[] };
    assert.deepEqual(summary, { error: 0, warning: 2, information: 0, hint: 1, differences: 0, silenced: 0 });
    assert.equal(findings.length, 3);
    assert.equal(status, 0);
    assert.equal((await check(WRONG, '--fail-on', 'hint', ...set)).status, 1);
  });

  it('comments in the file are obeyed and counted', async () => {
    const { out, status } = await check(
      `${WRONG}# dvrscope: ignore-file unknown-reference, mtu-too-small -- a draft\n`,
    );
    assert.deepEqual([out, status], [`${file}: 0 errors, 0 warnings, 3 silenced\n`, 0]);
  });

  for (const wrong of ['mtu-to-small=off', 'mtu-too-small', 'mtu-too-small=loud', '=off'])
    it(`--severity ${wrong} is a mistake of the caller`, async () => {
      const { status, err } = await check(WRONG, '--severity', wrong);
      assert.equal(status, 2);
      assert.match(err, /^dvrscope check: --severity/);
    });

  it('--dry-run alone is one, too', async () => assert.equal((await check(WRONG, '--dry-run')).status, 2));
});

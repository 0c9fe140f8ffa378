/** Real packets judge netfilter, of both families: `JUDGE_COUNT=100000 JUDGE_SEED=7 node --test test/judges/nat.test.ts` sends more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutNamespaces } from '../support/routerNamespaces.ts';
import { judgeNat, judgeRecordedNat } from './nat.ts';
import { type Verdict, verdictText } from './routes.ts';

const seed = Number(process.env['JUDGE_SEED'] ?? 1);
const count = Number(process.env['JUDGE_COUNT'] ?? 2000);
/** Of the recorded namespaces an eighth, another one with another seed, unless the full count is asked for. */
const nth = count > 2000 ? 1 : 8;
const each = count > 2000 ? 100 : 40;
const skip = process.env['CI'] === undefined && withoutNamespaces();

function check(verdict: Verdict, least: number): void {
  process.stdout.write(`# ${verdictText(seed, verdict)}\n`);
  assert.equal(verdict.disagreement, undefined);
  assert.ok(verdict.count >= least, `only ${verdict.count} packets`);
  const gone = verdict.kinds['gone/-'] ?? 0;
  assert.ok(gone > 0 && gone < verdict.count * 0.8, `${gone} of ${verdict.count} packets were dropped`);
}

test('netfilter: random tables, there, back and there again', { skip, timeout: 3_600_000 }, () => {
  check(judgeNat(count, seed), count);
});

test('netfilter: the tables of every recorded namespace', { skip, timeout: 3_600_000 }, () => {
  check(judgeRecordedNat(each, seed, nth), 800);
});

/** Every kind of state is judged by the kernel: `JUDGE_COUNT=100000 JUDGE_SEED=7 node --test test/judges/routes.test.ts` asks more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutNamespaces } from '../support/routerNamespaces.ts';
import { type Verdict, judgeRecordedRoutes, judgeRoutes, verdictText } from './routes.ts';

const seed = Number(process.env['JUDGE_SEED'] ?? 1);
const count = Number(process.env['JUDGE_COUNT'] ?? 2000);
/** Of the recorded namespaces a quarter, another one with another seed, unless the full count is asked for. */
const nth = count > 2000 ? 1 : 4;
const skip = process.env['CI'] === undefined && withoutNamespaces();

function check(verdict: Verdict, least: number): void {
  process.stdout.write(`# ${verdictText(seed, verdict)}\n`);
  assert.equal(verdict.disagreement, undefined);
  assert.ok(verdict.count >= least, `only ${verdict.count} packets`);
  for (const kind of ['out', 'local', 'refused', 'no-route']) assert.ok(verdict.kinds[kind]! > 0, `never ${kind}`);
}

test('routes: random rules and routes, as the kernel chooses', { skip, timeout: 3_600_000 }, () => {
  check(judgeRoutes(count, seed), count);
});

test('routes: what every recorded namespace held', { skip, timeout: 3_600_000 }, () => {
  check(judgeRecordedRoutes(count > 2000 ? 200 : 50, seed, nth), 1000);
});

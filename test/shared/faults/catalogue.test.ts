/**
 * Each fault that the catalogue can be tested with on a healthy node, made on every recorded node where it can be made: the report names
 * it first, in at most two findings. The table is printed.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../../server/report.ts';
import { FAULTS } from '../../../shared/faults/table.ts';
import { CLOUDS, type Cloud, type Made, cloudOf, recordedCloud, reportOf } from './cloud.ts';
import { FLOATING_FAULTS } from './made.ts';
import { NAMED_FAULTS, NODE_FAULTS } from './madeNode.ts';
import { SNAT_FAULTS } from './madeSnat.ts';

const MADE: readonly Made[] = [...FLOATING_FAULTS, ...SNAT_FAULTS, ...NODE_FAULTS, ...NAMED_FAULTS];

const textOf = ({ node, code, live, expected, differences }: Finding): string =>
  JSON.stringify([node, code, live, expected, differences?.length]);

/** Findings that the healthy cloud has not. */
function newFindings(cloud: Cloud, before: ReadonlySet<string>, nodes?: string[]): Finding[] {
  return reportOf(cloud, nodes).findings.filter(
    (finding) => finding.kind !== 'not-collected' && !before.has(textOf(finding)),
  );
}

interface Row {
  where: string;
  rank: number;
  count: number;
  told: string;
}

/** All recordings of the real clouds, and of those made for single questions some for each fault, so that the time is bounded. */
const cloudsOf = (made: Made): typeof CLOUDS =>
  CLOUDS.filter((name, i) => name.startsWith('S') || (made.isForAll !== false && (i + MADE.indexOf(made)) % 4 === 0));

/** On the first node of each where it can be made; where to begin changes from fault to fault. */
function rowsOf(made: Made): Row[] {
  return cloudsOf(made).flatMap((scenario): Row[] => {
    const names = [...recordedCloud(scenario).states.keys()];
    const first = MADE.indexOf(made) % names.length;
    for (const node of [...names.slice(first), ...names.slice(0, first)]) {
      const cloud = cloudOf(scenario, made.isWide ? undefined : node);
      if (made.make(cloud.states.get(node)!, cloud)) return [rowOf(made, cloud, node)];
    }
    return [];
  });
}

function rowOf({ fault, isWide }: Made, cloud: Cloud, node: string): Row {
  const findings = newFindings(cloud, healthyOf(cloud.scenario), isWide ? undefined : [node]);
  const rank = findings.findIndex((finding) => finding.fault === fault && finding.node === node) + 1;
  const told = findings.map(
    (finding) => `${finding.fault ?? '-'} ${finding.code} ${finding.expected} | ${finding.live}`,
  );
  return { where: `${cloud.scenario} ${node}`, rank, count: findings.length, told: told.slice(0, 6).join('\n') };
}

const healthyReports = new Map<string, ReadonlySet<string>>();

function healthyOf(scenario: Cloud['scenario']): ReadonlySet<string> {
  const known = healthyReports.get(scenario) ?? new Set(reportOf(recordedCloud(scenario)).findings.map(textOf));
  healthyReports.set(scenario, known);
  return known;
}

describe('faults made on recordings', () => {
  for (const made of MADE)
    it(`${made.fault} ${made.how}`, (test) => {
      const rows = rowsOf(made);
      test.diagnostic(
        `${made.fault}, ${made.how}: ${rows.map(({ where, rank, count }) => `${where} ${rank}/${count}`).join(', ')}`,
      );
      assert.ok(rows.length > 0, 'it can be made nowhere');
      for (const { where, rank, count, told } of rows) {
        assert.equal(rank, 1, `${where}: not the first of ${count} findings\n${told}`);
        assert.ok(count <= 2, `${where}: ${count} findings\n${told}`);
      }
    });
});

it('every fault of the catalogue is made', () => {
  const made = new Set(MADE.map(({ fault }) => fault));
  assert.deepEqual(
    FAULTS.map(({ id }) => id).filter((id) => !made.has(id)),
    [],
  );
  assert.equal(FAULTS.length, 44);
  assert.equal(new Set(FAULTS.map(({ id }) => id)).size, 44);
});

it('a healthy recording has no fault but what was left over in it', () => {
  for (const scenario of CLOUDS) {
    const faults = reportOf(recordedCloud(scenario)).findings.filter(({ fault }) => fault !== null);
    assert.deepEqual(
      faults.filter(({ fault, severity }) => fault !== 'C06' || severity !== 'warning'),
      [],
    );
  }
});

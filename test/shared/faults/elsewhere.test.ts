/** A port that one node lost takes rows from the tunnel bridges of the others. That is told once, where it was lost. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { reportAsText } from '../../../server/cli/reportText.ts';
import type { Flow } from '../../../shared/state.ts';
import { type Cloud, cloudOf, devices, dropDevice, healthy, namespaces, reportOf, take } from './cloud.ts';

/** Device and port of a centralised SNAT port, with their flows; what it is for. */
function loseSnatPort({ topology, states }: Cloud): string {
  for (const live of states.values())
    for (const [, state] of namespaces(live, 'snat')) {
      const [device] = devices(state, 'sg-');
      if (device === undefined) continue;
      const expected = healthy({ topology, states } as Cloud, live);
      const port = expected.ports!.find(({ name }) => name === device)!;
      dropDevice(state, device);
      take(live.ports, ({ name }) => name === device);
      return port.because!.pointer;
    }
  return assert.fail('no SNAT port');
}

/** What l2population takes away when a port is down; how many rows. */
function withdraw(cloud: Cloud, pointer: string, isTaken: (flow: Flow) => boolean): number {
  let rows = 0;
  for (const live of cloud.states.values()) {
    const wanted = (healthy(cloud, live).flows ?? []).filter(
      (flow) => flow.bridge === 'br-tun' && flow.because?.pointer === pointer && isTaken(flow),
    );
    const isWanted = ({ bridge, table, match }: Flow) =>
      wanted.some((flow) => flow.bridge === bridge && flow.table === table && flow.match === match);
    rows += take(live.flows, isWanted).length;
  }
  return rows;
}

it('rows for a lost port belong to the port', () => {
  for (const scenario of ['S1', 'S3', 'S4'] as const) {
    const cloud = cloudOf(scenario);
    const rows = withdraw(cloud, loseSnatPort(cloud), () => true);
    assert.ok(rows >= 2, scenario);
    const report = reportOf(cloud);
    const [finding, ...others] = report.findings.filter(({ breaks }) => breaks !== null);
    assert.deepEqual(
      others.map(({ message }) => message),
      [],
      scenario,
    );
    assert.equal(finding!.fault, 'S01');
    const elsewhere = finding!.differences!.filter(({ node }) => node !== finding!.node);
    assert.equal(elsewhere.length, rows);
    for (const { node } of elsewhere) {
      assert.equal(report.nodes.find((entry) => entry.node === node)!.status, 'differs');
      assert.ok(reportAsText(report).includes(`${node}: differs, see ${finding!.node}\n`));
    }
  }
});

it('rows for a port that is there are a finding of their own', () => {
  const cloud = cloudOf('S3');
  const probe = cloudOf('S3');
  assert.ok(withdraw(cloud, loseSnatPort(probe), ({ table }) => table === 20) >= 2);
  const faults = reportOf(cloud)
    .findings.filter(({ breaks }) => breaks !== null)
    .map(({ fault }) => fault);
  assert.deepEqual([...new Set(faults)], ['O08']);
});

it('a row of something else keeps its finding', () => {
  const cloud = cloudOf('S3');
  withdraw(cloud, loseSnatPort(cloud), () => true);
  const other = [...cloud.states.values()].find(({ flows }) => flows?.some(isUnicast))!;
  const row = other.flows!.find(isUnicast)!;
  take(other.flows, (flow) => flow === row);
  const findings = reportOf(cloud).findings.filter(({ breaks }) => breaks !== null);
  assert.deepEqual(findings.map(({ fault }) => `${fault}`).toSorted(), ['O08', 'S01']);
});

const isUnicast = ({ bridge, table, priority }: Flow): boolean => bridge === 'br-tun' && table === 20 && priority === 2;

/** What the engine finds nobody to serve is a problem of the text as well: the two must not disagree. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHECKS, runChecks } from '../../../shared/checks/table.ts';
import { placementOf } from '../../../shared/placement.ts';
import { readTopology } from '../../../shared/topology/read.ts';

for (const { code, wrong, right } of CHECKS)
  test(`${code}: each floating IP that placement leaves out has a problem`, () => {
    for (const text of [wrong, right]) {
      const { topology } = readTopology(text);
      const problems = runChecks(topology);
      const silent = placementOf(topology).unserved.filter(({ floating }) => {
        const port = topology.ports.find(({ name }) => name === floating.port);
        const router = topology.routers.find(({ name }) => name === floating.router);
        // Addresses that were left out are not known, and a router that is not distributed serves by itself.
        if (!port || port.fixed_ips.length === 0 || router?.distributed === false) return false;
        return !problems.some(({ pointer }) => pointer.startsWith(floating.pointer));
      });
      assert.deepEqual(silent, []);
    }
  });

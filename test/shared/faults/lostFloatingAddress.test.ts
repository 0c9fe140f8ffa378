/** An address that a gateway device has for a floating IP, when it is gone: told as that floating IP, with all that goes with it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { liveState, nodeNames } from '../../support/recordings.ts';
import { CLOUDS, cloudOf, dropAddress, reportOf } from './cloud.ts';

const ADDRESSES = CLOUDS.flatMap((scenario) =>
  nodeNames(scenario).flatMap((node) =>
    Object.entries(liveState(scenario, node).namespaces).flatMap(([namespace, { addresses = [] }]) =>
      addresses
        .filter(({ ifname, prefixlen }) => ifname.startsWith('qg-') && prefixlen === 32)
        .map((address) => ({ scenario, node, namespace, address })),
    ),
  ),
);

for (const { scenario, node, namespace, address } of ADDRESSES)
  it(`${scenario} ${node}: ${address.local}`, () => {
    const cloud = cloudOf(scenario, node);
    dropAddress(cloud.states.get(node)!.namespaces[namespace]!, address);
    const found = reportOf(cloud, [node]).findings.filter((finding) => finding.code === 'address-missing');
    assert.deepEqual(
      found.map(({ breaks, pointer }) => [breaks, pointer?.split('/')[1]]),
      [[`nobody outside reaches ${address.local}, a floating IP`, 'floating_ips']],
    );
  });

it('there are some of floating IPs and of port forwardings, of plain and of HA routers', () => {
  const wanted = ['S4', 'S6', 'S6ha', 'L4', 'L5', 'L7', 'L8'] as const;
  for (const name of wanted)
    assert.ok(
      ADDRESSES.some(({ scenario }) => scenario === name),
      name,
    );
});

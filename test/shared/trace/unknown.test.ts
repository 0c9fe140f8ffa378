/** What is not known is said, and nothing is guessed. */
import { test } from 'node:test';
import type { Cloud } from '../../../shared/trace/cloud.ts';
import { checkTrace } from '../../support/checkTrace.ts';
import { namespaceIn } from '../../support/recordedCloud.ts';

const without = (aspect: 'rules' | 'iptables' | 'neighbours' | 'routes') => (cloud: Cloud) => {
  delete namespaceIn(cloud, 'net1', 'snat')[aspect];
  cloud.states.find(({ node }) => node === 'net1')!.gaps.push({ namespace: 'snat-*', aspect, reason: 'it timed out' });
};

test('what is not known is said, and nothing is guessed', () => {
  for (const aspect of ['rules', 'iptables', 'neighbours', 'routes'] as const) {
    checkTrace(
      'S1',
      without(aspect),
      {},
      {
        disposition: 'insufficient-info',
        reason: new RegExp(`the ${aspect} of snat-.* on net1 are not known: it timed out`),
      },
    );
  }
  checkTrace(
    'S1',
    (cloud) => void (cloud.states = cloud.states.filter(({ node }) => node !== 'net1')),
    {},
    { disposition: 'insufficient-info', reason: /no state of node net1/, path: ['compute1 qrouter'] },
  );
  checkTrace(
    'S1',
    (cloud) => {
      const { namespaces } = cloud.states.find(({ node }) => node === 'net1')!;
      for (const name of Object.keys(namespaces)) namespaces[name] = {};
    },
    {},
    { disposition: 'insufficient-info', reason: /the links of snat-\S+ on net1 are not known/ },
  );
  checkTrace(
    'S1',
    (cloud) =>
      namespaceIn(cloud, 'net1', 'snat').iptables!.push({
        family: 'inet',
        table: 'filter',
        chain: 'FORWARD',
        spec: '-m bpf --object-pinned x -j DROP',
      }),
    {},
    { disposition: 'insufficient-info', reason: /-A FORWARD -m bpf --object-pinned x -j DROP/ },
  );
});

test('a gap of another family or namespace is none', () => {
  checkTrace(
    'S1',
    (cloud) =>
      cloud.states
        .find(({ node }) => node === 'net1')!
        .gaps.push(
          { namespace: 'snat-*', aspect: 'iptables', family: 'inet6', reason: 'x' },
          { namespace: 'fip-*', aspect: 'iptables', reason: 'x' },
        ),
    {},
    { disposition: 'exits-network', reason: /./ },
  );
});

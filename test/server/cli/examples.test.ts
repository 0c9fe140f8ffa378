/** The examples are taken from operators' write-ups: what they printed is what dvrscope must expect. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { dvrscope } from '../../support/cli.ts';

const example = (name: string) => join(import.meta.dirname, '../../../examples', name);
const TWO_SUBNETS = example('snat-two-subnets.dvr.yaml');
const APP = example('app-network.dvr.yaml');

interface Step {
  node: string;
  namespace: string;
  in: string | null;
  rule: string | null;
  route: string | null;
  out: string | null;
  nat: string | null;
}
interface Traced {
  disposition: string;
  path: Step[];
  final: { src: string };
  sourceSeen: string;
  answered: boolean;
  reply: { disposition: string; path: Step[] };
}

async function traced(file: string, from: string, to: string): Promise<Traced> {
  const { out, err } = await dvrscope('trace', file, '--from', from, '--to', to, '--format', 'json');
  assert.equal(err, '');
  return JSON.parse(out) as Traced;
}

const steps = (path: Step[]) =>
  path.map(({ node, namespace, in: from, out }) => `${node} ${namespace.split('-')[0]} ${from} ${out}`);

describe('two subnets behind one router, without floating IPs', () => {
  it('has the five rules of the write-up', async () => {
    const args = ['expect', TWO_SUBNETS, '--node', 'compute1', '--namespace', 'qrouter', '--aspect', 'rules'];
    assert.deepEqual(await dvrscope(...args), {
      status: 0,
      out: '0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n167772161:\tfrom 10.0.0.1/24 lookup 167772161\n335544321:\tfrom 20.0.0.1/24 lookup 335544321\n',
      err: '',
    });
  });

  it('redirects by the centralised SNAT ports', async () => {
    const { out } = await dvrscope(
      'expect',
      TWO_SUBNETS,
      '--node',
      'compute1',
      '--namespace',
      'qrouter',
      '--aspect',
      'routes',
    );
    assert.match(out, /^default via 10\.0\.0\.3 dev qr-c2e43983-5c table 167772161 proto static$/m);
    assert.match(out, /^default via 20\.0\.0\.3 dev qr-369f59a5-2c table 335544321 proto static$/m);
  });

  it('a VM reaches the outside through the network node, and the reply reaches it', async () => {
    const trace = await traced(TWO_SUBNETS, 'vm1', '8.8.8.8');
    assert.deepEqual(steps(trace.path), [
      'compute1 qrouter qr-c2e43983-5c qr-c2e43983-5c',
      'network1 snat sg-1b9c9c26-38 qg-8be609d9-e3',
    ]);
    assert.equal(trace.path[0]!.rule, '167772161:\tfrom 10.0.0.1/24 lookup 167772161');
    assert.equal(trace.path[1]!.nat, 'SNAT --to-source 192.168.1.21');
    assert.deepEqual([trace.disposition, trace.final.src, trace.answered], ['exits-network', '192.168.1.21', true]);
    assert.deepEqual(
      [trace.reply.disposition, steps(trace.reply.path)],
      ['delivered', ['network1 snat qg-8be609d9-e3 sg-1b9c9c26-38']],
    );
  });

  it('between the subnets packets go by table main, without NAT, on one node and on two', async () => {
    for (const to of ['vm2', 'vm3']) {
      const trace = await traced(TWO_SUBNETS, 'vm1', to);
      assert.deepEqual(steps(trace.path), ['compute1 qrouter qr-c2e43983-5c qr-369f59a5-2c']);
      assert.equal(trace.path[0]!.rule, '32766:\tfrom all lookup main');
      assert.equal(trace.path[0]!.nat, null);
      assert.deepEqual([trace.disposition, trace.sourceSeen, trace.answered], ['delivered', '10.0.0.5', true]);
    }
  });

  it('the router itself answers', async () => {
    const trace = await traced(TWO_SUBNETS, 'vm1', '10.0.0.1');
    assert.deepEqual([trace.disposition, trace.answered], ['delivered', true]);
  });
});

describe('the App network', () => {
  it('leaves with the shared address', async () => {
    const trace = await traced(APP, 'VM3', '8.8.8.8');
    assert.deepEqual([trace.disposition, trace.sourceSeen, trace.answered], ['exits-network', '10.100.100.162', true]);
  });

  it('both examples are sound', async () => {
    for (const file of [TWO_SUBNETS, APP]) {
      const { status, out } = await dvrscope('check', file);
      assert.equal(status, 0);
      assert.match(out, /: 0 errors, 0 warnings\n$/);
    }
  });
});

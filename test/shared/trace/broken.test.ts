/** What becomes of a packet when one thing on a node is broken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cloud } from '../../../shared/trace/cloud.ts';
import { checkTrace, withoutFloatingIpRule } from '../../support/checkTrace.ts';
import { namespaceIn, outsideOf, recordedCloud } from '../../support/recordedCloud.ts';

const strictly = (prefix: string, device: string) => (cloud: Cloud) => {
  const { sysctls } = namespaceIn(cloud, 'compute1', prefix);
  sysctls!.unshift({ key: `net.ipv4.conf.${device}.rp_filter`, value: '1' });
};

const withRoute = (type: string) => (cloud: Cloud) =>
  void namespaceIn(cloud, 'compute1', 'qrouter').routes!.push({ family: 'inet', type, dst: '198.51.100.0/24' });

test('a missing SNAT rule of ip rule: no route', () => {
  checkTrace(
    'S1',
    (cloud) => {
      const qrouter = namespaceIn(cloud, 'compute1', 'qrouter');
      qrouter.rules = qrouter.rules!.filter((rule) => rule.table !== '167772161');
    },
    {},
    { disposition: 'no-route', reason: /no rule leads/, path: ['compute1 qrouter'] },
  );
});

test('ip_forward 0', () => {
  checkTrace(
    'S1',
    (cloud) => {
      // Writing ip_forward sets it for every device.
      for (const sysctl of namespaceIn(cloud, 'net1', 'snat').sysctls!)
        if (/^net\.ipv4\.(ip_forward|conf\..*\.forwarding)$/.test(sysctl.key)) sysctl.value = '0';
    },
    {},
    { disposition: 'dropped', reason: /forwarding is 0|ip_forward is 0/, path: ['compute1 qrouter', 'net1 snat'] },
  );
});

test('strict rp_filter drops what comes in by another device than its answers leave by', () => {
  const from = { address: '198.51.100.10', segment: outsideOf(recordedCloud('S3')) };
  const reason = /rp_filter of fg-\S+ is 1, and the way back to 198\.51\.100\.10 does not exist/;
  const asked = { from, to: '192.168.1.101' };
  // The kernel asks for the way back as if the answer came in by the device that the packet leaves by: the rule `iif fpr-…` leads it out.
  checkTrace('S3', strictly('fip', 'all'), asked, { disposition: 'delivered', reason: /./ });
  const withoutRule = (cloud: Cloud) => {
    strictly('fip', 'all')(cloud);
    const fip = namespaceIn(cloud, 'compute1', 'fip');
    fip.rules = fip.rules!.filter(({ iif }) => iif === undefined);
  };
  checkTrace('S3', withoutRule, asked, { disposition: 'dropped', reason });
  checkTrace('S1', strictly('qrouter', 'qr-7180d817-00'), {}, { disposition: 'exits-network', reason: /./ });
});

test('without proxy_arp nobody answers for a floating IP', () => {
  const from = { address: '192.168.1.1', segment: outsideOf(recordedCloud('S3')) };
  checkTrace(
    'S3',
    (cloud) => {
      for (const { key } of namespaceIn(cloud, 'compute1', 'fip').sysctls!.filter((s) =>
        s.key.endsWith('.proxy_arp'),
      )) {
        namespaceIn(cloud, 'compute1', 'fip').sysctls!.find((s) => s.key === key)!.value = '0';
      }
    },
    { from, to: '192.168.1.101' },
    { disposition: 'neighbour-unreachable', reason: /answers for 192\.168\.1\.101/, path: [] },
  );
});

test('a neighbour entry with a MAC that nobody has', () => {
  checkTrace(
    'S1',
    (cloud) => {
      const { neighbours } = namespaceIn(cloud, 'compute1', 'qrouter');
      neighbours!.find(({ dst }) => dst === '10.0.0.3')!.lladdr = 'fa:16:3e:00:00:99';
    },
    {},
    { disposition: 'neighbour-unreachable', reason: /nobody .* has the MAC fa:16:3e:00:00:99 of 10\.0\.0\.3/ },
  );
});

test('an entry that failed is asked for again', () => {
  checkTrace(
    'S1',
    (cloud) => {
      Object.assign(
        namespaceIn(cloud, 'compute1', 'qrouter').neighbours!.find(({ dst }) => dst === '10.0.0.3')!,
        { state: ['FAILED'] },
      );
    },
    {},
    { disposition: 'exits-network', reason: /./ },
  );
});

test('a learned entry whose owner is gone does not lead astray', () => {
  checkTrace(
    'S1',
    (cloud) => {
      Object.assign(
        namespaceIn(cloud, 'compute1', 'qrouter').neighbours!.find(({ dst }) => dst === '10.0.0.3')!,
        {
          state: ['STALE'],
          lladdr: 'fa:16:3e:00:00:99',
        },
      );
    },
    {},
    { disposition: 'exits-network', reason: /./ },
  );
});

test('the router is missing on the node of the VM', () => {
  checkTrace(
    'S1',
    (cloud) => {
      const { namespaces } = cloud.states.find(({ node }) => node === 'compute1')!;
      for (const name of Object.keys(namespaces)) if (name.startsWith('qrouter')) delete namespaces[name];
    },
    {},
    { disposition: 'neighbour-unreachable', reason: /answers for 10\.0\.0\.1/, path: [] },
  );
});

test('a route that points back runs in a circle', () => {
  const traced = checkTrace(
    'S1',
    (cloud) => {
      const sg = namespaceIn(cloud, 'net1', 'snat').addresses!.find(({ local }) => local === '10.0.0.3')!.ifname;
      namespaceIn(cloud, 'net1', 'snat').routes!.push({
        family: 'inet',
        dst: '198.51.100.10',
        gateway: '10.0.0.1',
        dev: sg,
      });
    },
    {},
    { disposition: 'loop', reason: /again and again/ },
  );
  assert.ok(traced.path.length < 10, `${traced.path.length} namespaces`);
});

test('blackhole and unreachable routes', () => {
  checkTrace('S1', withRoute('blackhole'), {}, { disposition: 'blackhole', reason: /type blackhole/ });
  checkTrace('S1', withRoute('unreachable'), {}, { disposition: 'no-route', reason: /type unreachable/ });
});

test('a device that is down', () => {
  checkTrace(
    'S1',
    (cloud) => {
      namespaceIn(cloud, 'net1', 'snat').links!.find(({ ifname }) => ifname.startsWith('qg-'))!.flags = [];
    },
    {},
    { disposition: 'dropped', reason: /qg-\S+ is down/ },
  );
});

test('without SNAT the outside has no way back', () => {
  const traced = checkTrace(
    'S1',
    (cloud) => {
      const snat = namespaceIn(cloud, 'net1', 'snat');
      snat.iptables = snat.iptables!.filter(({ spec }) => !spec?.includes('SNAT'));
    },
    {},
    { disposition: 'exits-network', reason: /as 10\.0\.0\.5/ },
  );
  assert.equal(traced.reply, null);
  assert.ok(traced.tree.children.some(({ type, text }) => type === 'reply' && text.includes('no route back')));
});

test('an answer from another address than the one asked is none', () => {
  const from = { address: '192.168.1.1', segment: outsideOf(recordedCloud('S3')) };
  // The answer goes through the snat namespace, whose conntrack has not seen the request: a datagram is new there, an echo reply is invalid.
  const udp = checkTrace(
    'S3',
    withoutFloatingIpRule,
    { from, to: '192.168.1.101', protocol: 'udp', dport: 53 },
    { disposition: 'delivered', reason: /./ },
  );
  assert.equal(udp.reply!.final.src, '192.168.1.21');
  assert.equal(udp.answered, false);
  const icmp = checkTrace(
    'S3',
    withoutFloatingIpRule,
    { from, to: '192.168.1.101' },
    { disposition: 'delivered', reason: /./ },
  );
  assert.equal(icmp.reply!.final.src, '192.168.1.101');
  assert.equal(icmp.answered, true);
});

/** What `explain` prints, `parse` reads back; no text makes a parser throw; text and JSON of one thing are the same items. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Aspect } from '../../../shared/aspects/aspect.ts';
import { ASPECTS, aspectNamed } from '../../../shared/aspects/table.ts';
import { readNodeState } from '../../../shared/live.ts';
import { renderItems } from '../../../shared/render.ts';
import { parseSnapshot } from '../../../shared/snapshot.ts';
import type { Family, Item, NamespaceAspect } from '../../../shared/state.ts';
import { SCENARIOS, liveState, nodeNames, snapshotText } from '../../support/recordings.ts';

/** The command whose text form an aspect prints, for a family. */
const COMMAND: Record<NamespaceAspect, Record<Family, string>> = {
  links: { inet: 'ip -d link', inet6: 'ip -d link' },
  addresses: { inet: 'ip -o addr', inet6: 'ip -o addr' },
  rules: { inet: 'ip rule', inet6: 'ip -6 rule' },
  routes: { inet: 'ip route show table all', inet6: 'ip -6 route show table all' },
  neighbours: { inet: 'ip neigh', inet6: 'ip neigh' },
  sysctls: { inet: 'sysctl -a', inet6: 'sysctl -a' },
  iptables: { inet: 'iptables-save', inet6: 'ip6tables-save' },
};

function check(aspect: Aspect<Item>, items: readonly Item[], family: Family): void {
  const text = items.map((item) => aspect.explain(item)).join('\n');
  const parsed = aspect.parse(text, COMMAND[aspect.name][family]);
  assert.deepEqual(parsed, { items, problems: [] });
}

describe('what is printed is read back', () => {
  for (const scenario of SCENARIOS)
    it(scenario, () => {
      for (const node of nodeNames(scenario))
        for (const state of Object.values(liveState(scenario, node).namespaces))
          for (const aspect of ASPECTS)
            for (const family of ['inet', 'inet6'] as const)
              check(
                aspect,
                (state[aspect.name] ?? []).filter((item: Item) => (aspect.family(item) ?? family) === family),
                family,
              );
    });
});

describe('what is shown of a whole aspect is read back', () => {
  const sorted = (items: readonly Item[]) => items.map((item) => JSON.stringify(item)).toSorted();
  for (const scenario of SCENARIOS)
    it(scenario, () => {
      for (const node of nodeNames(scenario))
        for (const state of Object.values(liveState(scenario, node).namespaces))
          for (const aspect of ASPECTS)
            for (const family of ['inet', 'inet6'] as const) {
              const own = (state[aspect.name] ?? []).filter((item: Item) => (aspect.family(item) ?? family) === family);
              // Above the IPv6 half of an aspect stands the command that prints it.
              const text = renderItems(aspect, own).replace(/^# .*\n/, '');
              const { items, problems } = aspect.parse(text, COMMAND[aspect.name][family]);
              assert.deepEqual([sorted(items), problems], [sorted(own), []]);
            }
    });
});

describe('both forms of a command, as iproute2 6.1 prints them', () => {
  const cases: [aspect: NamespaceAspect, command: string, text: string, jsonCommand: string, json: string][] = [
    [
      'rules',
      'ip rule',
      '0:\tfrom all lookup local\n44418:\tfrom 10.1.0.11 lookup 16\n80000:\tfrom 10.0.0.0/24 to 10.9.0.0/16 fwmark 0x1/0xff iif qr-a lookup 16\n90000:\tnot from all unreachable\n167772161:\tfrom 10.0.0.1/24 lookup 167772161 \n',
      'ip -j -4 rule show',
      '[{"priority":0,"src":"all","table":"local"},{"priority":44418,"src":"10.1.0.11","srclen":32,"table":"16"},{"priority":80000,"src":"10.0.0.0","srclen":24,"dst":"10.9.0.0","dstlen":16,"fwmark":"0x1","fwmask":"0xff","iif":"qr-a","table":"16"},{"priority":90000,"not":null,"src":"all","action":"unreachable"},{"priority":167772161,"src":"10.0.0.1","srclen":24,"table":"167772161"}]',
    ],
    [
      'routes',
      '/sbin/ip -4 route list table all',
      'default via 10.0.0.3 dev qr-a table 167772161 proto static \n10.0.0.0/24 dev qr-a proto kernel scope link src 10.0.0.1 \nunreachable 10.7.0.0/16 \n10.8.0.0/16 proto static \n\tnexthop via 10.0.0.7 dev qr-a weight 1 \n\tnexthop via 10.0.0.8 dev qr-a weight 2 dead linkdown \nlocal 10.0.0.1 dev qr-a table local proto kernel scope host src 10.0.0.1 \n',
      'ip -j -4 route show table all',
      '[{"dst":"default","gateway":"10.0.0.3","dev":"qr-a","table":"167772161","protocol":"static","flags":[]},{"dst":"10.0.0.0/24","dev":"qr-a","table":"main","protocol":"kernel","scope":"link","prefsrc":"10.0.0.1","flags":[]},{"type":"unreachable","dst":"10.7.0.0/16","flags":[]},{"dst":"10.8.0.0/16","protocol":"static","flags":[],"nexthops":[{"gateway":"10.0.0.7","dev":"qr-a","weight":1,"flags":[]},{"gateway":"10.0.0.8","dev":"qr-a","weight":2,"flags":[]}]},{"type":"local","dst":"10.0.0.1","dev":"qr-a","table":"local","protocol":"kernel","scope":"host","prefsrc":"10.0.0.1","flags":[]}]',
    ],
    [
      'neighbours',
      'ip -s -s neigh show',
      '10.0.0.5 dev qr-a lladdr FA:16:3e:00:00:01 used 12/12/7 probes 1 PERMANENT\n10.0.0.9 dev qr-a  used 12/12/7 probes 6 FAILED\nfe80::1 dev qr-a lladdr fa:16:3e:00:00:02 router STALE\n',
      'ip -j neigh show',
      '[{"dst":"10.0.0.5","dev":"qr-a","lladdr":"fa:16:3e:00:00:01","state":["PERMANENT"]},{"dst":"10.0.0.9","dev":"qr-a","state":["FAILED"]},{"dst":"fe80::1","dev":"qr-a","lladdr":"fa:16:3e:00:00:02","router":null,"state":["STALE"]}]',
    ],
    [
      'addresses',
      'ip addr',
      '2: rfp-1d360676-1@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000\n    link/ether a2:38:ae:8b:19:ec brd ff:ff:ff:ff:ff:ff link-netnsid 0\n    inet 169.254.88.134/31 scope global rfp-1d360676-1\n       valid_lft forever preferred_lft forever\n    inet6 fe80::a038:aeff:fe8b:19ec/64 scope link \n       valid_lft forever preferred_lft forever\n9: qr-a: <BROADCAST,UP> mtu 1450 qdisc noop state UNKNOWN\n    inet 10.0.0.1/24 brd 10.0.0.255 scope global qr-a\n',
      'ip -j addr',
      '[{"ifname":"rfp-1d360676-1","addr_info":[{"family":"inet","local":"169.254.88.134","prefixlen":31,"scope":"global"},{"family":"inet6","local":"fe80::a038:aeff:fe8b:19ec","prefixlen":64,"scope":"link"},{}]},{"ifname":"qr-a","addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":24,"broadcast":"10.0.0.255","scope":"global"}]}]',
    ],
    [
      'links',
      'ip -d link show',
      '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n3: fpr-1d360676-1@if2: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN\n    link/ether 4E:3a:95:b2:e4:93 brd ff:ff:ff:ff:ff:ff link-netns qrouter-x\n    veth addrgenmode eui64\n',
      'ip -j -d link',
      '[{"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536,"address":"00:00:00:00:00:00"},{"ifname":"fpr-1d360676-1","flags":["BROADCAST"],"mtu":1500,"address":"4e:3a:95:b2:e4:93"}]',
    ],
  ];
  for (const [name, command, text, jsonCommand, json] of cases)
    it(name, () => {
      const aspect = aspectNamed(name);
      assert.ok(aspect.reads(command) && aspect.reads(jsonCommand));
      const fromText = aspect.parse(text, command);
      const fromJson = aspect.parse(json, jsonCommand);
      assert.deepEqual(fromText.problems, []);
      assert.deepEqual(fromJson.problems, []);
      const flagless = fromText.items.map((item) =>
        name === 'links' ? { ...item, address: (item as { address: string }).address.toLowerCase() } : item,
      );
      assert.deepEqual(flagless, fromJson.items);
    });
});

describe('which sections an aspect reads', () => {
  const cases: [NamespaceAspect, string, readonly Family[] | undefined][] = [
    ['rules', 'ip rule', ['inet']],
    ['rules', '/usr/sbin/ip -6 rule list', ['inet6']],
    ['rules', 'ip route show table all', undefined],
    ['routes', 'ip route', undefined],
    ['routes', 'ip route show table main', undefined],
    ['routes', 'ip -6 r show table all', ['inet6']],
    ['addresses', 'ip a', ['inet', 'inet6']],
    ['neighbours', 'ip -s -s neigh show', ['inet', 'inet6']],
    ['iptables', 'iptables-legacy-save', ['inet']],
    ['iptables', 'ip6tables-save -c', ['inet6']],
    ['iptables', 'iptables-save -t nat', undefined],
    ['iptables', 'iptables -L', undefined],
    ['sysctls', '/sbin/sysctl -a', ['inet', 'inet6']],
    ['routes', 'ip route show table all', ['inet', 'inet6']],
    ['routes', 'ip route show table all type local', undefined],
    ['neighbours', 'ip neigh show nud noarp', undefined],
    ['addresses', 'ip addr show up', undefined],
    ['addresses', 'ip -j addr show dev lo', undefined],
    ['rules', 'ip rule list', ['inet']],
    ['rules', 'ip rule show table 16', undefined],
    ['links', 'ip -d address show', ['inet', 'inet6']],
    ['links', 'ip -j addr', undefined],
    ['links', 'ip -o addr', undefined],
    ['links', 'ip -4 address', undefined],
  ];
  for (const [aspect, command, families] of cases)
    it(`${aspect}: ${command}`, () => assert.deepEqual(aspectNamed(aspect).reads(command), families));
});

describe('iptables-save with counters, and of the legacy tool', () => {
  it('drops counters, keeps quotes and order', () => {
    const text =
      '# Generated\n*nat\n:PREROUTING ACCEPT [23:1908]\n:neutron-l3-agent-snat - [0:0]\n[5:300] -A POSTROUTING -m comment --comment "Perform source NAT." -j neutron-l3-agent-snat\n-A empty\nCOMMIT\n';
    assert.deepEqual(aspectNamed('iptables').parse(text, 'iptables-save -c'), {
      items: [
        { family: 'inet', table: 'nat', chain: 'PREROUTING', policy: 'ACCEPT' },
        { family: 'inet', table: 'nat', chain: 'neutron-l3-agent-snat', policy: '-' },
        {
          family: 'inet',
          table: 'nat',
          chain: 'POSTROUTING',
          spec: '-m comment --comment "Perform source NAT." -j neutron-l3-agent-snat',
        },
        { family: 'inet', table: 'nat', chain: 'empty', spec: '' },
      ],
      problems: [],
    });
  });
});

describe('what else tools print', () => {
  const problemsOf = (aspect: NamespaceAspect, command: string, text: string) =>
    aspectNamed(aspect).parse(text, command).problems;

  it('both families in one list of routes: a line without an address goes by those around it', () => {
    const text =
      'default dev gre0 scope link \ndefault via inet6 fe80::1 dev qr-a proto static \n10.0.0.0/24 dev qr-a proto kernel scope link src 10.0.0.1 \nunreachable default metric 4278198272 \ndefault dev qr-a metric 1024 pref medium\nfe80::/64 dev qr-a proto kernel metric 256 pref medium\nunreachable default dev lo metric 4294967295 error -101\n';
    const { items, problems } = aspectNamed('routes').parse(text, 'ip route show table all');
    const shown = items.map((item) => aspectNamed('routes').family(item));
    assert.deepEqual([shown, problems], [['inet', 'inet', 'inet', 'inet', 'inet6', 'inet6', 'inet6'], []]);
  });

  it('a rule whose device is gone', () => {
    const text = '90:\tfrom all iif fpr-a [detached] lookup 90';
    assert.deepEqual(aspectNamed('rules').parse(text, 'ip rule').items, [
      { family: 'inet', priority: 90, src: 'all', iif: 'fpr-a', table: '90' },
    ]);
  });

  it('what a tool says instead of its output is never an empty list', () => {
    const refused = 'setting the network namespace "qrouter-x" failed: Invalid argument';
    for (const { name } of ASPECTS) assert.equal(problemsOf(name, COMMAND[name].inet, refused).length, 1, name);
    assert.deepEqual(problemsOf('sysctls', 'sysctl -a', 'sysctl: permission denied'), ['sysctl: permission denied']);
    assert.deepEqual(problemsOf('iptables', 'iptables-save', '*nat\n:PREROUTING ACCEPT [0:0]\n'), [
      'cut short: its last table has no COMMIT',
    ]);
  });
});

describe('rules of both back ends of iptables', () => {
  const table = (...lines: string[]) => ['*filter', ':INPUT ACCEPT [0:0]', ...lines, 'COMMIT'].join('\n');
  const linesOf = (...outputs: [command: string, text: string, status?: number][]) => {
    const sections = outputs.map(([command, stdout, status = 0]) => ({
      namespace: 'n',
      command,
      stdout,
      stderr: [],
      status,
    }));
    const { namespaces, gaps } = readNodeState({ header: {}, problems: [], sections });
    const reasons = gaps
      .filter(({ aspect, family }) => aspect === 'iptables' && family === 'inet')
      .map(({ reason }) => reason);
    return [(namespaces['n']?.iptables ?? []).map((item) => aspectNamed('iptables').explain(item)), reasons];
  };

  it('are all there', () =>
    assert.deepEqual(
      linesOf(['iptables-save', table('-A INPUT -j a')], ['iptables-legacy-save', table('-A INPUT -j b')]),
      [['filter :INPUT ACCEPT', 'filter -A INPUT -j a', 'filter -A INPUT -j b'], []],
    ));

  it('count once where a tool shows what another one did', () => {
    const same = table('-A INPUT -j a', '-A INPUT -j a');
    assert.deepEqual(linesOf(['iptables-save', same], ['iptables-nft-save', same], ['iptables-save -c', same]), [
      ['filter :INPUT ACCEPT', 'filter -A INPUT -j a', 'filter -A INPUT -j a'],
      [],
    ]);
  });

  it('are not known when one of them failed', () =>
    assert.deepEqual(linesOf(['iptables-save', table()], ['iptables-legacy-save', '', 3]), [
      ['filter :INPUT ACCEPT'],
      ['"iptables-legacy-save" failed with status 3'],
    ]));
});

describe('bad input', () => {
  it('no text makes a parser throw', () => {
    for (const aspect of ASPECTS)
      for (const command of Object.values(COMMAND[aspect.name]))
        fc.assert(
          fc.property(
            fc.oneof(
              fc.string(),
              fc.json(),
              fc.array(fc.json()).map((list) => `[${list.join(',')}]`),
            ),
            (text) => {
              const { items, problems } = aspect.parse(text, command);
              assert.ok(Array.isArray(items) && Array.isArray(problems));
              for (const item of items) assert.equal(typeof aspect.explain(item), 'string');
            },
          ),
          { seed: 7, numRuns: 300 },
        );
  });

  it('any prefix of a recording is read: nothing throws, what is cut is a gap and not an empty aspect', () => {
    const text = snapshotText('S3', 'compute1');
    const whole = readNodeState(parseSnapshot(text));
    for (let end = 0; end < text.length; end += 211) {
      const state = readNodeState(parseSnapshot(text.slice(0, end)));
      for (const [name, content] of Object.entries(state.namespaces))
        for (const { name: aspect } of ASPECTS) {
          const items = content[aspect];
          if (items === undefined) assert.ok(state.gaps.some((gap) => gap.aspect === aspect && gap.namespace === name));
          else if (!state.gaps.some((gap) => gap.aspect === aspect && gap.namespace === name))
            assert.equal(items.length, whole.namespaces[name]?.[aspect]?.length, `${name} ${aspect} at ${end}`);
        }
    }
  });

  it('a few thousand random edits of a recording', () => {
    const text = snapshotText('S1', 'net1');
    const edit = fc.record({ at: fc.nat(text.length), remove: fc.nat(200), insert: fc.string({ maxLength: 20 }) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), (edits) => {
        const edited = edits.reduce(
          (now, { at, remove, insert }) => now.slice(0, at) + insert + now.slice(at + remove),
          text,
        );
        readNodeState(parseSnapshot(edited));
      }),
      { seed: 8, numRuns: 1000 },
    );
  });
});

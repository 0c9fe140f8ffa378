/** What a node could send to exhaust a reader: depth, length, numbers, names. Each is a problem or a gap, soon and with nothing thrown. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ASPECTS, NODE_ASPECTS } from '../../../shared/aspects/table.ts';
import { compare } from '../../../shared/compare.ts';
import { expect } from '../../../shared/expect.ts';
import { readNodeState } from '../../../shared/live.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import { renderNode } from '../../../shared/render.ts';
import { parseSnapshot } from '../../../shared/snapshot.ts';
import { snapshotText, topologyOf } from '../../support/recordings.ts';

const COMMANDS = [
  'ip -j addr',
  'ip -j -d link',
  'ip -j -4 rule',
  'ip -j -4 route show table all',
  'ip -j neigh show',
  'iptables-save',
  'sysctl -a',
];
const DATABASE = [
  'ovs-vsctl -f json list Bridge',
  'ovs-vsctl -f json list Port',
  'ovs-vsctl -f json list Interface',
  'cat /etc/openvswitch/conf.db',
  'ovs-vsctl show',
  'ovs-ofctl dump-flows br-int',
  'ovs-ofctl show br-int',
];

const long = (word: string, length = 300_000): string => word.repeat(length / word.length);
const deep = (open: string, close: string): string => open.repeat(200_000) + close.repeat(200_000);

const TEXTS: Record<string, string> = {
  'lists in lists': deep('[', ']'),
  'lists in lists that do not end': '['.repeat(500_000),
  'records in records': `[${deep('{"a":', '}').replace('}', '1}')}]`,
  'a field of lists in lists': `[{"priority":1,"src":"all","dst":"x","ifname":"x","mtu":1,"x":${deep('[', ']')}}]`,
  'sets in sets': `{"headings":["ports"],"data":[[${deep('["set",[', ']]')}]]}`,
  'a line of angle brackets': `1: ${long('<')}`,
  'a line of colons': `${long(':')}z via ${long(':')}z`,
  'a line of addresses': `1: a    inet 1.1.1.1/8 ${long('brd x ')}`,
  'a line of jumps': `*filter\n-A a ${long('-j a ')}!\nCOMMIT`,
  'a line of digits': `1${long('0')}: from all lookup 1${long('0')}`,
  'a line of quotes': `name : ${long('"a')}`,
  'a line of escapes': `name : [${long('"\\\\"')}`,
  'a flow of digits': ` table=0, priority=1${long('0')},tun_id=0x1${long('0')} actions=output:1`,
  'a flow of brackets': ` table=0, actions=${long('(')}`,
  'empty lines': '\n'.repeat(100_000),
  'indented lines': '\n\t'.repeat(60_000),
  'long words in JSON': `[{"priority":1,"src":"${long(':')}","dst":"${long('1.')}","dev":"x","state":["PERMANENT"]}]`,
  'numbers out of range':
    '[{"priority":1e400,"src":"all","table":-1},{"priority":-5,"src":"1.2.3.4","srclen":99999},{"dst":"999.999.999.999/999","metric":1e308}]',
  'keys with a meaning in JavaScript':
    '[{"__proto__":{"priority":1},"constructor":1,"hasOwnProperty":1,"priority":1,"src":"all"}]',
  'broken UTF-8 and control characters': '\uFFFD\u0000\u001b]0;x\u0007: from all lookup \u001b[31mred',
};

describe('each parser of an aspect', () => {
  for (const [name, text] of Object.entries(TEXTS))
    it(name, { timeout: 120_000 }, () => {
      for (const aspect of ASPECTS)
        for (const command of COMMANDS) if (aspect.reads(command)) aspect.parse(text, command);
      for (const aspect of NODE_ASPECTS) if (text.length < 1000) aspect.parse(text);
    });
});

describe('a whole node of it is read, compared and shown', () => {
  const topology = topologyOf('S3');
  const names = [...snapshotText('S3', 'compute1').matchAll(/^(?:qrouter|fip)-\S+$/gm)].map(([name]) => name);
  for (const [name, text] of Object.entries(TEXTS))
    it(name, { timeout: 240_000 }, () => {
      const section = (namespace: string, command: string) => `@@ begin ${namespace} ${command}\n${text}\n@@ end 0\n`;
      const sections = [
        ...names.flatMap((namespace) => COMMANDS.map((command) => section(namespace, command))),
        ...DATABASE.map((command) => section('-', command)),
      ];
      const list = `@@ begin - ip netns list\n${names.join('\n')}\n__proto__\nconstructor\nqrouter-\u001b[2J\n@@ end 0\n`;
      const state = readNodeState(parseSnapshot(`dvrscope-snapshot 1\nnode: compute1\n\n${list}${sections.join('')}`));
      const comparison = compare(expect(topology, 'compute1', readAllocations(topology, 'compute1', state)), state);
      assert.ok(comparison.differences.length > 0);
      assert.equal(typeof renderNode(state), 'string');
      assert.equal(({} as Record<string, unknown>)['priority'], undefined);
    });
});

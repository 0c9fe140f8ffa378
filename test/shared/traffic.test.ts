/** `conntrack -L` and `ss -Hlntu` as the tools print them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readNodeState } from '../../shared/live.ts';
import { parseSnapshot } from '../../shared/snapshot.ts';
import { listeningOf, translationsOf } from '../../shared/traffic.ts';

it('reads whose destination was translated, each pair once', () => {
  const text = `icmp     1 15 src=192.168.1.22 dst=192.168.1.101 type=8 code=0 id=37179 src=10.1.0.11 dst=192.168.1.22 type=0 code=0 id=37179 mark=0 use=1
icmp     1 14 src=192.168.1.22 dst=192.168.1.101 type=8 code=0 id=63971 [UNREPLIED] src=10.1.0.11 dst=192.168.1.22 type=0 code=0 id=63971 mark=0 use=1
tcp      6 117 TIME_WAIT src=10.1.0.11 dst=198.51.100.10 sport=43740 dport=7777 src=198.51.100.10 dst=192.168.1.101 sport=7777 dport=64645 [ASSURED] mark=0 use=1
`;
  assert.deepEqual(translationsOf(text), [{ dst: '192.168.1.101', to: '10.1.0.11', count: 2 }]);
  assert.deepEqual(translationsOf('nonsense src= dst=\n\0src=a dst=b'), []);
});

it('reads TCP ports that are listened on', () => {
  const text = `udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:*
tcp LISTEN 0      1024   *:9697 *:*
tcp LISTEN 0      10     127.0.0.1:6640 0.0.0.0:*
tcp LISTEN 0      10     [::1]:6640 [::]:*
tcp LISTEN nothing
`;
  assert.deepEqual(listeningOf(text), [9697, 6640]);
});

it('a section that failed says nothing, an empty one that there is nothing', () => {
  const head = 'dvrscope-snapshot 1\nnode: n\n\n';
  const failed = readNodeState(parseSnapshot(`${head}@@ begin qrouter-a ss -Hlntu\n@@ end 1\n`));
  assert.equal(failed.traffic, undefined);
  const empty = readNodeState(parseSnapshot(`${head}@@ begin qrouter-a ss -Hlntu\n@@ end 0\n`));
  assert.deepEqual(empty.traffic?.['qrouter-a'], { listening: [] });
});

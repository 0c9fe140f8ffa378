// Traces through the language server: pictures, what a packet may be sent from and to, exports, and the place of an item in a state.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { PictureStep, TraceView, TraceViewAnswer } from '../../shared/picture/types.ts';
import {
  REQUEST,
  type Side,
  type StatePlace,
  type TextResult,
  type TraceChoices,
  type TraceParams,
} from '../../shared/protocol.ts';
import type { FaultyCloud } from '../support/faultyCloud.ts';
import { FAULTY_URI as uri, startFaulty, type FaultySession } from '../support/faultySession.ts';
import type { LspClient } from '../support/lspClient.ts';

describe('a trace over the language server', () => {
  let session: FaultySession;
  let cloud: FaultyCloud;
  let folder: string;
  let client: LspClient;
  const ask = <T>(method: string, params: object): Promise<T> => session.ask<T>(method, params);
  const view = async (params: Omit<TraceParams, 'uri'>): Promise<TraceView> => {
    const answer = await ask<TraceViewAnswer>(REQUEST.traceView, params);
    assert.ok('view' in answer, JSON.stringify(answer));
    return answer.view;
  };
  const lineOf = (text: string): number => cloud.topology.slice(0, cloud.topology.indexOf(text)).split('\n').length - 1;

  before(async () => {
    session = await startFaulty();
    ({ cloud, folder, client } = session);
  });

  after(() => session.stop());

  it('says why a packet cannot be traced', async () => {
    assert.deepEqual(await ask(REQUEST.traceView, { from: 'nobody', to: '8.8.8.8' }), {
      problem: 'There is no port "nobody" to start from: give a port\'s name or id, or IP@network.',
    });
  });

  it('is expected only, before a comparison, with lines of the topology', async () => {
    const { expected, live, parting, lanes, notes } = await view({ from: 'a3', to: '198.51.100.10' });
    assert.deepEqual([live, parting, notes], [undefined, undefined, []]);
    assert.equal(expected.outcome, 'exits-network as 192.168.1.21, answered');
    assert.deepEqual(lanes[0], {
      id: 'node compute1',
      kind: 'node',
      title: 'compute1',
      location: { uri, line: lineOf('  compute1:'), character: 2 },
    });
    assert.deepEqual(expected.steps[0]?.location, { uri, line: lineOf('  a3:'), character: 2 });
  });

  it('offers ports, floating IPs and the outside', async () => {
    const { ports, floatingIps, outside, at } = await ask<TraceChoices>(REQUEST.traceChoices, {});
    assert.equal(ports[0]?.name, 'a1');
    assert.deepEqual(floatingIps[0], {
      address: '192.168.1.101',
      port: 'a1',
      node: 'compute1',
      network: 'public',
      forwarded: [],
    });
    assert.deepEqual(outside, [
      {
        network: 'public',
        gateways: ['192.168.1.1'],
        routers: [
          { router: 'ra', address: '192.168.1.21' },
          { router: 'rb', address: '192.168.1.22' },
        ],
      },
    ]);
    assert.equal(at, undefined);
  });

  const ends: [text: string, at: TraceChoices['at']][] = [
    ['10.1.0.13}', { from: 'a3' }],
    ['  a3:', { from: 'a3' }],
    ['  192.168.1.101:', { to: '192.168.1.101' }],
    ['  ra:', undefined],
  ];
  for (const [text, wanted] of ends)
    it(`knows what is under a cursor on ${text.trim()}`, async () => {
      const line = lineOf(text);
      const character = cloud.topology.split('\n')[line]!.indexOf(text.trim()) + 1;
      const { at } = await ask<TraceChoices>(REQUEST.traceChoices, { position: { line, character } });
      assert.deepEqual(at, wanted);
    });

  it('goes the other way, to the address that was seen', async () => {
    const out = await view({ from: 'a1', to: '8.8.8.8', protocol: 'tcp', dport: 443 });
    assert.deepEqual(out.otherWay, { from: '8.8.8.8@public', to: '192.168.1.101', protocol: 'tcp', dport: 443 });
    const inside = await view({ from: 'a1', to: 'a2' });
    assert.deepEqual(inside.otherWay, { from: 'a2', to: 'a1' });
    assert.equal((await view({ from: 'a1', to: '10.1.0.77' })).otherWay, undefined);
  });

  describe('after a comparison', () => {
    let steps: PictureStep[];

    before(async () => {
      await session.compare();
      steps = (await view({ from: 'a3', to: '198.51.100.10' })).expected.steps;
    });

    it('says where the states part, and which finding explains it', async () => {
      const { parting, findings, live } = await view({ from: 'a3', to: '198.51.100.10' });
      assert.equal(parting?.where, 'qrouter-220318bd on compute1');
      assert.equal(parting?.location?.line, lineOf('      neta-sub:\n        ip_address'));
      assert.deepEqual(
        findings.map(({ fault, title, location }) => [fault, title, location?.line]),
        [['S02', 'the redirect to the SNAT node is missing', parting?.location?.line]],
      );
      assert.equal(live?.disposition, 'no-route');
      assert.equal((await view({ from: 'a1', to: '198.51.100.10' })).parting, null);
    });

    const place = (side: Side, { item, text }: PictureStep): Promise<StatePlace> =>
      ask(REQUEST.statePlace, { node: item!.node, namespace: item!.namespace, side, item, text });
    const lineAt = async (side: Side, { item }: PictureStep, line: number): Promise<string> => {
      const params = { node: item!.node, namespace: item!.namespace, side };
      return (await ask<TextResult>(REQUEST.state, params)).text.split('\n')[line]!;
    };

    it('finds every item of the expected trace in the expected state', async () => {
      const items = steps.filter(({ item, text }) => item && !text.includes('(no flow matches)'));
      assert.ok(items.length > 30);
      for (const step of items) {
        // oxlint-disable-next-line no-await-in-loop -- one connection
        const { line, isFound } = await place('expected', step);
        assert.ok(isFound, step.text);
        // oxlint-disable-next-line no-await-in-loop -- as above
        const found = await lineAt('expected', step, line);
        assert.ok(
          found.endsWith(step.text.replace(/: no route to \S+$/, '').replace(/^table=.*?priority/, 'priority')),
          found,
        );
      }
    });

    it('finds what is not on the node under its heading', async () => {
      const lost = steps.find(({ type, text }) => type === 'rule' && text.startsWith('167837697'))!;
      assert.equal((await place('expected', lost)).isFound, true);
      const { line, isFound } = await place('live', lost);
      assert.equal(isFound, false);
      assert.match(await lineAt('live', lost, line), /^# qrouter-\S+: ip rule$/);
    });

    const exports: [format: string, beginning: RegExp][] = [
      ['text', /^Expected and live state part in qrouter-220318bd/],
      ['json', /^\{\n {2}"from": "live"/],
      ['mermaid', /^sequenceDiagram\n/],
    ];
    for (const [format, beginning] of exports)
      it(`exports as ${format}`, async () => {
        const params = { from: 'a3', to: '198.51.100.10', format };
        assert.match((await ask<TextResult>(REQUEST.traceExport, params)).text, beginning);
      });
  });

  it('of a topology of several files is not called edited when none of them was', async () => {
    const at = (name: string): string => pathToFileURL(path.join(folder, name)).href;
    const cut = cloud.topology.search(/^ports:/m);
    const [head, ports] = [cloud.topology.slice(0, cut), cloud.topology.slice(cut)];
    const [, own, rest = ''] = /^(ports:\n(?: .*\n)*)([^]*)$/.exec(ports) ?? [];
    await writeFile(path.join(folder, 'ports.dvr.yaml'), `dvr: 1\n${own}`);
    await writeFile(path.join(folder, 'root.dvr.yaml'), `${head}${rest}\ninclude: [ports.dvr.yaml]\n`);
    await client.open(at('root.dvr.yaml'), `${head}${rest}\ninclude: [ports.dvr.yaml]\n`);
    await client.diagnostics(at('root.dvr.yaml'), () => true);
    await ask(REQUEST.compare, { uri: at('root.dvr.yaml'), source: { kind: 'snapshots', paths: [folder] } });
    const answer = await ask<TraceViewAnswer>(REQUEST.traceView, {
      uri: at('root.dvr.yaml'),
      from: 'a3',
      to: '198.51.100.10',
    });
    assert.ok('view' in answer, JSON.stringify(answer));
    assert.ok(answer.view.live);
    assert.deepEqual(answer.view.notes, []);
  });
});

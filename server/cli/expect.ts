/** `dvrscope expect`: what a node should hold, as the tools print it. */
import { ASPECTS, NODE_ASPECTS } from '../../shared/aspects/table.ts';
import { expect } from '../../shared/expect.ts';
import { isSix, renderItems, renderNode } from '../../shared/render.ts';
import type { Item, NamespaceAspect, NodeAspectName, NodeState } from '../../shared/state.ts';
import { type Io, UsageError, type Verb, oneOf, pickNodes, readArgs, readTopologyFile, warnOfProblems } from './io.ts';
import { instead, listed } from './wrongArgs.ts';

export const expectVerb: Verb = {
  name: 'expect',
  usage: 'expect TOPOLOGY --node N [--namespace NS] [--aspect A] [--format text|json]',
  summary: 'the state that Neutron must have programmed on a node, as ip and iptables-save print it',
  help: `  --node N        the node
  --namespace NS  one namespace; a unique beginning of its name is enough; - is the node itself
  --aspect A      ${[...ASPECTS, ...NODE_ASPECTS].map(({ name }) => name).join(', ')}
  --format F      text (default), or json with the reason of every item

Numbers that an agent picks at run time (priorities of floating IP rules, link-local pairs) are shown with defaults; names and
addresses that the topology leaves out stand in angle brackets.

Exit status: 0 done; 2 wrong usage or unreadable input.`,
  run,
};

async function run(args: string[], io: Io): Promise<number> {
  const options = {
    node: { type: 'string' },
    namespace: { type: 'string' },
    aspect: { type: 'string' },
    format: { type: 'string' },
  } as const;
  const { values, positionals } = readArgs(args, options, ['TOPOLOGY']);
  if (values.node === undefined) throw new UsageError('--node is missing');
  const names = [...ASPECTS, ...NODE_ASPECTS].map(({ name }) => name);
  const aspect = values.aspect === undefined ? undefined : oneOf('--aspect', values.aspect, names, names[0]!);
  const format = oneOf('--format', values.format, ['text', 'json'], 'text');
  const reading = await readTopologyFile(positionals[0]!, io);
  const [node] = pickNodes(reading.topology, [values.node]);
  warnOfProblems(reading, io);
  const state = expect(reading.topology, node!.name);
  const namespace = values.namespace === undefined ? undefined : pickNamespace(state, values.namespace);
  if (format === 'json') io.out(`${JSON.stringify(narrow(state, namespace, aspect), null, 2)}\n`);
  else if (namespace !== undefined && aspect !== undefined) io.out(bare(state, namespace, aspect));
  else
    io.out(
      renderNode(state, {
        ...(namespace === undefined ? {} : { namespace }),
        ...(aspect === undefined ? {} : { aspect }),
      }) || `# ${node!.name} holds nothing of this\n`,
    );
  return 0;
}

/** The one namespace that begins so. */
function pickNamespace({ namespaces, node }: NodeState, start: string): string {
  if (start === '-') return start;
  const names = Object.keys(namespaces);
  const found = names.includes(start) ? [start] : names.filter((name) => name.startsWith(start));
  if (found.length === 1) return found[0]!;
  if (found.length === 0)
    throw new UsageError(`${node} has no namespace "${start}"; it has ${instead(start, names)}`, false);
  throw new UsageError(`"${start}" is not unique on ${node}: ${listed(found)}`, false);
}

/** One aspect of one namespace is what its tool prints, without headings, so that it can be compared by other tools. */
function bare(state: NodeState, namespace: string, name: NamespaceAspect | NodeAspectName): string {
  const own = NODE_ASPECTS.find((aspect) => aspect.name === name);
  const aspect = own ?? ASPECTS.find((candidate) => candidate.name === name)!;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one or the other, by where it was found
  const all = own ? state[own.name] : state.namespaces[namespace]?.[name as NamespaceAspect];
  // `ip rule` prints IPv4; of IPv6 there may be no more than what every namespace has.
  const items = name === 'rules' && !all?.some(isOwnRule) ? all?.filter((item) => !isSix(item)) : all;
  if (items && (own === undefined) === (namespace !== '-')) return renderItems(aspect, items);
  throw new UsageError(`${name} of ${namespace} are not modelled yet`, false);
}

/** An IPv6 rule of the agent's, not one of the kernel's. */
const isOwnRule = (item: Item): boolean =>
  isSix(item) && 'table' in item && item.table !== 'local' && item.table !== 'main';

function narrow(state: NodeState, namespace: string | undefined, aspect: string | undefined): NodeState {
  const kept = Object.entries(state.namespaces).flatMap(([name, { because, ...content }]) => {
    if (namespace !== undefined && name !== namespace) return [];
    const aspects = Object.entries(content).filter(([key]) => aspect === undefined || key === aspect);
    return [[name, { because, ...Object.fromEntries(aspects) }]];
  });
  const namespaces: NodeState['namespaces'] = Object.fromEntries(kept);
  const { ports, flows, keepalived, ...rest } = state;
  const isWanted = (name: NodeAspectName) => (namespace ?? '-') === '-' && (aspect ?? name) === name;
  return {
    ...rest,
    namespaces,
    ...(ports && isWanted('ports') ? { ports } : {}),
    ...(flows && isWanted('flows') ? { flows } : {}),
    ...(keepalived && isWanted('keepalived') ? { keepalived } : {}),
  };
}

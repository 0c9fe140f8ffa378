/**
 * The tree of nodes: the current topology, its nodes, and of each that is opened its namespaces, aspects and findings. What is in a node
 * is asked for when it is opened, so that a thousand of them cost one short question.
 */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { REQUEST, type TopologyParams } from '../../shared/protocol.ts';
import type { CloudEntry, NodeDetails, NodeParams } from '../../shared/protocolNodes.ts';
import type { CurrentTopology } from '../currentTopology.ts';
import { differencesText } from '../outcome.ts';
import { itemOf } from './items.ts';
import type {
  AspectElement,
  CloudElement,
  FindingElement,
  NamespaceElement,
  NodeElement,
  TreeElement,
} from './model.ts';
import { FEW, inOrder } from './order.ts';
import { VIEW, type Reader } from './reader.ts';

/** Who types does not want the tree to follow every key. */
const STILL_MS = 300;

/** So often the ages are written anew, while somebody can see them. */
const AGE_MS = 30_000;

/** What the view shows besides its tree. */
export interface NodesView extends vscode.Disposable {
  /** A sentence above the tree; empty for none. */
  say(message: string): void;
}

export function showTree(
  client: LanguageClient,
  topology: CurrentTopology,
  reader: Reader,
  onDidChange: vscode.Event<TopologyParams>,
): NodesView {
  const changed = new vscode.EventEmitter<TreeElement | TreeElement[] | undefined>();
  const tree = makeTree(client, topology);
  const view = vscode.window.createTreeView<TreeElement>(VIEW, {
    showCollapseAll: true,
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getTreeItem: (element) => itemOf(element, (node) => reader.reading(element.uri, node)),
      getChildren: async (element) => {
        const children = await tree.children(element);
        if (!element) showCloud(view, tree.cloud());
        return children;
      },
    },
  });
  const refresh = (): void => {
    tree.forget();
    changed.fire(undefined);
    // A view that is not shown asks for nothing; its badge and the menus are about what was compared all the same.
    const isKnown = reader.last(topology.uri()?.toString() ?? '') !== undefined;
    if (view.visible) return;
    if (isKnown) void tree.children().then(() => showCloud(view, tree.cloud()));
    else showCloud(view, undefined);
  };
  const soon = delayed(refresh, STILL_MS);
  // The spinners of many nodes are drawn together.
  const touched = new Set<string>();
  // The topology itself says only that some are being read.
  let [wasReading, isRootTouched] = [false, false];
  const draw = delayed(() => {
    const root = isRootTouched ? tree.root() : undefined;
    changed.fire(root ?? [...touched].flatMap((node) => tree.element(node) ?? []));
    touched.clear();
    isRootTouched = false;
  }, 50);
  const ages = setInterval(() => {
    if (view.visible && vscode.window.state.focused) changed.fire(tree.elements());
  }, AGE_MS);
  const all = vscode.Disposable.from(
    changed,
    view,
    soon,
    draw,
    new vscode.Disposable(() => clearInterval(ages)),
    topology.onDidChange(() => {
      // What was known is of another one.
      void vscode.commands.executeCommand('setContext', 'dvrscope.isEmpty', false);
      refresh();
    }),
    onDidChange(({ uri }) => {
      if (uri === topology.uri()?.toString()) soon.run();
    }),
    client.onDidChangeState(refresh),
    reader.onDidChange(({ files, nodes }) => {
      if (!files.includes(topology.uri()?.toString() ?? '')) return;
      for (const node of nodes) touched.add(node);
      const isReading = reader.isReading(topology.uri()?.toString() ?? '');
      if (isReading !== wasReading) isRootTouched = true;
      wasReading = isReading;
      draw.run();
    }),
  );
  return {
    say: (message) => {
      view.message = message;
    },
    dispose: () => void all.dispose(),
  };
}

/** The number of differences on the view's icon. */
function showCloud(view: vscode.TreeView<TreeElement>, cloud: CloudEntry | undefined): void {
  const isCompared = cloud?.nodes.some(({ status }) => status !== undefined) === true;
  void vscode.commands.executeCommand('setContext', 'dvrscope.isCompared', isCompared);
  // Then an empty tree does not say that nodes are to be added.
  const isEmpty = cloud?.nodes.length === 0;
  const isBroken = isEmpty && cloud.errors > 0;
  // Not before it is known.
  void vscode.commands.executeCommand('setContext', 'dvrscope.isEmpty', isEmpty);
  void vscode.commands.executeCommand('setContext', 'dvrscope.isBroken', isBroken);
  const count = (cloud?.nodes ?? []).reduce(
    (sum, { differences = 0, silenced = 0 }) => sum + differences - silenced,
    cloud?.findings.length ?? 0,
  );
  view.badge = count > 0 ? { value: count, tooltip: differencesText(count, vscode.l10n.t) } : undefined;
}

interface Tree {
  children(element?: TreeElement): Promise<TreeElement[]>;
  /** As it was asked for last. */
  cloud(): CloudEntry | undefined;
  root(): CloudElement | undefined;
  element(node: string): NodeElement | undefined;
  elements(): NodeElement[];
  forget(): void;
}

function makeTree(client: LanguageClient, topology: CurrentTopology): Tree {
  let cloud: CloudEntry | undefined;
  let root: CloudElement | undefined;
  let nodes = new Map<string, NodeElement>();
  const details = new Map<string, Promise<NodeDetails>>();
  const detailsOf = (params: NodeParams): Promise<NodeDetails> => {
    const key = `${params.node} ${params.uri}`;
    const known = details.get(key);
    if (known) return known;
    const asked = client.sendRequest<NodeDetails>(REQUEST.node, params);
    details.set(key, asked);
    // What could not be answered is asked again.
    asked.catch(() => details.get(key) === asked && details.delete(key));
    return asked;
  };
  return {
    cloud: () => cloud,
    root: () => root,
    element: (node) => nodes.get(node),
    elements: () => [...nodes.values()],
    forget: () => details.clear(),
    children: async (element) => {
      if (!element) {
        const uri = topology.uri()?.toString();
        const answer = uri === undefined ? undefined : await cloudOf(client, uri);
        // Somebody has gone on to another topology meanwhile, which is asked for by itself.
        if (uri !== topology.uri()?.toString()) return [];
        cloud = answer;
        // An empty tree shows the welcome text of package.json.
        root = cloud && uri !== undefined && cloud.nodes.length > 0 ? { kind: 'cloud', uri, cloud } : undefined;
        return root ? [root] : [];
      }
      if (element.kind === 'cloud') {
        const { uri } = element;
        const isOneOfFew = element.cloud.nodes.length <= FEW;
        nodes = new Map(
          inOrder(element.cloud.nodes).map((node) => [node.name, { kind: 'node', uri, node, isOneOfFew } as const]),
        );
        const findings = element.cloud.findings.map((finding): FindingElement => ({ kind: 'finding', uri, finding }));
        return [...findings, ...nodes.values()];
      }
      if (element.kind === 'node')
        return insideOf(element, await detailsOf({ uri: element.uri, node: element.node.name }));
      return belowOf(element);
    },
  };
}

/** Nothing where no server answers: its status item says so. */
async function cloudOf(client: LanguageClient, uri: string): Promise<CloudEntry | undefined> {
  try {
    return await client.sendRequest<CloudEntry>(REQUEST.cloud, { uri } satisfies TopologyParams);
  } catch {
    // It was closed in the meantime, or no server could be started.
    return undefined;
  }
}

const insideOf = ({ uri, node }: NodeElement, { namespaces }: NodeDetails): NamespaceElement[] =>
  namespaces.map((namespace) => ({ kind: 'namespace', uri, node, namespace }));

function belowOf(element: Exclude<TreeElement, NodeElement>): TreeElement[] {
  if (element.kind === 'namespace') {
    const { uri, node, namespace } = element;
    return namespace.aspects.map((aspect): AspectElement => ({ kind: 'aspect', uri, node, namespace, aspect }));
  }
  if (element.kind !== 'aspect') return [];
  const { uri, node, namespace, aspect } = element;
  return aspect.findings.map((finding): FindingElement => ({ kind: 'finding', uri, node, namespace, aspect, finding }));
}

/** Of several calls within the time the last one counts. */
function delayed(action: () => void, milliseconds: number): { run: () => void } & vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  return {
    run: () => {
      clearTimeout(timer);
      timer = setTimeout(action, milliseconds);
    },
    dispose: () => clearTimeout(timer),
  };
}

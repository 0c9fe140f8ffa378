/**
 * A snapshot into the state of its node: each section goes to the aspect that reads its command.
 * What is not there, failed or cannot be read becomes a gap with its reason, never an empty list.
 */
import type { Aspect } from './aspects/aspect.ts';
import { commandWords } from './aspects/aspect.ts';
import { ASPECTS } from './aspects/table.ts';
import { readKeepalivedFiles } from './keepalived/live.ts';
import { readOpenVswitch } from './ovs/live.ts';
import type { Section, Snapshot } from './snapshot.ts';
import { readTraffic } from './traffic.ts';
import type { AllocationLine, Family, Gap, Item, NamespaceState, NodeState } from './state.ts';
import { tornGaps } from './torn.ts';
import { neutronVersion } from './versions.ts';

const FAMILIES: readonly Family[] = ['inet', 'inet6'];

/** @param node the node's name as the topology has it; default: the name in the snapshot's header */
export function readNodeState(snapshot: Snapshot, node = snapshot.node ?? 'unknown'): NodeState {
  const namespaces: NodeState['namespaces'] = Object.create(null);
  const state: NodeState = { node, namespaces, gaps: [] };
  const byNamespace = groupByNamespace(snapshot.sections);
  const listed = namespaceList(byNamespace.get('-') ?? [], state.gaps);
  for (const name of new Set([...(listed ?? []), ...byNamespace.keys()])) {
    if (name === '-') continue;
    const sections = byNamespace.get(name) ?? [];
    state.namespaces[name] = Object.assign(
      {},
      ...ASPECTS.map((aspect) => readAspect(aspect, name, sections, state.gaps)),
    );
  }
  const allocations = readAllocationFiles(byNamespace.get('-') ?? [], state.gaps);
  if (allocations) state.allocations = allocations;
  readKeepalivedFiles(byNamespace.get('-') ?? [], state, failureOf);
  readOpenVswitch(byNamespace.get('-') ?? [], state, failureOf);
  readTraffic(snapshot.sections, state, failureOf);
  const version = neutronVersion(byNamespace.get('-') ?? []);
  if (version !== undefined) state.neutron = version;
  state.gaps.push(...tornGaps(byNamespace.get('-') ?? []));
  return state;
}

function groupByNamespace(sections: Section[]): Map<string, Section[]> {
  const map = new Map<string, Section[]>();
  for (const section of sections) {
    const list = map.get(section.namespace);
    if (list) list.push(section);
    else map.set(section.namespace, [section]);
  }
  return map;
}

/** `ip netns list` prints `NAME` or `NAME (id: 3)`; also `ip netns` alone. */
function namespaceList(sections: Section[], gaps: Gap[]): string[] | undefined {
  const section = sections.find(({ command }) => {
    const { words } = commandWords(command);
    return words[0] === 'ip' && words[1] === 'netns' && (words[2] === undefined || words[2] === 'list');
  });
  const failure = section ? failureOf(section) : 'there is no section "ip netns list"';
  if (section && failure === undefined)
    return section.stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/)[0]!)
      .filter((name) => name !== '');
  gaps.push({ namespace: '-', aspect: 'namespaces', reason: failure! });
  return undefined;
}

function failureOf({ command, status, stderr, missing }: Section): string | undefined {
  if (missing !== undefined) return missing;
  if (status === undefined) return `the snapshot was cut short inside "${command}"`;
  return status === 0
    ? undefined
    : `"${command}" failed with status ${status}${stderr.length ? `: ${stderr.join('; ')}` : ''}`;
}

function readAspect(aspect: Aspect<Item>, namespace: string, sections: Section[], gaps: Gap[]): NamespaceState {
  const items: Item[] = [];
  const families = new Set<Family>();
  const reasons: string[] = [];
  for (const section of sections) {
    const reads = aspect.reads(section.command);
    const isKnown = reads?.every((family) => families.has(family));
    // The same thing recorded twice (say as text and as JSON) counts once.
    if (!reads || (isKnown && !aspect.adds?.(section.command))) continue;
    const failure = failureOf(section);
    const parsed = failure === undefined ? aspect.parse(section.stdout, section.command) : undefined;
    if (!parsed || parsed.problems.length > 0) {
      const problem = parsed?.problems[0]?.slice(0, 300);
      const reason = failure ?? `"${section.command}" cannot be read: ${problem}`;
      reasons.push(reason);
      if (isKnown) gaps.push(...reads.map((family): Gap => ({ namespace, aspect: aspect.name, family, reason })));
    } else {
      const there = new Set(isKnown ? items.map((item) => aspect.identities[0]!(item)) : []);
      for (const item of parsed.items) if (!there.has(aspect.identities[0]!(item))) items.push(item);
      for (const family of reads) families.add(family);
    }
  }
  if (families.size < FAMILIES.length) {
    const reason = reasons[0] ?? `there is no section that holds "${aspect.title}"`;
    if (families.size === 0) gaps.push({ namespace, aspect: aspect.name, reason });
    else
      for (const family of FAMILIES)
        if (!families.has(family)) gaps.push({ namespace, aspect: aspect.name, family, reason });
  }
  return families.size === 0 ? {} : { [aspect.name]: items };
}

const ALLOCATION_FILES = ['fip-priorities', 'fip-linklocal-networks'] as const;

/** `keepalived.py: KeepalivedManager.get_full_config_file_path`: one word, without a newline at its end. */
const HA_STATE_FILE = /^cat \S*\/ha_confs\/([0-9a-f-]{36})\/state$/;

/**
 * A file that does not exist has no lines: the agent writes each when it first allocates (`item_allocator.py: ItemAllocator`).
 * The collector has no section for it then; that it looked is told by its `test -d` of the folder.
 */
function readAllocationFiles(sections: Section[], gaps: Gap[]): AllocationLine[] | undefined {
  const files = ALLOCATION_FILES.flatMap((file) => {
    const section = sections.find(({ command }) => command.startsWith('cat ') && command.endsWith(`/${file}`));
    return section ? [{ file, section }] : [];
  });
  const states = sections.flatMap((section) => {
    const id = HA_STATE_FILE.exec(section.command)?.[1];
    return id === undefined ? [] : [{ id, section }];
  });
  const looked = sections.some(({ command, status }) => command.startsWith('test -d ') && status === 0);
  const all = [...files, ...states];
  const failure = all.map(({ section }) => failureOf(section)).find((reason) => reason !== undefined);
  if (failure === undefined && (looked || all.length > 0))
    return [
      ...files.flatMap(({ file, section }) => linesOf(file, section.stdout)),
      ...states.map(({ id, section }): AllocationLine => ({ file: 'ha-state', key: id, value: section.stdout.trim() })),
    ];
  gaps.push({
    namespace: '-',
    aspect: 'allocations',
    reason: failure ?? 'the state files of the L3 agent were not collected',
  });
  return undefined;
}

const linesOf = (file: AllocationLine['file'], text: string): AllocationLine[] =>
  text.split('\n').flatMap((line) => {
    const comma = line.indexOf(',');
    return comma > 0 ? [{ file, key: line.slice(0, comma).trim(), value: line.slice(comma + 1).trim() }] : [];
  });

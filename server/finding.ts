/** Differences and diagnoses as findings: places in the file, sentences for a person, commands quoted for a shell. */
import type { Difference } from '../shared/compare.ts';
import { type Diagnosis, severityOf } from '../shared/faults/diagnose.ts';
import type { Command, Fact } from '../shared/faults/fault.ts';
import { locate } from '../shared/topology/sourceMap.ts';
import { shellWord } from './collect/shellQuote.ts';
import type { PlaceAt } from './place.ts';
import { type Finding, BLANK, type Reading } from './report.ts';

export function findingOfDifference({ sourceMap }: Reading, difference: Difference, place: PlaceAt): Finding {
  const { namespace, because, repair } = difference;
  return {
    ...bareFinding(difference),
    severity: severityOf(difference),
    fix: repair.map((words) => commandText({ namespace, words })),
    pointer: because?.pointer ?? null,
    ...place(because && locate(sourceMap, because.pointer, 'key')),
    because: because ? { sentence: because.sentence, neutron: because.neutron } : null,
  };
}

/** What it says of itself, without place, reason and severity. */
function bareFinding(difference: Told): Omit<Finding, 'severity' | 'file'> {
  const { node, namespace, aspect, kind, noun, expected, live } = difference;
  const code = `${noun}-${kind}`;
  return { ...BLANK, code, message: messageOf(difference), kind, node, namespace, aspect, expected, live };
}

/** One finding: that of the difference nearest to the cause, with all that belongs to it. */
export function findingOfDiagnosis(reading: Reading, diagnosis: Diagnosis, place: PlaceAt): Finding {
  const { node, root, differences, facts, fault, severity, breaks, show, fix, alsoOn } = diagnosis;
  const all = differences.map((difference) => findingOfDifference(reading, difference, place));
  const base = root ? all[0]! : findingOfFact(reading, node, facts[0]!);
  const more = differences.length > 1 ? ` With it ${countsOf(differences.slice(1))}.` : '';
  const name = fault ? ` ${fault.id}: ${fault.title}.` : '';
  return {
    ...base,
    severity,
    message: `${base.message}${more}${name} ${sentence(breaks)}`,
    fault: fault?.id ?? null,
    fix: fix.map(commandText),
    title: fault?.title ?? null,
    breaks,
    show: show.map(commandText),
    alsoOn,
    ...(facts.length > 0
      ? { facts: facts.map(({ namespace, aspect, expected, live }) => ({ namespace, aspect, expected, live })) }
      : {}),
    ...(all.length > 1 ? { differences: all } : {}),
  };
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** `3 routes, 1 address`. */
export function countsOf(differences: readonly { aspect: string | null }[]): string {
  const counts = new Map<string, number>();
  for (const { aspect } of differences) counts.set(aspect ?? '', (counts.get(aspect ?? '') ?? 0) + 1);
  return [...counts]
    .map(([aspect, count]) => `${count} ${COUNTED[aspect]?.[count === 1 ? 0 : 1] ?? aspect}`)
    .join(', ');
}

const COUNTED: Readonly<Record<string, readonly [one: string, several: string]>> = {
  namespaces: ['namespace', 'namespaces'],
  links: ['device', 'devices'],
  addresses: ['address', 'addresses'],
  rules: ['rule', 'rules'],
  routes: ['route', 'routes'],
  neighbours: ['neighbour', 'neighbours'],
  sysctls: ['sysctl', 'sysctls'],
  iptables: ['iptables rule', 'iptables rules'],
  ports: ['port of br-int or br-tun', 'ports of br-int or br-tun'],
  flows: ['flow', 'flows'],
  allocations: ['line of a state file', 'lines of state files'],
};

const NOUN: Readonly<Record<string, string>> = {
  sysctls: 'sysctl',
  conntrack: 'connection',
  processes: 'process',
  ports: 'ovs-port',
  namespaces: 'namespace',
  allocations: 'allocation',
};

function findingOfFact({ file }: Reading, node: string, { namespace, aspect, expected, live }: Fact): Finding {
  const kind = expected === null ? 'unexpected' : live === null ? 'missing' : 'different';
  const noun = NOUN[aspect] ?? aspect;
  return { ...bareFinding({ node, namespace, aspect, kind, noun, expected, live }), severity: 'error', file };
}

/** What a command is run by: `-` is the node itself. */
const inNamespace = (namespace: string): string[] => (namespace === '-' ? [] : ['ip', 'netns', 'exec', namespace]);

const commandText = ({ namespace, words }: Command): string =>
  [...inNamespace(namespace), ...words].map(shellWord).join(' ');

const SENTENCE: Record<Difference['kind'], string> = {
  missing: 'is missing',
  unexpected: 'should not be there',
  different: 'is different',
  misplaced: 'is on the wrong node',
};

type Told = Pick<Difference, 'node' | 'namespace' | 'kind' | 'noun' | 'expected' | 'live' | 'because'> & {
  aspect: string;
};

function messageOf({ node, namespace, aspect, kind, noun, expected, live, because }: Told): string {
  const where = namespace === '-' || aspect === 'namespaces' ? node : `${node} ${namespace}`;
  const what = noun.replaceAll('-', ' ');
  const item = kind === 'different' ? `expected "${expected}", live "${live}"` : `"${expected ?? live}"`;
  const isAsked = because !== undefined || expected !== null;
  const why = because
    ? ` Expected because ${because.sentence}.`
    : isAsked
      ? ''
      : ' Nothing in the topology asks for it.';
  return `${where}: ${what} ${SENTENCE[kind]}: ${item.replaceAll('\t', ' ')}.${why}`;
}

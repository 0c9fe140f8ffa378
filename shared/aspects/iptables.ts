/** `iptables-save` and `ip6tables-save`: chains, policies and rules; counters are dropped. */
import type { Family, IptablesItem } from '../state.ts';
import { type Aspect, type Parsed, commandWords } from './aspect.ts';
import { expectIptables } from './iptablesExpect.ts';

export const iptables: Aspect<IptablesItem> = {
  name: 'iptables',
  noun: 'iptables-rule',
  title: 'iptables-save',
  reads: (command) => {
    const tool = /^ip(6?)tables(-nft|-legacy)?-save$/.exec(commandWords(command).words[0] ?? '');
    // A dump of one table would make all others look missing.
    return tool && !/ (-t|--table)\b/.test(command) ? [tool[1] ? 'inet6' : 'inet'] : undefined;
  },
  // A kernel can hold rules of both back ends at once; packets pass both.
  adds: (command) => /^ip6?tables-(nft|legacy)-save$/.test(commandWords(command).words[0] ?? ''),
  parse: (text, command) => {
    const parsed = parseIptables(text, /\bip6tables/.test(command) ? 'inet6' : 'inet');
    const isCut = (text.match(/^\*/gm)?.length ?? 0) > (text.match(/^COMMIT$/gm)?.length ?? 0);
    return isCut ? { ...parsed, problems: [...parsed.problems, 'cut short: its last table has no COMMIT'] } : parsed;
  },
  expect: expectIptables,
  family: (item) => item.family,
  identities: [
    (item) => `${item.family} ${explain(item)}`,
    (item) =>
      item.spec === undefined
        ? `chain ${item.family} ${item.table} ${item.chain}`
        : `${item.family} ${item.chain} ${item.spec}`,
    (item) =>
      item.spec === undefined ? `chain ${item.family} ${item.chain}` : `${item.family} ${item.table} ${item.spec}`,
    (item) =>
      item.spec === undefined
        ? explain(item)
        : `${item.family} ${item.table} ${item.chain} ${item.spec.replace(/ ?-j .*$/, '')}`,
  ],
  explain,
  dynamic: setApart,
  list: (item) => (item.spec !== undefined && !isSet(item) ? `${item.family} ${item.table} ${item.chain}` : undefined),
};

/** `nat -A neutron-l3-agent-snat -j …` or `nat :neutron-l3-agent-snat -`: the line of iptables-save behind the name of its table. */
function explain(item: IptablesItem): string {
  return item.spec === undefined
    ? `${item.table} :${item.chain} ${item.policy ?? '-'}`
    : `${item.table} -A ${item.chain} ${item.spec}`;
}

/**
 * Chains whose rules exclude each other or only mark, so that their order, which depends on history, means nothing:
 * floating IPs are removed and appended again, scope lines follow the order of the server's list.
 */
const SET_CHAINS = new Set([
  'mangle neutron-l3-agent-scope',
  'mangle neutron-l3-agent-floatingip',
  'mangle neutron-l3-agent-float-snat',
  'mangle neutron-l3-agent-FORWARD',
  'filter neutron-l3-agent-scope',
  'nat neutron-l3-agent-PREROUTING',
  'nat neutron-l3-agent-OUTPUT',
  'nat neutron-l3-agent-float-snat',
  'nat neutron-l3-agent-fip-pf',
  'raw neutron-l3-agent-cth',
  'filter neutron-l3-agent-FORWARD',
  'filter neutron-l3-agent-NDP',
]);
/** neutron-fwaas, `iptables_fwaas_v2.py`: `i` or `o`, version and the beginning of an id; the chains that they end in. */
const FIREWALL = /^neutron-l3-agent-([io]v[46][0-9a-f-]{1,8}|fwaas-defau|accepted|dropped|rejected)$/;

const SET_APART: readonly [chain: RegExp, table: RegExp, reason: string][] = [
  [FIREWALL, /^filter$/, 'firewall as a service: not part of DVR'],
];

const BUILT_IN = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);

/**
 * What extensions of the agent add, with the jumps to it, is set apart. So is the inside of a chain that somebody else made: by itself it
 * touches no packet, and what an operator wants to know is the one line that leads there from a chain of the kernel or of Neutron.
 * That line, as any rule put between Neutron's, stays unexpected.
 */
function setApart({ table, chain, policy, spec }: IptablesItem): string | undefined {
  const target = spec === undefined ? undefined : /(?:^| )-[jg] (\S+)$/.exec(spec)?.[1];
  for (const [name, where, reason] of SET_APART)
    if (where.test(table) && (name.test(chain) || (target !== undefined && name.test(target)))) return reason;
  const isForeign = !BUILT_IN.has(chain) && !chain.startsWith('neutron-') && (policy === undefined || policy === '-');
  return isForeign ? 'the inside of a chain that is not of Neutron; what leads there is reported' : undefined;
}

const isSet = ({ table, chain }: IptablesItem): boolean => SET_CHAINS.has(`${table} ${chain}`);

/** Text of our own (`explain`) has the table in front of each line; iptables-save has it in a `*table` line. Both are read. */
export function parseIptables(text: string, family: Family): Parsed<IptablesItem> {
  const parsed: Parsed<IptablesItem> = { items: [], problems: [] };
  let current: string | undefined;
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#') || line === 'COMMIT') continue;
    if (line.startsWith('*')) {
      current = line.slice(1).trim();
      continue;
    }
    const own = /^(raw|mangle|nat|filter|security) (?=[:-])/.exec(line);
    const table = own ? own[1]! : current;
    const item = table === undefined ? undefined : itemOfLine(own ? line.slice(own[0].length) : line, table, family);
    if (item) parsed.items.push(item);
    else if (line.trim() !== '') parsed.problems.push(`not a line of iptables-save: ${line}`);
  }
  return parsed;
}

function itemOfLine(line: string, table: string, family: Family): IptablesItem | undefined {
  const bare = line.startsWith('[') ? line.slice(line.indexOf(']') + 1).trimStart() : line;
  if (bare.startsWith('-A ')) {
    const end = bare.indexOf(' ', 3);
    return end < 0
      ? { family, table, chain: bare.slice(3), spec: '' }
      : { family, table, chain: bare.slice(3, end), spec: bare.slice(end + 1).trimEnd() };
  }
  if (!bare.startsWith(':')) return undefined;
  const [chain, policy] = bare.slice(1).split(' ');
  return chain && policy ? { family, table, chain, policy } : undefined;
}

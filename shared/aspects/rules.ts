/** `ip rule`: how a router namespace chooses the routing table. */
import type { Namespace } from '../namespaces/types.ts';
import { ipv4Value, parsePrefix } from '../ip.ts';
import { FAST_PATH_EXIT_PR, FIP_RT_TBL } from '../neutron.ts';
import { hasChange } from '../releases.ts';
import { snatIndex } from '../snatIndex.ts';
import type { Family, Rule } from '../state.ts';
import { type Aspect, type Parsed, compact, ipFamilies, jsonRecords, numberField, textField } from './aspect.ts';

export const rules: Aspect<Rule> = {
  name: 'rules',
  noun: 'rule',
  title: 'ip rule',
  reads: (command) => ipFamilies(command, 'rule', ['inet']),
  parse: (text, command) => parseRules(text, command),
  expect: expectRules,
  family: (rule) => rule.family,
  identities: [
    (rule) => `${rule.family} ${explain(rule)}`,
    (rule) => `${rule.family} ${rule.priority} ${rule.src}`,
    (rule) => `${rule.family} ${rule.src}/${rule.srclen} ${rule.iif}`,
    (rule) => `${rule.family} ${rule.table} ${rule.iif}`,
    (rule) => `${rule.family} ${rule.priority}`,
  ],
  explain,
  repair: (rule) => ['ip', ...familyOption(rule), 'rule', 'add', 'priority', String(rule.priority), ...selector(rule)],
  remove: (rule) => ['ip', ...familyOption(rule), 'rule', 'del', 'priority', String(rule.priority), ...selector(rule)],
};

const familyOption = (rule: Rule): string[] => (rule.family === 'inet6' ? ['-6'] : []);

/** As iproute2 prints it (`ip/iprule.c: print_rule`): priority, tab, selector, action. */
function explain(rule: Rule): string {
  return `${rule.priority}:\t${selector(rule).join(' ')}`;
}

function selector(rule: Rule): string[] {
  const whole = rule.family === 'inet' ? 32 : 128;
  const prefix = (address: string, length?: number) =>
    length === undefined || length === whole ? address : `${address}/${length}`;
  return [
    ...(rule.not ? ['not'] : []),
    'from',
    prefix(rule.src, rule.srclen),
    ...(rule.dst === undefined ? [] : ['to', prefix(rule.dst, rule.dstlen)]),
    ...(rule.fwmark === undefined ? [] : ['fwmark', rule.fwmask ? `${rule.fwmark}/${rule.fwmask}` : rule.fwmark]),
    ...(rule.iif === undefined ? [] : ['iif', rule.iif]),
    ...(rule.oif === undefined ? [] : ['oif', rule.oif]),
    ...(rule.table === undefined ? [] : ['lookup', rule.table]),
    ...(rule.action === undefined ? [] : [rule.action]),
    ...(rule.extra === undefined ? [] : [rule.extra]),
  ];
}

/** Those that the kernel makes in every namespace (`net/ipv4/fib_rules.c: fib_default_rules_init`, `net/ipv6/fib6_rules.c: fib6_rules_net_init`). */
const KERNEL_RULES: readonly [family: Family, priority: number, table: string][] = [
  ['inet', 0, 'local'],
  ['inet', 32766, 'main'],
  ['inet', 32767, 'default'],
  ['inet6', 0, 'local'],
  ['inet6', 32766, 'main'],
];

function expectRules(namespace: Namespace): Rule[] {
  const kernel = KERNEL_RULES.map(([family, priority, table]): Rule => ({
    family,
    priority,
    src: 'all',
    table,
    because: {
      ...namespace.because,
      sentence: `the kernel makes this ${family === 'inet6' ? 'IPv6 rule' : 'rule'} in every namespace`,
    },
  }));
  const own =
    namespace.kind === 'qrouter' ? qrouterRules(namespace) : namespace.kind === 'fip' ? fipRules(namespace) : [];
  return [...kernel, ...own].toSorted((a, b) => a.priority - b.priority);
}

function qrouterRules(namespace: Namespace & { kind: 'qrouter' }): Rule[] {
  const { floatingIps, centralFloatingIps } = namespace;
  const floating = [...floatingIps, ...centralFloatingIps.filter(({ priority }) => priority > 0)].map(
    ({ fixed_ip_address, priority, because }): Rule => ({
      family: 'inet',
      priority,
      src: fixed_ip_address,
      table: String(FIP_RT_TBL),
      because: { ...because, neutron: 'dvr_local_router.py: _add_floating_ip_rule' },
    }),
  );
  return [...floating, ...namespace.interfaces.flatMap(interfaceRules)];
}

function interfaceRules({ redirects, fastExit }: (Namespace & { kind: 'qrouter' })['interfaces'][number]): Rule[] {
  const exit = fastExit && parsePrefix(fastExit.cidr);
  const own = redirects.flatMap(({ family, address, because }): Rule[] => {
    const prefix = parsePrefix(address);
    const index = snatIndex(address);
    if (!prefix || index === undefined) return [];
    return [{ family, priority: index, src: prefix.address, srclen: prefix.length, table: String(index), because }];
  });
  if (!exit) return own;
  const { because } = fastExit;
  const rule = { family: 'inet', priority: FAST_PATH_EXIT_PR, table: String(FIP_RT_TBL), because } as const;
  return [...own, { ...rule, src: exit.address, srclen: exit.length }];
}

/** `dvr_fip_ns.py: _add_rtr_ext_route_rule_to_route_table`. */
function fipRules(namespace: Namespace & { kind: 'fip' }): Rule[] {
  if (!hasChange(namespace, 'fip_tables')) return [];
  return namespace.routers.map(({ fpr, table }) => ({
    family: 'inet',
    priority: table,
    src: 'all',
    iif: fpr.ifname,
    table: String(table),
    because: {
      pointer: fpr.because.pointer,
      sentence: 'packets that come from this router use its own table towards the outside',
      neutron: 'dvr_fip_ns.py: _add_rtr_ext_route_rule_to_route_table',
    },
  }));
}

function parseRules(text: string, command: string): Parsed<Rule> {
  const family = ipFamilies(command, 'rule', ['inet'])?.[0] ?? 'inet';
  const json = jsonRecords(text);
  if (json) {
    const parsed: Parsed<Rule> = { items: [], problems: json.problems };
    for (const record of json.records) {
      const rule = ruleOfRecord(record, family);
      if (rule) parsed.items.push(rule);
      else parsed.problems.push(`not a rule: ${JSON.stringify(record)}`);
    }
    return parsed;
  }
  const parsed: Parsed<Rule> = { items: [], problems: [] };
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const rule = ruleOfLine(line, family);
    if (rule) parsed.items.push(rule);
    else parsed.problems.push(`not a rule: ${line}`);
  }
  return parsed;
}

function ruleOfRecord(record: Record<string, unknown>, family: Rule['family']): Rule | undefined {
  const priority = numberField(record, 'priority');
  const src = textField(record, 'src');
  if (priority === undefined || src === undefined) return undefined;
  return compact({
    family,
    priority,
    not: 'not' in record ? (true as const) : undefined,
    src,
    srclen: shortened(numberField(record, 'srclen'), src),
    dst: textField(record, 'dst') === 'all' ? undefined : textField(record, 'dst'),
    dstlen: shortened(numberField(record, 'dstlen'), textField(record, 'dst') ?? 'all'),
    iif: textField(record, 'iif'),
    oif: textField(record, 'oif'),
    fwmark: textField(record, 'fwmark'),
    fwmask: textField(record, 'fwmask'),
    table: textField(record, 'table'),
    action: textField(record, 'action'),
    extra: extraOf(record),
  });
}

const KNOWN_KEYS = new Set(
  'priority not src srclen dst dstlen iif oif iif_detached oif_detached fwmark fwmask table action protocol'.split(' '),
);

/** Selectors that Neutron never uses must not get lost: a rule that has one is another rule. */
function extraOf(record: Record<string, unknown>): string | undefined {
  const rest = Object.entries(record).filter(([key]) => !KNOWN_KEYS.has(key));
  return rest.length === 0 ? undefined : rest.map(([key, value]) => `${key} ${String(value)}`).join(' ');
}

/** A length that says nothing (a whole address, or `all`) is left out. */
const shortened = (length: number | undefined, address: string): number | undefined =>
  length === undefined || address === 'all' || length === (ipv4Value(address) === undefined ? 128 : 32)
    ? undefined
    : length;

const ACTIONS = new Set(['unreachable', 'blackhole', 'prohibit', 'goto', 'nop', 'masquerade']);

function ruleOfLine(line: string, family: Rule['family']): Rule | undefined {
  const head = /^(\d+):\s+(.*)$/.exec(line.trim());
  if (!head) return undefined;
  const rule: Rule = { family, priority: Number(head[1]), src: 'all' };
  const words = head[2]!.split(/\s+/);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === 'not') rule.not = true;
    else if (word === '[detached]') continue;
    else if (ACTIONS.has(word)) {
      rule.action = words.slice(i).join(' ');
      return rule;
    } else if (!takeSelector(rule, word, words[++i])) return undefined;
  }
  return rule.table === undefined ? undefined : rule;
}

function takeSelector(rule: Rule, word: string, value: string | undefined): boolean {
  if (value === undefined) return false;
  const [address = '', length] = value.split('/');
  const size = shortened(length === undefined ? undefined : Number(length), address);
  if (word === 'from') Object.assign(rule, compact({ src: address, srclen: size }));
  else if (word === 'to') Object.assign(rule, compact({ dst: address, dstlen: size }));
  else if (word === 'fwmark') Object.assign(rule, compact({ fwmark: address, fwmask: length }));
  else if (word === 'iif' || word === 'oif') rule[word] = value;
  else if (word === 'lookup' || word === 'table') rule.table = value;
  else if (word !== 'proto' && word !== 'protocol')
    rule.extra = `${rule.extra === undefined ? '' : `${rule.extra} `}${word} ${value}`;
  return true;
}

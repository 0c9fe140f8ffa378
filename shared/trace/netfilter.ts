/**
 * Netfilter of one namespace, as the kernel runs it.
 *
 *   in ─→ PREROUTING ─→ (route?) ─→ FORWARD ─→ POSTROUTING ─→ out
 *                          │                      ↑
 *                          ↓                      │
 *                        INPUT ─→ the namespace ─→ (route) ─→ OUTPUT
 *
 * Tables of a hook run by priority (`include/uapi/linux/netfilter_ipv4.h: NF_IP_PRI_*`): raw -300, conntrack -200, mangle -150, dnat -100,
 * filter 0, security 50, snat 100. Verdicts: accept ends a table, drop ends the packet, return ends a chain.
 */
import type { Family, IptablesItem } from '../state.ts';
import type { Half } from './conntrack.ts';
import { type ReadyIptablesRule, readIptablesRule } from './iptablesRule.ts';
import { type Seen, matches, unknownPart } from './match.ts';
import { type Applied, apply, isHarmless } from './targets.ts';
import { iptablesText } from './text.ts';
import { type TraceNode, itemNode } from './tree.ts';

/** Built-in chains, under the names of iptables. */
export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

/** What a hook does, in order. `track` is conntrack; `translate` asks the nat table for a new connection and applies the translation. */
export const STEPS: Record<Hook, readonly ('raw' | 'track' | 'mangle' | 'translate' | 'filter' | 'security')[]> = {
  PREROUTING: ['raw', 'track', 'mangle', 'translate'],
  INPUT: ['mangle', 'filter', 'security', 'translate'],
  FORWARD: ['mangle', 'filter', 'security'],
  OUTPUT: ['raw', 'track', 'mangle', 'translate', 'filter', 'security'],
  POSTROUTING: ['mangle', 'translate'],
};

/** Which half of a connection a hook sets: `nf_nat_core.c: HOOK2MANIP`. */
export const HALF: Record<Hook, Half> = {
  PREROUTING: 'dst',
  OUTPUT: 'dst',
  INPUT: 'src',
  POSTROUTING: 'src',
  FORWARD: 'src',
};

/** One chain of one table. */
interface Chain {
  policy: string;
  rules: ReadyIptablesRule[];
}

/** Table → chain → rules, of one family. */
export type Ruleset = Map<string, Map<string, Chain>>;

/** Chains in the order and with the rules of `iptables-save`; a rule without its chain line makes the chain. */
export function rulesetOf(items: readonly IptablesItem[], family: Family): Ruleset {
  const ruleset: Ruleset = new Map();
  for (const item of items) {
    if (item.family !== family) continue;
    if (!ruleset.has(item.table)) ruleset.set(item.table, new Map());
    const table = ruleset.get(item.table)!;
    if (!table.has(item.chain)) table.set(item.chain, { policy: '-', rules: [] });
    const chain = table.get(item.chain)!;
    if (item.spec === undefined) chain.policy = item.policy ?? '-';
    else chain.rules.push(readIptablesRule(item));
  }
  return ruleset;
}

/** `unknown` stops the trace: what comes next depends on a rule that is not understood. */
export type Outcome =
  | { verdict: 'accept' }
  | { verdict: 'drop'; reason: string }
  | { verdict: 'unknown'; reason: string };

/** Runs one table in one hook. Marks and tracking change in `seen`; rules that matched and did something are added to `nodes`. */
export function runTable(ruleset: Ruleset, table: string, hook: Hook, seen: Seen, nodes: TraceNode[]): Outcome {
  const chains = ruleset.get(table);
  const chain = chains?.get(hook);
  if (!chains || !chain) return { verdict: 'accept' };
  const result = runChain({ table, hook, chains, seen, budget: { left: MAX_RULES } }, chain, nodes, 0);
  if (typeof result === 'object') return result;
  if (result === 'return' && chain.policy === 'DROP') {
    return { verdict: 'drop', reason: `the policy of chain ${hook} in table ${table} is DROP` };
  }
  return { verdict: 'accept' };
}

interface Run {
  table: string;
  hook: Hook;
  chains: Map<string, Chain>;
  seen: Seen;
  /** How many rules may still be looked at. */
  budget: { left: number };
}

type ChainResult = 'accept' | 'return' | Outcome;

/** The kernel refuses rulesets with loops; 16 nested calls is the limit of nf_tables (`NFT_JUMP_STACK_SIZE`), more than Neutron has. */
const MAX_DEPTH = 16;

/** Chains that call each other over and over would take for ever; a real node looks at some tens of rules for a packet. */
const MAX_RULES = 100_000;

function runChain(run: Run, chain: Chain, nodes: TraceNode[], depth: number): ChainResult {
  if (depth > MAX_DEPTH)
    return { verdict: 'unknown', reason: `chains of table ${run.table} call each other more than ${MAX_DEPTH} deep` };
  for (const rule of chain.rules) {
    if (run.budget.left-- <= 0)
      return {
        verdict: 'unknown',
        reason: `table ${run.table} has more than ${MAX_RULES} rules to look at for one packet`,
      };
    const isMatch = matches(rule, run.seen);
    if (isMatch === false) continue;
    const result = isMatch ? runRule(run, rule, nodes, depth) : unknownMatch(run, rule);
    if (result !== 'continue') return result;
  }
  return 'return';
}

/** A rule of which nobody can say whether it matches, matters only when it could do something. */
function unknownMatch({ chains, seen }: Run, rule: ReadyIptablesRule): 'continue' | Outcome {
  const { name } = rule.target;
  if (isHarmless(name) || chains.get(name)?.rules.length === 0) return 'continue';
  return {
    verdict: 'unknown',
    reason: `whether "${iptablesText(rule.item)}" matches is not known: ${unknownPart(rule, seen)}`,
  };
}

function runRule(run: Run, rule: ReadyIptablesRule, nodes: TraceNode[], depth: number): 'continue' | ChainResult {
  const { name, isGoto } = rule.target;
  const called = run.chains.get(name);
  const node = itemNode('iptables', iptablesText(rule.item), rule.item);
  if (called) {
    const result = runChain(run, called, node.children, depth + 1);
    if (result !== 'return' || node.children.length > 0) nodes.push(node);
    return result === 'return' && !isGoto ? 'continue' : result;
  }
  const applied: Applied = apply(rule, run.hook, run.seen);
  if (applied === 'nothing') return 'continue';
  nodes.push(node);
  return applied === 'changed' ? 'continue' : applied;
}

/** Differences with one well-known reason (`Difference.known`), as one finding for each node: what Neutron itself always leaves behind. */
import type { Severity } from '../shared/problem.ts';
import type { Finding } from './report.ts';

interface Known {
  severity: Severity;
  /** What it is, after the number of them. */
  sentence: string;
  neutron: string;
}

const KNOWN: Readonly<Record<string, Known>> = {
  'leaked-dvr-flow': {
    severity: 'warning',
    sentence:
      'left over from router interfaces that are gone: Neutron never removes these flows, also not when the agent restarts',
    neutron: 'br_int.py: delete_dvr_dst_mac_for_arp',
  },
  'leaked-port-flow': {
    severity: 'warning',
    sentence:
      'left over from ports that are gone: the agent had already forgotten their subnet, with another SNAT port of it, and deletes nothing then',
    neutron: 'ovs_dvr_neutron_agent.py: _unbind_centralized_snat_port_on_dvr_subnet',
  },
  'leaked-arp-flow': {
    severity: 'warning',
    sentence:
      'left over from router interfaces that are gone and were not the gateway of their subnet: the agent deletes the flow for the gateway instead',
    neutron: 'ovs_dvr_neutron_agent.py: _unbind_distributed_router_interface_port',
  },
  'leaked-tunnel': {
    severity: 'warning',
    sentence: 'left over from an earlier run of the agent: no flow uses these tunnels',
    neutron: 'ovs_neutron_agent.py: cleanup_tunnel_port',
  },
  'leaked-allocation': {
    severity: 'warning',
    sentence:
      'left over from routers or floating IPs that went while the agent was down, or that the allocator of another external network remembers: Neutron keeps such lines until the pool is used up',
    neutron: 'item_allocator.py: ItemAllocator',
  },
  'stale-namespace': {
    severity: 'warning',
    sentence: 'left over with a namespace that is itself left over',
    neutron: 'dvr_fip_ns.py: FipNamespace.delete',
  },
  'stale-keepalived': {
    severity: 'warning',
    sentence: 'left over: no HA router of this node has such a file',
    neutron: 'ha_router.py: HaRouter.disable_keepalived',
  },
};

export const KNOWN_CODES: readonly string[] = Object.keys(KNOWN);

/** One finding for each node and reason, in place of its differences, which it carries along. */
export function groupKnown(entries: readonly { known: string | undefined; finding: Finding }[]): Finding[] {
  const groups = new Map<string, Finding[]>();
  const result: Finding[] = [];
  for (const { known, finding } of entries) {
    if (known === undefined || !Object.hasOwn(KNOWN, known)) result.push(finding);
    else groups.set(known, [...(groups.get(known) ?? []), finding]);
  }
  for (const [code, findings] of groups) result.push(groupOf(code, KNOWN[code]!, findings));
  return result;
}

function groupOf(code: string, { severity, sentence, neutron }: Known, findings: Finding[]): Finding {
  const first = findings[0]!;
  const what = [...new Set(findings.map(({ aspect }) => aspect))].join(' and ');
  const count = `${findings.length} of ${what}`;
  return {
    ...first,
    code,
    severity,
    message: `${first.node}: ${count} ${findings.length === 1 ? 'is' : 'are'} ${sentence}.`,
    live: findings.map(({ live }) => live).join('\n'),
    fix: findings.flatMap(({ fix }) => fix),
    because: { sentence, neutron },
    differences: findings,
  };
}

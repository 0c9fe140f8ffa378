/** Address scopes in iptables, both families: packets carry the mark of the scope that they came from, and may leave into no other. */
import type { Namespace, ScopeFact } from '../namespaces/types.ts';
import { ADDRESS_SCOPE_MARK_MASK, WRAP } from '../neutron.ts';
import { hasChange } from '../releases.ts';
import type { Because, Family } from '../state.ts';
import { type Line, hasScopes } from './iptablesFrame.ts';

type RouterNamespace = Namespace & { kind: 'qrouter' | 'snat' };

const NO_MARK = `0x0/${ADDRESS_SCOPE_MARK_MASK}`;
const MASKS = `--nfmask ${ADDRESS_SCOPE_MARK_MASK} --ctmask ${ADDRESS_SCOPE_MARK_MASK}`;
/** The first packet's mark becomes that of its connection. */
export const SAVE = `-m connmark --mark ${NO_MARK} -j CONNMARK --save-mark ${MASKS}`;
const RESTORE = `-m connmark ! --mark ${NO_MARK} -j CONNMARK --restore-mark ${MASKS}`;

/** `router_info.py: initialize_address_scope_iptables`; the same head in both namespaces of a router. */
export function scopeHead(namespace: Namespace, family: Family): Line[] {
  if (!hasScopes(namespace)) return [];
  const { pointer } = namespace.because;
  const because: Because = {
    pointer,
    sentence: 'packets carry the mark of their address scope through the router',
    neutron: 'router_info.py: initialize_address_scope_iptables',
  };
  return [
    ['mangle', 'PREROUTING', `-j ${WRAP}-scope`, because],
    ['mangle', 'PREROUTING', RESTORE, because],
    ...(family === 'inet6'
      ? []
      : ([
          ['mangle', 'PREROUTING', `-j ${WRAP}-floatingip`, because],
          ['mangle', 'float-snat', SAVE, because],
        ] as Line[])),
    ['filter', 'FORWARD', `-j ${WRAP}-scope`, because],
  ];
}

/** `router_info.py: _add_address_scope_mark`: in by a device marks, out by it needs the mark. */
export const scopeLines = (namespace: RouterNamespace, family: Family): Line[] =>
  namespace.scopes.filter((fact) => fact.family === family).flatMap((fact) => linesOf(fact));

function linesOf({ ifname, mark, isExempt, pointer }: ScopeFact): Line[] {
  const neutron = 'router_info.py: _add_address_scope_mark';
  const marks: Because = {
    pointer,
    sentence: `packets that come in by ${ifname} get the mark of its address scope`,
    neutron,
  };
  const drops: Because = { pointer, sentence: `only packets of its own address scope leave by ${ifname}`, neutron };
  return [
    ['mangle', 'scope', `-i ${ifname} -j MARK --set-xmark ${mark}`, marks],
    ...(isExempt ? [] : [['filter', 'scope', `-o ${ifname} -m mark ! --mark ${mark} -j DROP`, drops] as Line]),
  ];
}

/** `router_info.py: process_external_port_address_scope_routing`: inside one scope nothing is translated. */
export function exemptLines({ qg, externalMark }: Namespace & { kind: 'snat' }): Line[] {
  if (!qg || externalMark === undefined) return [];
  const because: Because = {
    pointer: qg.because.pointer,
    sentence: 'packets of the address scope of the external network leave with their own address',
    neutron: 'router_info.py: process_external_port_address_scope_routing',
  };
  return [['nat', 'snat', `-o ${qg.ifname} -m connmark --mark ${externalMark} -j ACCEPT`, because]];
}

/** `router_info.py: process_floating_ip_address_scope_rules`: a floating IP takes its packets from one scope into another. */
export function crossScopeLines(namespace: RouterNamespace): Line[] {
  const { crossScope, scopes } = namespace;
  if (!crossScope) return [];
  const rfp = namespace.kind === 'qrouter' ? namespace.fipLink?.rfp.ifname : undefined;
  const incoming = rfp === undefined || !hasChange(namespace, 'fip_by_device') ? '' : ` -i ${rfp}`;
  const neutron = 'router_info.py: process_floating_ip_address_scope_rules';
  const { externalMark, floatingIps } = crossScope;
  const leaving = scopes.filter(({ family, mark }) => family === 'inet' && mark === externalMark);
  return [
    ...leaving.map(({ ifname, pointer }): Line => [
      'mangle',
      'float-snat',
      `-o ${ifname} -j MARK --set-xmark ${externalMark}`,
      { pointer, sentence: `packets with a floating IP that leave by ${ifname} are in its address scope`, neutron },
    ]),
    ...floatingIps.flatMap(({ floating_ip_address: floating, fixed_ip_address: fixed, mark, because: why }): Line[] => {
      const because = { ...why, neutron };
      return [
        ['mangle', 'floatingip', `-d ${floating}/32${incoming} -j MARK --set-xmark ${mark}`, because],
        ['mangle', 'FORWARD', `-s ${fixed}/32 -j ${WRAP}-float-snat`, because],
      ];
    }),
  ];
}

/**
 * The tables of a router namespace as Neutron writes them: `iptablesFrame.ts` the frame, `iptablesScopes.ts` address scopes,
 * `ip6tablesExpect.ts` IPv6, here the rest: what `router_info.py` and the DVR routers fill in for IPv4. The order of rules in a chain is the kernel's.
 */
import { FORWARDING_CHAIN } from '../namespaces/portForwarding.ts';
import type { ExtensionLine, Device, FloatingIpFact, Namespace } from '../namespaces/types.ts';
import {
  EXTERNAL_INGRESS_MARK,
  METADATA_MARK,
  METADATA_PORT,
  METADATA_V4_CIDR,
  ROUTER_MARK_MASK,
  WRAP,
} from '../neutron.ts';
import { type Agents, hasChange } from '../releases.ts';
import type { Because, IptablesItem } from '../state.ts';
import { expectDhcpTables } from './iptablesDhcp.ts';
import { type Line, frameOf, itemsOf } from './iptablesFrame.ts';
import { SAVE, crossScopeLines, exemptLines, scopeHead, scopeLines } from './iptablesScopes.ts';
import { expectIp6tables } from './ip6tablesExpect.ts';

export function expectIptables(namespace: Namespace): IptablesItem[] {
  if (namespace.kind === 'qdhcp') return expectDhcpTables(namespace);
  // DVR with HA: the namespace is there before the tables are (`namespaces/ha.ts: tablesChoice`).
  if (namespace.kind === 'snat' && !namespace.legacy && !namespace.qg) return [];
  const lines =
    namespace.kind === 'qrouter'
      ? qrouterLines(namespace)
      : namespace.kind === 'snat'
        ? snatLines(namespace)
        : fipLines(namespace);
  return [
    ...frameOf(namespace, 'inet'),
    ...(namespace.kind === 'snat' ? forwardingChains(namespace) : []),
    ...itemsOf('inet', lines),
    ...expectIp6tables(namespace),
    ...(namespace.kind === 'snat' ? namespace.extensions.map(extensionItem) : []),
  ];
}

const extensionItem = ({ chain, ...line }: ExtensionLine): IptablesItem => ({
  ...line,
  chain: `${WRAP}-${chain}`,
  ...(line.spec === undefined ? { policy: '-' } : {}),
});

const METADATA = `-d ${METADATA_V4_CIDR} -i qr-+ -p tcp -m tcp --dport 80`;

/** `dvr_fip_ns.py: create`. */
function fipLines(namespace: Namespace & { kind: 'fip' }): Line[] {
  const because = (sentence: string): Because => ({ ...namespace.because, sentence, neutron: 'dvr_fip_ns.py: create' });
  return [
    ...scopeHead(namespace, 'inet'),
    [
      'raw',
      'PREROUTING',
      '-j CT --notrack',
      because('floating IPs are translated in the router namespace; here connections are not tracked'),
    ],
    ['nat', 'snat', `-j ${WRAP}-float-snat`, because('the frame of the namespace')],
  ];
}

/** `metadata/driver.py: metadata_filter_rules, metadata_nat_rules, metadata_mangle_rules`. */
function metadataLines(namespace: Namespace): Line[] {
  const { pointer } = namespace.because;
  const isShort = hasChange(namespace, 'short_marks');
  const neutron = 'metadata/driver.py: after_router_added';
  const because: Because = { pointer, sentence: 'the metadata proxy of this router answers 169.254.169.254', neutron };
  const from = isShort ? METADATA : METADATA.replace(' -i qr-+', '');
  return [
    ['mangle', 'PREROUTING', `${from} -j MARK --set-xmark ${METADATA_MARK}/${setMask(namespace)}`, because],
    ['filter', 'INPUT', `-m mark --mark ${METADATA_MARK}${isShort ? `/${ROUTER_MARK_MASK}` : ''} -j ACCEPT`, because],
    ['filter', 'INPUT', `-p tcp -m tcp --dport ${METADATA_PORT} -j DROP`, because],
    ['nat', 'PREROUTING', `${METADATA} -j REDIRECT --to-ports ${METADATA_PORT}`, because],
  ];
}

/** Of a mark that is set. `ROUTER_MARK_MASK`, before it `EXTERNAL_INGRESS_MARK_MASK` and `METADATA_ACCESS_MARK_MASK`. */
const setMask = (agents: Agents): string => (hasChange(agents, 'short_marks') ? ROUTER_MARK_MASK : '0xffffffff');

/** `iptables_manager.py: IptablesManager.random_fully`. */
const fully = (agents: Agents): string => (hasChange(agents, 'random_fully') ? ' --random-fully' : '');

/** `router_info.py: _prevent_snat_for_internal_traffic_rule`. */
const acceptInside = (agents: Agents, device: string): string =>
  `${hasChange(agents, 'accept_by_out') ? '' : `! -i ${device} `}! -o ${device} -m conntrack ! --ctstate DNAT -j ACCEPT`;

function qrouterLines(namespace: Namespace & { kind: 'qrouter' }): Line[] {
  const { floatingIps } = namespace;
  const neutron = 'dvr_local_router.py: _handle_router_snat_rules, floating_forward_rules';
  return [
    ...scopeHead(namespace, 'inet'),
    ...metadataLines(namespace),
    ...scopeLines(namespace, 'inet'),
    ...linkLines(namespace, neutron),
    ...crossScopeLines(namespace),
    ...floatingIps.flatMap((fact) => floatingLines(namespace, fact, neutron)),
  ];
}

/** In early releases the jump was there from the start, and the link never without floating IPs (`_handle_fip_nat_rules`). */
function linkLines(namespace: Namespace & { kind: 'qrouter' }, neutron: string): Line[] {
  const { fipLink, floatingIpListed } = namespace;
  const because = { ...(floatingIpListed ?? namespace.because), neutron };
  const isEarly = !hasChange(namespace, 'fip_by_device');
  const isUsed = fipLink !== undefined && (isEarly || floatingIpListed !== undefined);
  return [
    ...(isUsed ? [['nat', 'POSTROUTING', acceptInside(namespace, fipLink.rfp.ifname), because] as Line] : []),
    ...(isUsed || isEarly ? [['nat', 'snat', `-j ${WRAP}-float-snat`, because] as Line] : []),
  ];
}

/** In early releases any packet to the address was translated, those of the namespace itself too. */
function floatingLines(
  namespace: Namespace & { kind: 'qrouter' },
  { floating_ip_address: floating, fixed_ip_address: fixed, because: why }: FloatingIpFact,
  neutron: string,
): Line[] {
  const because = { ...why, neutron };
  const isByDevice = hasChange(namespace, 'fip_by_device');
  const from = isByDevice ? ` -i ${namespace.fipLink?.rfp.ifname}` : '';
  const dnat = `-d ${floating}/32${from} -j DNAT --to-destination ${fixed}`;
  return [
    ['nat', 'PREROUTING', dnat, because],
    ...(isByDevice ? [] : [['nat', 'OUTPUT', dnat, because] as Line]),
    ['nat', 'float-snat', `-s ${fixed}/32 -j SNAT --to-source ${floating}${fully(namespace)}`, because],
  ];
}

/** `dvr_edge_router.py: _handle_router_snat_rules, _centralized_floating_forward_rules`; `router_info.py: external_gateway_nat_snat_rules`. */
function snatLines(namespace: Namespace & { kind: 'snat' }): Line[] {
  const { qg, legacy, snatAddress, enableSnat, floatingIps } = namespace;
  const translates = qg !== undefined && snatAddress !== undefined;
  return [
    ...(qg && enableSnat && hasChange(namespace, 'address_scopes')
      ? [['mangle', 'POSTROUTING', `-o ${qg.ifname} ${SAVE}`, markBecause(qg)] as Line]
      : []),
    ...scopeHead(namespace, 'inet'),
    ...(legacy ? metadataLines(namespace) : []),
    ...scopeLines(namespace, 'inet'),
    // Of a router that is not distributed the jump is there without gateway, too (`router_info.py: _handle_router_snat_rules`).
    ...(legacy && !translates ? [floatSnatJump(namespace.because)] : []),
    ...(translates ? gatewayLines(namespace, qg, snatAddress) : exemptLines(namespace)),
    ...forwardingLines(namespace),
    ...crossScopeLines(namespace),
    ...floatingIps.flatMap(({ floating_ip_address: floating, fixed_ip_address: fixed, because: why }): Line[] => {
      const because = { ...why, neutron: 'dvr_edge_router.py: _centralized_floating_forward_rules' };
      const dnat = `-d ${floating}/32 -j DNAT --to-destination ${fixed}`;
      return [
        ['nat', 'PREROUTING', dnat, because],
        ['nat', 'OUTPUT', dnat, because],
        ['nat', 'float-snat', `-s ${fixed}/32 -j SNAT --to-source ${floating}${fully(namespace)}`, because],
      ];
    }),
  ];
}

const markBecause = ({ because: { pointer } }: { because: Because }): Because => ({
  pointer,
  sentence: 'a connection keeps the mark of the address scope it began in',
  neutron: 'router_info.py: external_gateway_mangle_rules',
});

function floatSnatJump({ pointer }: Because): Line {
  const sentence = 'floating IPs come before the address of the gateway';
  const neutron = 'router_info.py: _handle_router_snat_rules';
  return ['nat', 'snat', `-j ${WRAP}-float-snat`, { pointer, sentence, neutron }];
}

/** `port_forwarding.py: _install_default_rules, _get_fip_rules`. */
function forwardingLines({ because, portForwardings, leftForwardingChain }: Namespace & { kind: 'snat' }): Line[] {
  const why = portForwardings[0]?.because ?? { ...because, sentence: LEFT_CHAIN };
  if (portForwardings.length === 0 && !leftForwardingChain) return [];
  return [
    ['nat', 'PREROUTING', `-j ${WRAP}-${FORWARDING_CHAIN}`, why],
    ...portForwardings.flatMap((forwarding): Line[] => [
      ['nat', FORWARDING_CHAIN, `-j ${WRAP}-${forwarding.chain}`, forwarding.because],
      ['nat', forwarding.chain, forwarding.spec, forwarding.because],
    ]),
  ];
}

const LEFT_CHAIN = 'the last port forwarding is gone; its empty chain stays until the agent restarts';

function forwardingChains({ because, portForwardings, leftForwardingChain }: Namespace & { kind: 'snat' }) {
  if (portForwardings.length === 0 && !leftForwardingChain) return [];
  const chain = (name: string, why: Because): IptablesItem => ({
    family: 'inet',
    table: 'nat',
    chain: `${WRAP}-${name}`,
    policy: '-',
    because: why,
  });
  return [
    chain(FORWARDING_CHAIN, portForwardings[0]?.because ?? { ...because, sentence: LEFT_CHAIN }),
    ...portForwardings.map((forwarding) => chain(forwarding.chain, forwarding.because)),
  ];
}

/** Address translation at the gateway. Without an IPv4 address on the gateway port none of these exist. */
function gatewayLines(namespace: Namespace & { kind: 'snat' }, qg: Device, address: string): Line[] {
  const { enableSnat, legacy } = namespace;
  const { pointer } = qg.because;
  const snat = (sentence: string): Because => ({ pointer, sentence, neutron: SNAT_RULES });
  const isByDevice = hasChange(namespace, 'snat_by_device');
  const jump = legacy || hasChange(namespace, 'snat_float_jump') ? [floatSnatJump(qg.because)] : [];
  // Before address scopes `enable_snat` decided about all of it (`_add_snat_rules`).
  if (!enableSnat && !hasChange(namespace, 'address_scopes')) return jump;
  const ingress = `${EXTERNAL_INGRESS_MARK}${hasChange(namespace, 'short_marks') ? `/${ROUTER_MARK_MASK}` : ''}`;
  const source = `-j SNAT --to-source ${address}${fully(namespace)}`;
  return [
    ...(isByDevice
      ? [
          [
            'mangle',
            'mark',
            `-i ${qg.ifname} -j MARK --set-xmark ${EXTERNAL_INGRESS_MARK}/${setMask(namespace)}`,
            snat('packets from outside are marked so that they are not translated again'),
          ] as Line,
        ]
      : []),
    [
      'nat',
      'POSTROUTING',
      acceptInside(namespace, qg.ifname),
      snat('only packets that leave by the gateway are translated'),
    ],
    ...jump,
    ...exemptLines(namespace),
    ...(enableSnat ? sourceLines(namespace, qg, source) : []),
    ...(isByDevice
      ? [
          [
            'nat',
            'snat',
            `-m mark ! --mark ${ingress} -m conntrack --ctstate DNAT ${source}`,
            snat('a VM that uses a centralised floating IP of its own router must get its answers through here'),
          ] as Line,
        ]
      : []),
  ];
}

const SNAT_RULES = 'router_info.py: external_gateway_nat_snat_rules';

/** One rule, in Juno one for each IPv4 subnet (`l3_agent.py: internal_network_nat_rules`). */
function sourceLines(namespace: Namespace & { kind: 'snat' }, qg: Device, source: string): Line[] {
  const sentence = 'all else leaves with the address of the gateway (enable_snat)';
  if (hasChange(namespace, 'snat_by_device'))
    return [
      ['nat', 'snat', `-o ${qg.ifname} ${source}`, { pointer: qg.because.pointer, sentence, neutron: SNAT_RULES }],
    ];
  return namespace.sg.flatMap(({ addresses, within, because: { pointer } }): Line[] => {
    const cidr = addresses.length > 0 ? within.find((each) => !each.includes(':')) : undefined;
    const because = { pointer, sentence, neutron: 'l3_agent.py: internal_network_nat_rules' };
    return cidr === undefined ? [] : [['nat', 'snat', `-s ${cidr} ${source}`, because]];
  });
}

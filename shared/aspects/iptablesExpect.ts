/**
 * The tables of a router namespace as Neutron writes them: `iptablesFrame.ts` the frame, `iptablesScopes.ts` address scopes,
 * `ip6tablesExpect.ts` IPv6, here the rest: what `router_info.py` and the DVR routers fill in for IPv4. The order of rules in a chain is the kernel's.
 */
import { FORWARDING_CHAIN } from '../namespaces/portForwarding.ts';
import type { Device, Namespace } from '../namespaces/types.ts';
import {
  EXTERNAL_INGRESS_MARK,
  METADATA_MARK,
  METADATA_PORT,
  METADATA_V4_CIDR,
  ROUTER_MARK_MASK,
  WRAP,
} from '../neutron.ts';
import type { Because, IptablesItem } from '../state.ts';
import { type Line, frameOf, itemsOf } from './iptablesFrame.ts';
import { SAVE, crossScopeLines, exemptLines, scopeHead, scopeLines } from './iptablesScopes.ts';
import { expectIp6tables } from './ip6tablesExpect.ts';

export function expectIptables(namespace: Namespace): IptablesItem[] {
  // The DHCP agent's own frame of chains is a gap.
  if (namespace.kind === 'qdhcp') return [];
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
  ];
}

const METADATA = `-d ${METADATA_V4_CIDR} -i qr-+ -p tcp -m tcp --dport 80`;

/** `dvr_fip_ns.py: create`. */
function fipLines(namespace: Namespace & { kind: 'fip' }): Line[] {
  const because = (sentence: string): Because => ({ ...namespace.because, sentence, neutron: 'dvr_fip_ns.py: create' });
  return [
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
function metadataLines({ because: { pointer } }: Namespace): Line[] {
  const neutron = 'metadata/driver.py: after_router_added';
  const because: Because = { pointer, sentence: 'the metadata proxy of this router answers 169.254.169.254', neutron };
  return [
    ['mangle', 'PREROUTING', `${METADATA} -j MARK --set-xmark ${METADATA_MARK}/${ROUTER_MARK_MASK}`, because],
    ['filter', 'INPUT', `-m mark --mark ${METADATA_MARK}/${ROUTER_MARK_MASK} -j ACCEPT`, because],
    ['filter', 'INPUT', `-p tcp -m tcp --dport ${METADATA_PORT} -j DROP`, because],
    ['nat', 'PREROUTING', `${METADATA} -j REDIRECT --to-ports ${METADATA_PORT}`, because],
  ];
}

function qrouterLines(namespace: Namespace & { kind: 'qrouter' }): Line[] {
  const { fipLink, floatingIps, floatingIpListed } = namespace;
  const rfp = fipLink?.rfp.ifname;
  const neutron = 'dvr_local_router.py: _handle_router_snat_rules, floating_forward_rules';
  return [
    ...scopeHead(namespace, 'inet'),
    ...metadataLines(namespace),
    ...scopeLines(namespace, 'inet'),
    ...(rfp !== undefined && floatingIpListed
      ? ([
          [
            'nat',
            'POSTROUTING',
            `! -o ${rfp} -m conntrack ! --ctstate DNAT -j ACCEPT`,
            { ...floatingIpListed, neutron },
          ],
          ['nat', 'snat', `-j ${WRAP}-float-snat`, { ...floatingIpListed, neutron }],
        ] as Line[])
      : []),
    ...crossScopeLines(namespace),
    ...floatingIps.flatMap(({ floating_ip_address: floating, fixed_ip_address: fixed, because }): Line[] => [
      ['nat', 'PREROUTING', `-d ${floating}/32 -i ${rfp} -j DNAT --to-destination ${fixed}`, { ...because, neutron }],
      ['nat', 'float-snat', `-s ${fixed}/32 -j SNAT --to-source ${floating} --random-fully`, { ...because, neutron }],
    ]),
  ];
}

/** `dvr_edge_router.py: _handle_router_snat_rules, _centralized_floating_forward_rules`; `router_info.py: external_gateway_nat_snat_rules`. */
function snatLines(namespace: Namespace & { kind: 'snat' }): Line[] {
  const { qg, legacy, snatAddress, enableSnat, floatingIps } = namespace;
  const translates = qg !== undefined && snatAddress !== undefined;
  return [
    ...(qg && enableSnat ? [['mangle', 'POSTROUTING', `-o ${qg.ifname} ${SAVE}`, markBecause(qg)] as Line] : []),
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
        ['nat', 'float-snat', `-s ${fixed}/32 -j SNAT --to-source ${floating} --random-fully`, because],
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
  const { enableSnat } = namespace;
  const { pointer } = qg.because;
  const neutron = 'router_info.py: external_gateway_nat_snat_rules';
  const snat = (sentence: string): Because => ({ pointer, sentence, neutron });
  return [
    [
      'mangle',
      'mark',
      `-i ${qg.ifname} -j MARK --set-xmark ${EXTERNAL_INGRESS_MARK}/${ROUTER_MARK_MASK}`,
      snat('packets from outside are marked so that they are not translated again'),
    ],
    [
      'nat',
      'POSTROUTING',
      `! -o ${qg.ifname} -m conntrack ! --ctstate DNAT -j ACCEPT`,
      snat('only packets that leave by the gateway are translated'),
    ],
    floatSnatJump(qg.because),
    ...exemptLines(namespace),
    ...(enableSnat
      ? ([
          [
            'nat',
            'snat',
            `-o ${qg.ifname} -j SNAT --to-source ${address} --random-fully`,
            snat('all else leaves with the address of the gateway (enable_snat)'),
          ],
        ] as Line[])
      : []),
    [
      'nat',
      'snat',
      `-m mark ! --mark ${EXTERNAL_INGRESS_MARK}/${ROUTER_MARK_MASK} -m conntrack --ctstate DNAT -j SNAT --to-source ${address} --random-fully`,
      snat('a VM that uses a centralised floating IP of its own router must get its answers through here'),
    ],
  ];
}

/**
 * The IPv4 tables of a router namespace as Neutron writes them: `agent/linux/iptables_manager.py` makes the frame,
 * `router_info.py` and the DVR routers fill it. The order of rules in a chain is the kernel's.
 */
import { type Namespace, devicesOf } from '../namespaces/types.ts';
import {
  ADDRESS_SCOPE_MARK_ID_MIN,
  ADDRESS_SCOPE_MARK_MASK,
  EXTERNAL_INGRESS_MARK,
  METADATA_MARK,
  METADATA_PORT,
  METADATA_V4_CIDR,
  ROUTER_MARK_MASK,
  WRAP,
} from '../neutron.ts';
import type { Because, IptablesItem } from '../state.ts';

/** One wrapped chain's rule before it is a line: table, chain without wrap, specification, why. */
type Line = [table: string, chain: string, spec: string, because: Because];

export function expectIptables(namespace: Namespace): IptablesItem[] {
  const frame = frameOf(namespace);
  const lines =
    namespace.kind === 'qrouter'
      ? qrouterLines(namespace)
      : namespace.kind === 'snat'
        ? snatLines(namespace)
        : fipLines(namespace);
  const rules = lines.map(([table, chain, spec, because]): IptablesItem => ({
    family: 'inet',
    table,
    chain: `${WRAP}-${chain}`,
    spec,
    because,
  }));
  return [...frame, ...rules];
}

/** Mark of packets in no address scope: the first id, shifted into the upper half (`router_info.py: get_address_scope_mark_mask`). */
const NO_SCOPE = `0x${(ADDRESS_SCOPE_MARK_ID_MIN * 2 ** 16).toString(16)}/${ADDRESS_SCOPE_MARK_MASK}`;
const NO_MARK = `0x0/${ADDRESS_SCOPE_MARK_MASK}`;
const SAVE = `-m connmark --mark ${NO_MARK} -j CONNMARK --save-mark --nfmask ${ADDRESS_SCOPE_MARK_MASK} --ctmask ${ADDRESS_SCOPE_MARK_MASK}`;
const RESTORE = `-m connmark ! --mark ${NO_MARK} -j CONNMARK --restore-mark --nfmask ${ADDRESS_SCOPE_MARK_MASK} --ctmask ${ADDRESS_SCOPE_MARK_MASK}`;
const METADATA = `-d ${METADATA_V4_CIDR} -i qr-+ -p tcp -m tcp --dport 80`;

const HOOKS = {
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
} as const;

const CHAINS = {
  mangle: ['FORWARD', 'INPUT', 'OUTPUT', 'POSTROUTING', 'PREROUTING', 'mark'],
  raw: ['OUTPUT', 'PREROUTING'],
  filter: ['FORWARD', 'INPUT', 'OUTPUT', 'local'],
  nat: ['OUTPUT', 'POSTROUTING', 'PREROUTING', 'float-snat', 'snat'],
} as const;

const TABLES = ['mangle', 'raw', 'filter', 'nat'] as const;

/** Only in namespaces of a router: address scopes (`router_info.py: initialize_address_scope_iptables`). */
const ROUTER_CHAINS: Record<keyof typeof CHAINS, readonly string[]> = {
  mangle: ['float-snat', 'floatingip', 'scope'],
  raw: [],
  filter: ['scope'],
  nat: [],
};

/** `iptables_manager.py: IptablesManager.__init__`: what every namespace of the agent starts with. */
function frameOf(namespace: Namespace): IptablesItem[] {
  const because: Because = {
    pointer: namespace.because.pointer,
    sentence: 'every namespace of the L3 agent starts with this frame of chains',
    neutron: 'iptables_manager.py: IptablesManager.__init__',
  };
  const at = { family: 'inet' as const, because };
  return TABLES.flatMap((table) => [
    ...HOOKS[table].map((chain) => ({ ...at, table, chain, policy: 'ACCEPT' })),
    ...(table === 'filter' ? [{ ...at, table, chain: 'neutron-filter-top', policy: '-' }] : []),
    ...[...CHAINS[table], ...(namespace.kind === 'fip' ? [] : ROUTER_CHAINS[table])].map((chain) => ({
      ...at,
      table,
      chain: `${WRAP}-${chain}`,
      policy: '-',
    })),
    ...(table === 'nat' ? [{ ...at, table, chain: 'neutron-postrouting-bottom', policy: '-' }] : []),
    ...jumps(table).map(([chain, spec]) => ({ ...at, table, chain, spec })),
  ]);
}

function jumps(table: keyof typeof CHAINS): [chain: string, spec: string][] {
  const top = (hook: string): [string, string][] =>
    table === 'filter' && hook !== 'INPUT' ? [[hook, '-j neutron-filter-top']] : [];
  // The nat table has no wrapped INPUT chain.
  const wrapped = HOOKS[table].filter((hook) => (CHAINS[table] as readonly string[]).includes(hook));
  return [
    ...wrapped.flatMap((hook): [string, string][] => [...top(hook), [hook, `-j ${WRAP}-${hook}`]]),
    ...(table === 'mangle' ? [[`${WRAP}-PREROUTING`, `-j ${WRAP}-mark`] as [string, string]] : []),
    ...(table === 'filter' ? [['neutron-filter-top', `-j ${WRAP}-local`] as [string, string]] : []),
    ...(table === 'nat'
      ? ([
          ['POSTROUTING', '-j neutron-postrouting-bottom'],
          [
            'neutron-postrouting-bottom',
            `-m comment --comment "Perform source NAT on outgoing traffic." -j ${WRAP}-snat`,
          ],
        ] as [string, string][])
      : []),
  ];
}

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

/** `router_info.py: initialize_address_scope_iptables`; the same head in both namespaces of a router. */
function scopeHead({ because: { pointer } }: Namespace): Line[] {
  const because: Because = {
    pointer,
    sentence: 'packets carry the mark of their address scope through the router',
    neutron: 'router_info.py: initialize_address_scope_iptables',
  };
  return [
    ['mangle', 'PREROUTING', `-j ${WRAP}-scope`, because],
    ['mangle', 'PREROUTING', RESTORE, because],
    ['mangle', 'PREROUTING', `-j ${WRAP}-floatingip`, because],
    ['mangle', 'float-snat', SAVE, because],
    ['filter', 'FORWARD', `-j ${WRAP}-scope`, because],
  ];
}

/** `router_info.py: _add_address_scope_mark, process_ports_address_scope_iptables`: in by a device marks, out by it needs the mark. */
function scopeLines(namespace: Namespace): Line[] {
  const exempt = (ifname: string) =>
    namespace.kind === 'snat' && namespace.enableSnat && ifname === namespace.qg.ifname;
  const ipv4 = devicesOf(namespace).filter(({ addresses }) => addresses.length > 0);
  return ipv4.flatMap(({ ifname, because: { pointer } }): Line[] => {
    const neutron = 'router_info.py: _add_address_scope_mark';
    const marks: Because = {
      pointer,
      sentence: `packets that come in by ${ifname} get the mark of its address scope`,
      neutron,
    };
    const drops: Because = { pointer, sentence: `only packets of its own address scope leave by ${ifname}`, neutron };
    return [
      ['mangle', 'scope', `-i ${ifname} -j MARK --set-xmark ${NO_SCOPE}`, marks],
      ...(exempt(ifname)
        ? []
        : [['filter', 'scope', `-o ${ifname} -m mark ! --mark ${NO_SCOPE} -j DROP`, drops] as Line]),
    ];
  });
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
    ...scopeHead(namespace),
    ...metadataLines(namespace),
    ...scopeLines(namespace),
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
    ...floatingIps.flatMap(({ floating_ip_address: floating, fixed_ip_address: fixed, because }): Line[] => [
      ['nat', 'PREROUTING', `-d ${floating}/32 -i ${rfp} -j DNAT --to-destination ${fixed}`, { ...because, neutron }],
      ['nat', 'float-snat', `-s ${fixed}/32 -j SNAT --to-source ${floating} --random-fully`, { ...because, neutron }],
    ]),
  ];
}

/** `dvr_edge_router.py: _handle_router_snat_rules, _centralized_floating_forward_rules`; `router_info.py: external_gateway_nat_snat_rules`. */
function snatLines(namespace: Namespace & { kind: 'snat' }): Line[] {
  const { qg, snatAddress, enableSnat, floatingIps } = namespace;
  return [
    ...(enableSnat ? [['mangle', 'POSTROUTING', `-o ${qg.ifname} ${SAVE}`, markBecause(qg)] as Line] : []),
    ...scopeHead(namespace),
    ...scopeLines(namespace),
    ...(snatAddress === undefined ? [] : gatewayLines(namespace, snatAddress)),
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

/** Address translation at the gateway. Without an IPv4 address on the gateway port none of these exist. */
function gatewayLines({ qg, enableSnat }: Namespace & { kind: 'snat' }, address: string): Line[] {
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
    ['nat', 'snat', `-j ${WRAP}-float-snat`, snat('floating IPs come before the address of the gateway')],
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

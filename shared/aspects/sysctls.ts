/** `sysctl`: the kernel switches that the agent sets in a namespace. All others it leaves as the host has them. */
import { type Namespace, forwardsIpv6 } from '../namespaces/types.ts';
import { type Change, hasChange } from '../releases.ts';
import type { Because, Family, Sysctl } from '../state.ts';
import { type Aspect, type Parsed, commandWords } from './aspect.ts';

export const sysctls: Aspect<Sysctl> = {
  name: 'sysctls',
  noun: 'sysctl',
  title: 'sysctl',
  reads: (command) => (commandWords(command).words[0] === 'sysctl' ? ['inet', 'inet6'] : undefined),
  parse: parseSysctls,
  expect: expectSysctls,
  family: familyOfKey,
  identities: [explain, (sysctl) => sysctl.key],
  explain,
  dynamic: () => 'Neutron does not set this key: the namespace has it from the kernel or the host',
  repair: ({ key, value }) => ['sysctl', '-w', `${key}=${value}`],
};

function explain({ key, value }: Sysctl): string {
  return `${key} = ${value}`;
}

function familyOfKey({ key }: Sysctl): Family | undefined {
  return key.startsWith('net.ipv4.') ? 'inet' : key.startsWith('net.ipv6.') ? 'inet6' : undefined;
}

type Wanted = [key: string, value: string, sentence: string, neutron: string, because?: Because];

function expectSysctls(namespace: Namespace): Sysctl[] {
  if (namespace.kind === 'qdhcp') return ofDhcp(namespace).map((wanted) => sysctlOf(namespace, wanted));
  const specific =
    namespace.kind === 'qrouter'
      ? ofQrouter(namespace)
      : namespace.kind === 'fip'
        ? ofFip(namespace)
        : ofSnat(namespace);
  return [...common(namespace), ...specific].map((wanted) => sysctlOf(namespace, wanted));
}

const sysctlOf = (namespace: Namespace, [key, value, sentence, neutron, because]: Wanted): Sysctl => ({
  key,
  value,
  because: because ?? { pointer: namespace.because.pointer, sentence, neutron },
});

const beLiberal: Wanted = [
  'net.netfilter.nf_conntrack_tcp_be_liberal',
  '1',
  'conntrack sees only one direction of a distributed connection',
  'namespaces.py: Namespace.create',
];

const promoteSecondaries: Wanted = [
  'net.ipv4.conf.all.promote_secondaries',
  '1',
  'an address outlives the removal of an earlier one',
  'ip_lib.py: IpNetnsCommand.add',
];

/** `dhcp.py: DeviceManager.setup`. */
function ofDhcp(namespace: Namespace): Wanted[] {
  const setup = 'dhcp.py: DeviceManager.setup';
  return [
    promoteSecondaries,
    ...(hasChange(namespace, 'dhcp_nonlocal_bind')
      ? [['net.ipv4.ip_nonlocal_bind', '1', 'the metadata proxy binds an address before it is there', setup] as Wanted]
      : []),
    ...(hasChange(namespace, 'dhcp_no_ra')
      ? [
          [
            'net.ipv6.conf.default.accept_ra',
            '0',
            'no router advertisement may give a device an address',
            setup,
          ] as Wanted,
        ]
      : []),
  ];
}

/** `ip_lib.py: IpNetnsCommand.add`, `namespaces.py: Namespace.create`. */
function common(namespace: Namespace): Wanted[] {
  const create = 'namespaces.py: Namespace.create';
  return [
    promoteSecondaries,
    ['net.ipv4.ip_forward', '1', 'the namespace routes', create],
    ...forwarding6(namespace),
    ...since(namespace, 'arp_sysctls', [
      ['net.ipv4.conf.all.arp_ignore', '1', 'ARP is answered only on the device that has the address', create],
      ['net.ipv4.conf.all.arp_announce', '2', 'ARP requests carry an address of the device they leave by', create],
    ]),
    ...since(namespace, 'tcp_be_liberal', [beLiberal]),
  ];
}

/** What is not set is no difference, whatever it is: so a late version that sets it already needs no word. */
const since = (namespace: Namespace, change: Change, wanted: Wanted[]): Wanted[] =>
  hasChange(namespace, change) ? wanted : [];

/** Neither turned on nor off on the standby of a plain HA router: what a former active node has stays. */
function forwarding6(namespace: Namespace): Wanted[] {
  const key = 'net.ipv6.conf.all.forwarding';
  if (forwardsIpv6(namespace))
    return [[key, '1', 'the namespace routes IPv6 as well', 'namespaces.py: Namespace.create']];
  return namespace.kind === 'qrouter'
    ? [
        [
          key,
          '0',
          'nothing but the snat namespace of an HA router may be active',
          'ha_router.py: HaRouterNamespace.create',
        ],
      ]
    : [];
}

/** `dvr_local_router.py: external_gateway_added, _snat_redirect_modify`. */
function ofQrouter(namespace: Namespace & { kind: 'qrouter' }): Wanted[] {
  const ha = namespace.ha ? ofHa(namespace) : [];
  if (!namespace.hasGateway) return ha;
  const redirected = namespace.interfaces.filter(({ redirects }) => redirects.length > 0);
  return [
    ...ha,
    [
      'net.ipv4.conf.all.send_redirects',
      '0',
      'redirected packets leave by the device they came in by; no ICMP redirect may tell the VM',
      'dvr_local_router.py: external_gateway_added',
    ],
    ...redirected.map(({ device }): Wanted => {
      const sentence = 'packets of this subnet are redirected to the SNAT node by the device they came in by';
      const neutron = 'dvr_local_router.py: _snat_redirect_modify';
      const because = { pointer: device.because.pointer, sentence, neutron };
      return [`net.ipv4.conf.${device.ifname}.send_redirects`, '0', sentence, neutron, because];
    }),
  ];
}

/** `dvr_fip_ns.py: create, _create_gateway_port`. */
function ofFip(namespace: Namespace & { kind: 'fip' }): Wanted[] {
  const { ifname, because } = namespace.fg;
  const port = 'dvr_fip_ns.py: _create_gateway_port';
  const proxyArp = {
    ...because,
    sentence: 'the gateway device answers ARP for the floating IPs behind it',
    neutron: port,
  };
  return [
    ...since(namespace, 'fip_nonlocal_bind', [
      ['net.ipv4.ip_nonlocal_bind', '1', 'gratuitous ARP for floating IPs is sent from here', 'dvr_fip_ns.py: create'],
    ]),
    [`net.ipv4.conf.${ifname}.proxy_arp`, '1', proxyArp.sentence, port, proxyArp],
  ];
}

/** `dvr_snat_ns.py: create`. */
/** With HA only the active agent has it. */
function proxyNdp({ router, qg, ha }: Namespace & { kind: 'snat' }): Wanted[] {
  if (!router.enable_ndp_proxy || !qg || ha) return [];
  const neutron = 'ndp_proxy.py: NDPProxyAgentExtension._init_ndp_proxy_rule';
  const sentence = 'the gateway device answers neighbour solicitations for inside addresses';
  const because = { pointer: `${router.pointer}/enable_ndp_proxy`, sentence, neutron };
  return [[`net.ipv6.conf.${qg.ifname}.proxy_ndp`, '1', sentence, neutron, because]];
}

function ofSnat(namespace: Namespace & { kind: 'snat' }): Wanted[] {
  const { legacy, ha } = namespace;
  const gateway = [...gatewayIpv6(namespace), ...proxyNdp(namespace)];
  if (legacy) return [...(ha ? ofHa(namespace) : []), ...gateway];
  const nonlocal = 'gratuitous ARP for centralised addresses';
  const bind: Wanted = ['net.ipv4.ip_nonlocal_bind', '1', nonlocal, 'dvr_snat_ns.py: create'];
  return [...since(namespace, 'snat_nonlocal_bind', [bind]), ...gateway];
}

/**
 * Without an IPv6 gateway in the topology the external network's router advertises itself (`router_info.py: _configure_ipv6_params_on_gw`).
 * On a standby `forwarding` is what its history left.
 */
function gatewayIpv6(namespace: Namespace & { kind: 'snat' }): Wanted[] {
  const { qg, gateways, ha } = namespace;
  if (!qg || !hasChange(namespace, 'dvr_ipv6')) return [];
  const neutron = 'router_info.py: _configure_ipv6_params_on_gw';
  const key = (name: string) => `net.ipv6.conf.${qg.ifname}.${name}`;
  const wanted = (name: string, value: string, sentence: string, by = neutron): Wanted => [
    key(name),
    value,
    sentence,
    by,
    { ...qg.because, sentence, neutron: by },
  ];
  const hasGateway = gateways.some(({ address }) => address.includes(':'));
  const forwards = wanted('forwarding', '1', 'the gateway device forwards IPv6');
  const isForwarding = ha?.role !== 'standby' && hasChange(namespace, 'gateway_ipv6_params');
  if (ha?.isRestarted) {
    const restarted = 'the agent was started while keepalived ran: it takes router advertisements as hosts do';
    const by = 'ha_router.py: _disable_ipv6_addressing_on_interface';
    return [wanted('accept_ra', '1', restarted, by), ...(isForwarding ? [forwards] : [])];
  }
  if (!hasChange(namespace, 'gateway_ipv6_params'))
    return ha?.role === 'standby' || hasGateway
      ? []
      : [wanted('accept_ra', '2', 'no IPv6 gateway is known: the router advertisements of the outside may give one')];
  if (ha?.role === 'standby') return [wanted('accept_ra', '0', 'a standby must learn nothing from outside')];
  return [
    hasGateway
      ? wanted('accept_ra', '0', 'the gateway is known: no router advertisement may add another')
      : wanted('accept_ra', '2', 'no IPv6 gateway is known: the router advertisements of the outside may give one'),
    forwards,
  ];
}

/** The same change as in the snat namespace. */
function ofHa(namespace: Namespace): Wanted[] {
  const sentence = 'gratuitous ARP for addresses that keepalived takes over';
  return since(namespace, 'snat_nonlocal_bind', [
    ['net.ipv4.ip_nonlocal_bind', '1', sentence, 'ha_router.py: HaRouterNamespace.create'],
  ]);
}

function parseSysctls(text: string): Parsed<Sysctl> {
  const parsed: Parsed<Sysctl> = { items: [], problems: [] };
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    const key = line.slice(0, at).trim();
    if (at > 0 && /^[^\s:]+$/.test(key)) parsed.items.push({ key, value: line.slice(at + 1).trim() });
    else if (line.trim() !== '' && !line.startsWith('sysctl:')) parsed.problems.push(`not a sysctl line: ${line}`);
  }
  // Single keys that cannot be read are usual; when there is nothing else, nothing was read.
  if (parsed.items.length === 0 && text.trim() !== '' && parsed.problems.length === 0)
    parsed.problems.push(text.trim().split('\n')[0]!);
  return parsed;
}

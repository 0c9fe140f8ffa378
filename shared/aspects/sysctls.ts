/** `sysctl`: the kernel switches that the agent sets in a namespace. All others it leaves as the host has them. */
import type { Namespace } from '../namespaces/types.ts';
import { releaseHas } from '../releases.ts';
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
  const specific =
    namespace.kind === 'qrouter'
      ? ofQrouter(namespace)
      : namespace.kind === 'fip'
        ? ofFip(namespace)
        : ofSnat(namespace);
  return [...common(namespace), ...specific].map(([key, value, sentence, neutron, because]) => ({
    key,
    value,
    because: because ?? { pointer: namespace.because.pointer, sentence, neutron },
  }));
}

const beLiberal: Wanted = [
  'net.netfilter.nf_conntrack_tcp_be_liberal',
  '1',
  'conntrack sees only one direction of a distributed connection',
  'namespaces.py: Namespace.create',
];

/** `ip_lib.py: IpNetnsCommand.add`, `namespaces.py: Namespace.create`. */
function common({ release }: Namespace): Wanted[] {
  const create = 'namespaces.py: Namespace.create';
  return [
    [
      'net.ipv4.conf.all.promote_secondaries',
      '1',
      'an address outlives the removal of an earlier one',
      'ip_lib.py: IpNetnsCommand.add',
    ],
    ['net.ipv4.ip_forward', '1', 'the namespace routes', create],
    ['net.ipv4.conf.all.arp_ignore', '1', 'ARP is answered only on the device that has the address', create],
    ['net.ipv4.conf.all.arp_announce', '2', 'ARP requests carry an address of the device they leave by', create],
    ...(releaseHas(release, 'tcp_be_liberal') ? [beLiberal] : []),
  ];
}

/** `dvr_local_router.py: external_gateway_added, _snat_redirect_modify`. */
function ofQrouter(namespace: Namespace & { kind: 'qrouter' }): Wanted[] {
  if (!namespace.hasGateway) return [];
  const redirected = namespace.interfaces.filter((i) => i.redirect);
  return [
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
    ['net.ipv4.ip_nonlocal_bind', '1', 'gratuitous ARP for floating IPs is sent from here', 'dvr_fip_ns.py: create'],
    [`net.ipv4.conf.${ifname}.proxy_arp`, '1', proxyArp.sentence, port, proxyArp],
  ];
}

/** `dvr_snat_ns.py: create`. */
function ofSnat({ release }: Namespace): Wanted[] {
  if (!releaseHas(release, 'snat_nonlocal_bind')) return [];
  return [['net.ipv4.ip_nonlocal_bind', '1', 'gratuitous ARP for centralised addresses', 'dvr_snat_ns.py: create']];
}

function parseSysctls(text: string): Parsed<Sysctl> {
  const parsed: Parsed<Sysctl> = { items: [], problems: [] };
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    const key = line.slice(0, at).trim();
    if (at > 0 && /^[\w./-]+$/.test(key)) parsed.items.push({ key, value: line.slice(at + 1).trim() });
    else if (line.trim() !== '' && !line.startsWith('sysctl:')) parsed.problems.push(`not a sysctl line: ${line}`);
  }
  return parsed;
}

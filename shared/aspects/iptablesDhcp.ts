/** The tables of a DHCP namespace: a frame of its own, and the checksums that virtual devices leave out. `dhcp.py: DeviceManager.fill_dhcp_udp_checksums`. */
import type { DhcpNamespace } from '../namespaces/types.ts';
import { DHCP_WRAP, WRAP } from '../neutron.ts';
import { hasChange } from '../releases.ts';
import type { Because, Family, IptablesItem } from '../state.ts';
import { frameOf } from './iptablesFrame.ts';

/** `lib: constants.py: DHCP_CLIENT_PORT, DHCPV6_CLIENT_PORT`. */
const CLIENT_PORT: Record<Family, number> = { inet: 68, inet6: 546 };

export function expectDhcpTables(namespace: DhcpNamespace): IptablesItem[] {
  return [
    ...(hasChange(namespace, 'dhcp_checksum') ? tables(namespace, 'inet') : []),
    ...(hasChange(namespace, 'dhcp_checksum_ipv6') ? tables(namespace, 'inet6') : []),
  ];
}

function tables(namespace: DhcpNamespace, family: Family): IptablesItem[] {
  const neutron = 'dhcp.py: DeviceManager.fill_dhcp_udp_checksums';
  const frame: Because = {
    pointer: namespace.because.pointer,
    sentence: 'the DHCP agent makes this frame of chains with its first rule',
    neutron,
  };
  const sentence = 'virtual devices leave checksums out, and some clients refuse answers without';
  return [
    ...frameOf(namespace, family)
      .filter(({ table }) => table !== 'nat' || (namespace.nat && family === 'inet'))
      .map((item) => ({ ...renamed(item), because: frame })),
    ...(namespace.nat && family === 'inet'
      ? [{ family, table: 'nat', chain: `${DHCP_WRAP}-snat`, spec: `-j ${DHCP_WRAP}-float-snat`, because: frame }]
      : []),
    {
      family,
      table: 'mangle',
      chain: `${DHCP_WRAP}-POSTROUTING`,
      spec: `-p udp -m udp --dport ${CLIENT_PORT[family]} -j CHECKSUM --checksum-fill`,
      because: { ...frame, sentence },
    },
  ];
}

/** Chains have the name of the agent's program in front (`iptables_manager.py: get_binary_name`). */
const renamed = (item: IptablesItem): IptablesItem => ({
  ...item,
  chain: item.chain.replace(WRAP, DHCP_WRAP),
  ...(item.spec === undefined ? {} : { spec: item.spec.replace(WRAP, DHCP_WRAP) }),
});

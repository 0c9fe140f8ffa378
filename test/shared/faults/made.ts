/** Faults of the way of floating IPs, made in recorded states as they come about. */
import { ipv4Text, ipv4Value } from '../../../shared/ip.ts';
import type { NamespaceState, NodeState } from '../../../shared/state.ts';
import {
  type Cloud,
  type Made,
  alterSysctl,
  devices,
  dropAddress,
  dropDevice,
  inFirst,
  isBare,
  namespaces,
  take,
} from './cloud.ts';

const floatingRule = (state: NamespaceState) =>
  state.rules?.find(({ table, src, srclen }) => table === '16' && src !== 'all' && srclen === undefined);

/** VMs of a node with an address in a subnet of the namespace's router, without a floating IP. */
function plainAddresses({ topology }: Cloud, live: NodeState, state: NamespaceState): string[] {
  const used = new Set(topology.floating_ips.map(({ fixed_ip_address: fixed }) => fixed));
  const known = new Set((state.neighbours ?? []).map(({ dst }) => dst));
  return topology.ports
    .filter(({ node, device_owner: owner }) => node === live.node && owner.startsWith('compute'))
    .flatMap(({ fixed_ips: fixed }) => fixed.map(({ ip_address: address }) => address))
    .filter((address) => address.includes('.') && known.has(address) && !used.has(address));
}

const vethOf = (
  live: NodeState,
): { router: [string, NamespaceState]; fip: [string, NamespaceState]; suffix: string } | undefined => {
  for (const router of namespaces(live, 'qrouter'))
    for (const ifname of devices(router[1], 'rfp-')) {
      const suffix = ifname.slice(4);
      const fip = namespaces(live, 'fip').find(([, state]) => devices(state, `fpr-${suffix}`).length > 0);
      if (fip) return { router, fip, suffix };
    }
  return undefined;
};

/** Both ends go. */
function loseVeth(live: NodeState): string | undefined {
  const veth = vethOf(live);
  if (!veth) return undefined;
  dropDevice(veth.router[1], `rfp-${veth.suffix}`);
  dropDevice(veth.fip[1], `fpr-${veth.suffix}`);
  return veth.suffix;
}

/** What `delete_rtr_2_fip_link` removes beside the devices. */
function clearVeth(live: NodeState, cloud: Cloud): boolean {
  const suffix = hasFiles(cloud, live) ? loseVeth(live) : undefined;
  if (suffix === undefined) return false;
  for (const [, state] of namespaces(live, 'fip'))
    for (const { table } of take(state.rules, ({ iif }) => iif === `fpr-${suffix}`))
      take(state.routes, (route) => route.table === table);
  take(live.allocations, ({ file, key }) => file === 'fip-linklocal-networks' && key.startsWith(suffix));
  return true;
}

/** State files are not compared where several external networks share them. */
const hasFiles = ({ topology }: Cloud, live: NodeState): boolean =>
  live.allocations !== undefined && topology.networks.filter(({ external }) => external).length === 1;

/** In mode dvr_snat, and none of its routers has the SNAT role here; or some have. */
const isSpare = ({ topology }: Cloud, live: NodeState): boolean =>
  topology.nodes.find(({ name }) => name === live.node)?.agent_mode === 'dvr_snat' &&
  namespaces(live, 'qrouter').some(([name]) => live.namespaces[name.replace('qrouter-', 'snat-')] === undefined);

/** A floating IP that this node serves: its lines. */
function floatingLines(live: NodeState) {
  for (const [name, state] of namespaces(live, 'qrouter')) {
    const nat = state.iptables?.find(({ spec }) => spec?.includes('-j DNAT') && spec.includes('-i rfp-'));
    const rule = floatingRule(state);
    if (!nat || !rule) continue;
    const floating = / ?-d (\S+)\/32/.exec(nat.spec!)![1]!;
    const fixed = nat.spec!.split('--to-destination ')[1]!;
    const out = state.iptables!.find(({ spec }) => spec?.includes(`--to-source ${floating}`));
    const own = state.rules!.find(({ table, src }) => table === '16' && src === fixed);
    if (out && own) return { name, nat, out, rule: own, floating };
  }
  return undefined;
}

function serveTwice(live: NodeState, { states }: Cloud): boolean {
  for (const other of states.values()) {
    const lines = other === live ? undefined : floatingLines(other);
    const state = lines && live.namespaces[lines.name];
    const fip = namespaces(live, 'fip')[0];
    const suffix = state && devices(state, 'rfp-')[0]?.slice(4);
    if (!lines || !state || !fip || suffix === undefined) continue;
    state.rules!.push(lines.rule);
    state.iptables!.push(lines.nat, lines.out);
    const gateway = state.addresses!.find(
      ({ ifname, family }) => ifname.startsWith('rfp-') && family === 'inet',
    )?.local;
    fip[1].routes!.push({
      family: 'inet',
      dst: lines.floating,
      gateway: gateway!,
      dev: `fpr-${suffix}`,
      protocol: 'static',
    });
    return true;
  }
  return false;
}

const firstTable = (state: NamespaceState) =>
  state.routes?.find(({ dst, table, family }) => dst === 'default' && family === 'inet' && /^\d+$/.test(table ?? ''));

export const FLOATING_FAULTS: readonly Made[] = [
  {
    fault: 'F01',
    how: 'the rule of a floating IP that is gone',
    make: (live, cloud) =>
      namespaces(live, 'qrouter').some(([, state]) => {
        const [src] = devices(state, 'rfp-').length > 0 ? plainAddresses(cloud, live, state) : [];
        if (src !== undefined) state.rules!.push({ family: 'inet', priority: 33_333, src, table: '16' });
        return src !== undefined;
      }),
  },
  {
    fault: 'F02',
    how: 'another priority',
    make: (live, cloud) =>
      hasFiles(cloud, live) &&
      inFirst('qrouter', (state) => {
        const rule = floatingRule(state);
        if (rule) rule.priority = 41_234;
        return rule !== undefined;
      })(live),
  },
  {
    fault: 'F02',
    how: 'a second rule',
    make: inFirst('qrouter', (state) => {
      const rule = floatingRule(state);
      if (rule) state.rules!.push({ ...rule, priority: 41_234 });
      return rule !== undefined;
    }),
  },
  {
    fault: 'F03',
    how: 'the rule has the old address',
    make: (live, cloud) =>
      namespaces(live, 'qrouter').some(([, state]) => {
        const rule = floatingRule(state);
        const [other] = plainAddresses(cloud, live, state);
        if (rule && other !== undefined) rule.src = other;
        return rule !== undefined && other !== undefined;
      }),
  },
  {
    fault: 'F04',
    how: 'the agent ended before it gave addresses',
    make: (live) => {
      const veth = vethOf(live);
      if (!veth) return false;
      for (const [[, state], end] of [
        [veth.router, 'rfp'],
        [veth.fip, 'fpr'],
      ] as const) {
        const ifname = `${end}-${veth.suffix}`;
        for (const address of (state.addresses ?? []).filter(
          (entry) => entry.ifname === ifname && entry.family === 'inet',
        ))
          dropAddress(state, address);
        take(state.neighbours, ({ dev, state: states }) => dev === ifname && states.includes('PERMANENT'));
        for (const { table } of take(state.rules, ({ iif }) => iif === ifname))
          take(state.routes, (route) => route.table === table);
      }
      return true;
    },
  },
  {
    fault: 'F04',
    how: 'one address is gone',
    make: (live) => {
      const state = vethOf(live)?.router[1];
      const address = state?.addresses?.find(({ ifname, family }) => ifname.startsWith('rfp-') && family === 'inet');
      if (state && address) dropAddress(state, address);
      return address !== undefined;
    },
  },
  {
    fault: 'F05',
    how: 'ip link del rfp',
    make: (live, cloud) => !isSpare(cloud, live) && loseVeth(live) !== undefined,
  },
  { fault: 'F06', how: 'the agent cleared it', make: clearVeth },
  {
    fault: 'F06',
    how: 'on a spare SNAT node',
    make: (live, cloud) => isBare(cloud, live) && loseVeth(live) !== undefined,
  },
  {
    fault: 'F13',
    how: 'rfp has the floating IP',
    make: (live) => {
      const lines = floatingLines(live);
      const state = live.namespaces[lines?.name ?? ''];
      const [dev] = state ? devices(state, 'rfp-') : [];
      if (!lines || !state || dev === undefined) return false;
      state.addresses!.push({ family: 'inet', ifname: dev, local: lines.floating, prefixlen: 32, scope: 'global' });
      state.routes!.push({
        family: 'inet',
        type: 'local',
        dst: lines.floating,
        dev,
        table: 'local',
        protocol: 'kernel',
        scope: 'host',
        prefsrc: lines.floating,
      });
      return true;
    },
  },
  {
    fault: 'F14',
    how: 'no default route',
    make: inFirst('fip', (state) => {
      const route = firstTable(state);
      return route !== undefined && take(state.routes, (entry) => entry === route).length > 0;
    }),
  },
  {
    fault: 'F14',
    how: 'an old gateway',
    make: inFirst('fip', (state) => {
      const route = firstTable(state);
      if (route?.gateway !== undefined) route.gateway = ipv4Text(ipv4Value(route.gateway)! + 7);
      return route?.gateway !== undefined;
    }),
  },
  {
    fault: 'F18',
    how: 'proxy_arp off',
    make: inFirst('fip', (state) => alterSysctl(state, /\.fg-.*\.proxy_arp$/, '0')),
  },
  {
    fault: 'F18',
    how: 'no route to the floating IP',
    make: inFirst('fip', (state) => {
      const route = state.routes?.find(
        ({ dev, protocol, gateway }) => dev?.startsWith('fpr-') && protocol === 'static' && gateway?.includes('.'),
      );
      return route !== undefined && take(state.routes, (entry) => entry === route).length > 0;
    }),
  },
  {
    fault: 'F19',
    how: 'proxy_delay of the kernel',
    make: inFirst('fip', (state) => {
      const [device] = devices(state, 'fg-');
      if (device !== undefined) state.sysctls!.push({ key: `net.ipv4.neigh.${device}.proxy_delay`, value: '80' });
      return device !== undefined;
    }),
  },
  { fault: 'F21', how: 'another node has its rules', make: serveTwice, isWide: true },
];

/** Faults of the way by SNAT and of ARP, made in recorded states as they come about. */
import { contains, ipv4Text, ipv4Value } from '../../../shared/ip.ts';
import type { NamespaceState, NodeState } from '../../../shared/state.ts';
import {
  type Cloud,
  type Made,
  addPort,
  alterSysctl,
  devices,
  dropDevice,
  healthy,
  inFirst,
  isBare,
  namespaces,
  take,
} from './cloud.ts';

const redirectRule = (state: NamespaceState) =>
  state.rules?.find(({ priority, table, src }) => table === String(priority) && src !== 'all');

/** The router's gateway was cleared, and one redirect stayed. */
function clearGateway(live: NodeState, cloud: Cloud): boolean {
  for (const [name, state] of namespaces(live, 'qrouter')) {
    const rule = redirectRule(state);
    const routes = state.routes?.filter(({ table }) => table === rule?.table) ?? [];
    const router = cloud.topology.routers.find(({ id }) => id !== undefined && name.endsWith(id));
    if (!rule || !router || router.ha) continue;
    delete router.external_gateway;
    const ids = new Set(cloud.topology.floating_ips.filter((floating) => floating.router === router.name));
    cloud.topology.floating_ips = cloud.topology.floating_ips.filter((floating) => !ids.has(floating));
    for (const [node, other] of cloud.states) cloud.states.set(node, healthy(cloud, other));
    const now = cloud.states.get(live.node)!.namespaces[name];
    now?.rules!.push(rule);
    now?.routes!.push(...routes);
    if (now) return true;
  }
  return false;
}

/** The whole namespace with its devices, copied to the other SNAT node. */
function copySnat(live: NodeState, { states, topology }: Cloud): boolean {
  if (!isBare({ topology } as Cloud, live)) return false;
  const source = [...states.values()].flatMap((state) => namespaces(state, 'snat'))[0];
  if (!source) return false;
  live.namespaces[source[0]] = structuredClone(source[1]);
  return true;
}

function loseSg(live: NodeState): boolean {
  return namespaces(live, 'snat').some(([, state]) => {
    const [device] = devices(state, 'sg-');
    if (device === undefined) return false;
    dropDevice(state, device);
    take(live.ports, ({ name }) => name === device);
    return true;
  });
}

const secondGateway = inFirst('snat', (state) => {
  const link = state.links?.find(({ ifname }) => ifname.startsWith('qg-'));
  if (!link) return false;
  state.links!.push({ ...link, ifname: 'qg-00000000-11', address: 'fa:16:3e:00:00:11' });
  state.addresses!.push({
    family: 'inet',
    ifname: 'qg-00000000-11',
    local: '203.0.113.7',
    prefixlen: 24,
    broadcast: '203.0.113.255',
    scope: 'global',
  });
  state.routes!.push({
    family: 'inet',
    dst: '203.0.113.0/24',
    dev: 'qg-00000000-11',
    protocol: 'kernel',
    scope: 'link',
    prefsrc: '203.0.113.7',
  });
  return true;
});

const spec = (change: (text: string) => string, isIt: (text: string) => boolean) =>
  inFirst('qrouter', (state) => {
    const rule = state.iptables?.find((item) => item.table === 'nat' && item.spec !== undefined && isIt(item.spec));
    if (rule) rule.spec = change(rule.spec!);
    return rule !== undefined;
  });

const isPrevent = (text: string): boolean => text.includes('! --ctstate DNAT') && text.endsWith('-j ACCEPT');

const loseNeighbour = (isIt: (dst: string, dev: string) => boolean, kind = 'qrouter') =>
  inFirst(kind, (state) => {
    const found = state.neighbours?.find(
      ({ dst, dev, state: states }) => states.includes('PERMANENT') && isIt(dst, dev),
    );
    if (found) take(state.neighbours, (entry) => entry === found);
    return found !== undefined;
  });

const isSnatPort = ({ topology }: Cloud, dst: string): boolean =>
  topology.routers.some(({ interfaces }) => interfaces.some(({ snat }) => snat?.ip_address === dst));
const isVm = ({ topology }: Cloud, dst: string): boolean =>
  topology.ports.some(
    ({ node, device_owner: owner, fixed_ips: fixed }) =>
      node !== undefined && owner.startsWith('compute') && fixed.some(({ ip_address: address }) => address === dst),
  );
const isPair = ({ topology }: Cloud, dst: string): boolean =>
  topology.ports.some(({ allowed_address_pairs: pairs }) => pairs.some(({ ip_address: address }) => address === dst));

const MAC = 'fa:16:3e:00:00:99';

/** A neighbour like another one, with another address. */
const addNeighbour = (
  change: (dst: string, dev: string, state: NamespaceState) => { dst?: string; dev?: string } | undefined,
) =>
  inFirst('qrouter', (state) => {
    for (const entry of state.neighbours ?? []) {
      const changed =
        entry.state.includes('PERMANENT') && entry.dev.startsWith('qr-')
          ? change(entry.dst, entry.dev, state)
          : undefined;
      if (!changed) continue;
      state.neighbours!.push({ ...entry, ...changed, lladdr: changed.dev === undefined ? MAC : entry.lladdr! });
      return true;
    }
    return false;
  });

export const SNAT_FAULTS: readonly Made[] = [
  { fault: 'S01', how: 'sg is missing', make: loseSg },
  { fault: 'S01', how: 'a second qg', make: secondGateway },
  {
    fault: 'S01',
    how: 'a second qg, with its port',
    make: (live) => secondGateway(live) && addPort(live, 'qg-00000000-11'),
  },
  ...(['rule', 'route', 'rule and route'] as const).map((how) => ({
    fault: 'S02',
    how: `without ${how}`,
    make: inFirst('qrouter', (state) => {
      const rule = redirectRule(state);
      if (!rule) return false;
      if (how !== 'route') take(state.rules, (entry) => entry === rule);
      if (how !== 'rule') take(state.routes, ({ table }) => table === rule.table);
      return true;
    }),
  })),
  { fault: 'S03', how: 'the gateway was cleared', make: clearGateway, isWide: true },
  { fault: 'S04', how: 'the namespace on the other SNAT node', make: copySnat, isWide: true },
  {
    fault: 'S08',
    how: 'nf_conntrack_tcp_loose',
    make: inFirst('snat', (state) => {
      state.sysctls!.push({ key: 'net.netfilter.nf_conntrack_tcp_loose', value: '1' });
      return true;
    }),
  },
  {
    fault: 'S12',
    isForAll: false,
    how: 'no neighbour',
    make: (live, cloud) => loseNeighbour((dst) => isSnatPort(cloud, dst))(live),
  },
  {
    fault: 'S16',
    how: 'DNAT without device',
    make: spec(
      (text) => text.replace(/-i rfp-\S+ /, ''),
      (text) => text.includes('-i rfp-') && text.includes('DNAT'),
    ),
  },
  {
    fault: 'S16',
    how: 'without the rule that prevents',
    make: inFirst(
      'qrouter',
      (state) => take(state.iptables, (item) => item.spec !== undefined && isPrevent(item.spec)).length > 0,
    ),
  },
  { fault: 'A01', how: 'no neighbour', make: (live, cloud) => loseNeighbour((dst) => isVm(cloud, dst))(live) },
  {
    fault: 'A04',
    isForAll: false,
    how: 'no neighbour',
    make: (live, cloud) => loseNeighbour((dst) => isPair(cloud, dst))(live),
  },
  {
    fault: 'A04',
    isForAll: false,
    how: 'another MAC',
    make: (live, cloud) =>
      inFirst('qrouter', (state) => {
        const found = state.neighbours?.find(({ dst }) => isPair(cloud, dst));
        if (found) found.lladdr = MAC;
        return found !== undefined;
      })(live),
  },
  {
    fault: 'A06',
    how: 'on another device',
    make: addNeighbour((_dst, dev, state) => {
      const other = devices(state, 'qr-').find(
        (name) => name !== dev && state.addresses?.some(({ ifname, family }) => ifname === name && family === 'inet'),
      );
      return other === undefined ? undefined : { dev: other };
    }),
  },
  { fault: 'A07', how: 'in the router', make: loseNeighbour((_dst, dev) => dev.startsWith('rfp-')) },
  { fault: 'A07', how: 'in the fip namespace', make: loseNeighbour((_dst, dev) => dev.startsWith('fpr-'), 'fip') },
  { fault: 'A08', how: 'arp_ignore', make: inFirst('qrouter', (state) => alterSysctl(state, /all\.arp_ignore$/, '0')) },
  {
    fault: 'A08',
    how: 'arp_announce',
    make: inFirst('qrouter', (state) => alterSysctl(state, /all\.arp_announce$/, '0')),
  },
  {
    fault: 'A11',
    how: 'of a port that is gone',
    make: addNeighbour((dst, dev, state) => {
      const own = state.addresses?.find(({ ifname, family }) => ifname === dev && family === 'inet');
      const known = new Set([own?.local, ...(state.neighbours ?? []).map((entry) => entry.dst)]);
      const near = dst.includes('.') ? [3, 4, 5, 6].map((n) => ipv4Text(ipv4Value(dst)! + n)) : [];
      const free = near.find(
        (address) => own && !known.has(address) && contains(`${own.local}/${own.prefixlen}`, address),
      );
      return free === undefined ? undefined : { dst: free };
    }),
  },
  {
    fault: 'A11',
    isForAll: false,
    how: 'another MAC',
    make: (live, cloud) =>
      inFirst('qrouter', (state) => {
        const found = state.neighbours?.find(({ dst }) => isVm(cloud, dst));
        if (found) found.lladdr = MAC;
        return found !== undefined;
      })(live),
  },
];

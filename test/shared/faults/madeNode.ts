/** Faults of Open vSwitch, HA and of the node, made in recorded states. */
import type { Flow, NodeState, OvsPort } from '../../../shared/state.ts';
import { type Cloud, type Made, addPort, alterSysctl, devices, inFirst, namespaces, take } from './cloud.ts';

const port = (live: NodeState, isIt: (found: OvsPort) => boolean): OvsPort | undefined => live.ports?.find(isIt);

const alterPort =
  (isIt: (found: OvsPort, live: NodeState) => boolean, alter: (found: OvsPort, live: NodeState) => void) =>
  (live: NodeState): boolean => {
    const found = port(live, (entry) => isIt(entry, live));
    if (found) alter(found, live);
    return found !== undefined;
  };

const starts =
  (...prefixes: string[]) =>
  ({ name }: OvsPort): boolean =>
    prefixes.some((prefix) => name.startsWith(prefix));

/** A port of a VM whose packets flows look at. */
const isFilteredTap = ({ name, ofport }: OvsPort, live: NodeState): boolean =>
  name.startsWith('tap') && live.flows?.some(({ match }) => match.includes(`in_port=${ofport},`)) === true;

/** Open vSwitch gave the port another number; its tables say so, flows do not. */
function renumber(found: OvsPort, live: NodeState): void {
  found.ofport! += 500;
  const bridge = live.bridges?.find(({ name }) => name === found.bridge);
  if (bridge) bridge.ofports[found.name] = found.ofport!;
}

function addDrop(found: OvsPort, live: NodeState): void {
  const like = live.flows!.find(({ bridge }) => bridge === 'br-int')!;
  live.flows!.push({
    bridge: 'br-int',
    table: 0,
    priority: 2,
    match: `in_port=${found.ofport}`,
    actions: 'drop',
    cookie: like.cookie,
  });
}

const takeFlows =
  (isIt: (flow: Flow, live: NodeState) => boolean) =>
  (live: NodeState): boolean =>
    take(live.flows, (flow) => isIt(flow, live)).length > 0;

const isRewrite = ({ bridge, table, priority, match }: Flow): boolean =>
  bridge === 'br-int' && (table === 1 || table === 60) && priority === 20 && match.startsWith('dl_vlan=');

/** Tables 20 and 21 have one row for each remote port, table 22 one for each network. */
const isRemote = ({ bridge, table, priority, match }: Flow): boolean =>
  bridge === 'br-tun' && ((table === 20 && priority === 2) || (table === 21 && priority === 1)) && match !== '';

function wrongGateway(live: NodeState, { topology }: Cloud): boolean {
  for (const { interfaces } of topology.routers)
    for (const { mac_address: own, snat } of interfaces) {
      const flow = live.flows?.find(
        (entry) => isRewrite(entry) && own !== undefined && entry.actions.includes(`set_field:${own}->eth_src`),
      );
      if (!flow || snat?.mac_address === undefined) continue;
      flow.actions = flow.actions.replace(own!, snat.mac_address);
      return true;
    }
  return false;
}

function strangeTunnel(live: NodeState): boolean {
  const like = port(live, ({ type }) => type === 'vxlan');
  const row = live.flows?.find(
    ({ bridge, table, match }) => bridge === 'br-tun' && table === 0 && match === `in_port=${like?.ofport}`,
  );
  if (!like || !row) return false;
  live.ports!.push({
    ...like,
    name: 'vxlan-0afb00fe',
    ofport: 777,
    options: { ...like.options, remote_ip: '10.251.0.254' },
  });
  live.flows!.push({ ...row, match: 'in_port=777' });
  for (const flow of live.flows!)
    if (flow.bridge === 'br-tun' && flow.table === 22 && flow.actions.includes('output:'))
      flow.actions += ',output:777';
  return true;
}

/** The standby has the addresses and routes of the active node, and says so. */
function secondActive(live: NodeState, { states }: Cloud): boolean {
  const line = live.allocations?.find(({ file, value }) => file === 'ha-state' && value === 'backup');
  const active = [...states.values()].find((state) =>
    state.allocations?.some(({ file, key, value }) => file === 'ha-state' && key === line?.key && value !== 'backup'),
  );
  const name = `snat-${line?.key}`;
  const [own, other] = [live.namespaces[name], active?.namespaces[name]];
  if (!line || !own || !other) return false;
  const [mine, theirs] = [devices(own, 'ha-')[0]!, devices(other, 'ha-')[0]!];
  line.value = active!.allocations!.find(({ file, key }) => file === 'ha-state' && key === line.key)!.value;
  const isTheirs = ({ ifname, local }: { ifname: string; local: string }) =>
    ifname === theirs && local.startsWith('169.254.192.');
  for (const address of other.addresses ?? [])
    if (address.family === 'inet' && address.ifname !== 'lo' && !isTheirs(address)) {
      const ifname = address.ifname === theirs ? mine : address.ifname;
      if (!own.addresses!.some((entry) => entry.ifname === ifname && entry.local === address.local))
        own.addresses!.push({ ...address, ifname });
    }
  const known = new Set(own.routes!.map((route) => JSON.stringify(route)));
  for (const route of other.routes ?? [])
    if (route.family === 'inet' && route.dev !== theirs && !known.has(JSON.stringify(route))) own.routes!.push(route);
  return true;
}

const secondHa = inFirst('snat', (state) => {
  const link = state.links?.find(({ ifname }) => ifname.startsWith('ha-'));
  if (!link) return false;
  state.links!.push({ ...link, ifname: 'ha-00000000-22', address: 'fa:16:3e:00:00:22' });
  state.addresses!.push({
    family: 'inet',
    ifname: 'ha-00000000-22',
    local: '169.254.195.77',
    prefixlen: 18,
    broadcast: '169.254.255.255',
    scope: 'global',
  });
  return true;
});

const STRANGER = '00000000-1111-4222-8333-444444444444';

const setSysctl = (kind: string, pattern: RegExp, value: string) =>
  inFirst(kind, (state) => alterSysctl(state, pattern, value));

const takeRules = (kind: string, isIt: (spec: string) => boolean) =>
  inFirst(
    kind,
    (state) =>
      take(state.iptables, ({ spec, family }) => family === 'inet' && spec !== undefined && isIt(spec)).length > 0,
  );

export const NODE_FAULTS: readonly Made[] = [
  { fault: 'F10', how: 'the dead VLAN', make: alterPort(starts('fg-'), (found) => void (found.tag = 4095)) },
  { fault: 'F10', how: 'a drop flow', make: alterPort(starts('fg-'), addDrop) },
  {
    fault: 'O01',
    how: 'all ports of a subnet',
    make: (live) => {
      const vlan = live.flows?.find((flow) => flow.table === 1 && isRewrite(flow))?.match.split(',')[0];
      return vlan !== undefined && takeFlows((flow) => isRewrite(flow) && flow.match.startsWith(`${vlan},`))(live);
    },
  },
  {
    fault: 'O01',
    how: 'one row',
    make: (live) => {
      const row = live.flows?.find((flow) => flow.table === 1 && isRewrite(flow));
      return row !== undefined && takeFlows((flow) => flow === row)(live);
    },
  },
  { fault: 'O03', how: 'the MAC of the SNAT port', make: wrongGateway },
  { fault: 'O06', how: 'no number', make: alterPort(starts('tap'), (found) => void (found.ofport = -1)) },
  { fault: 'O06', how: 'another number', make: alterPort(isFilteredTap, renumber) },
  { fault: 'O06', how: 'a router’s device', make: alterPort(starts('qr-'), (found) => void (found.ofport = -1)) },
  { fault: 'O08', how: 'nothing of l2population', make: takeFlows(isRemote) },
  {
    fault: 'O08',
    how: 'one remote port',
    make: (live) => {
      const mac = live.flows?.find((flow) => flow.table === 20 && isRemote(flow))?.match.split('dl_dst=')[1];
      return (
        mac !== undefined && takeFlows((flow) => isRemote(flow) && `${flow.match} ${flow.actions}`.includes(mac))(live)
      );
    },
  },
  {
    fault: 'O08',
    how: 'a tunnel is missing',
    make: (live) => {
      const tunnel = port(live, ({ type }) => type === 'vxlan');
      if (!tunnel) return false;
      take(live.ports, (entry) => entry === tunnel);
      take(
        live.flows,
        ({ bridge, table, match }) => bridge === 'br-tun' && table === 0 && match === `in_port=${tunnel.ofport}`,
      );
      take(
        live.flows,
        (flow) => isRemote(flow) && flow.table === 20 && flow.actions.endsWith(`output:${tunnel.ofport}`),
      );
      for (const flow of live.flows!)
        if (flow.bridge === 'br-tun' && flow.table === 22)
          flow.actions = flow.actions.replace(`,output:${tunnel.ofport}`, '');
      for (const bridge of live.bridges ?? []) delete bridge.ofports[tunnel.name];
      return true;
    },
  },
  { fault: 'O09', how: 'to a stranger', make: strangeTunnel },
  { fault: 'O10', how: 'other numbers', make: alterPort(({ type }) => type === 'vxlan', renumber) },
  { fault: 'O11', how: 'a drop flow', make: alterPort(starts('tap'), addDrop) },
  { fault: 'O11', how: 'the dead VLAN', make: alterPort(starts('tap'), (found) => void (found.tag = 4095)) },
  {
    fault: 'O11',
    how: 'a router’s device on the dead VLAN',
    make: alterPort(starts('qr-', 'sg-'), (found) => void (found.tag = 4095)),
  },
  { fault: 'O19', how: 'table 21 is empty', make: takeFlows((flow) => flow.table === 21 && isRemote(flow)) },
  {
    fault: 'O27',
    how: 'without the device of the host',
    make: (live) =>
      take(
        live.ports,
        ({ bridge, name, type, options }) =>
          bridge === 'br-ex' && name !== 'br-ex' && !(type === 'patch' && options['peer']?.startsWith('int-')),
      ).length > 0,
  },
  { fault: 'H01', how: 'the standby took over too', make: secondActive, isWide: true },
  { fault: 'H05', how: 'two ha devices', make: secondHa },
  {
    fault: 'H05',
    how: 'two ha devices, with the port of the other',
    make: (live) => secondHa(live) && addPort(live, 'ha-00000000-22'),
  },
  {
    fault: 'M01',
    how: 'without REDIRECT',
    make: takeRules('qrouter', (spec) => spec.includes('REDIRECT --to-ports 9697')),
  },
  {
    fault: 'M01',
    how: 'without the mark',
    make: takeRules('qrouter', (spec) => spec.startsWith('-d 169.254.169.254/32') && spec.includes('-j MARK')),
  },
  {
    fault: 'T01',
    how: 'qr',
    make: inFirst('qrouter', (state) => {
      const link = state.links?.find(({ ifname }) => ifname.startsWith('qr-'));
      if (link) link.mtu -= 50;
      return link !== undefined;
    }),
  },
  {
    fault: 'T01',
    isForAll: false,
    how: 'fg',
    make: inFirst('fip', (state) => {
      const link = state.links?.find(({ ifname }) => ifname.startsWith('fg-'));
      if (link) link.mtu = 1400;
      return link !== undefined;
    }),
  },
  {
    fault: 'C06',
    how: 'a port',
    make: alterPort(starts('qr-', 'tap'), (found, live) => {
      live.ports!.push({
        ...found,
        name: 'tap00000000-11',
        ofport: 888,
        external_ids: { ...found.external_ids, 'iface-id': STRANGER, 'attached-mac': 'fa:16:3e:00:00:33' },
      });
    }),
  },
  { fault: 'X01', how: 'all in the fip namespace', make: setSysctl('fip', /conf\.all\.rp_filter$/, '1') },
  { fault: 'X01', how: 'rfp', make: setSysctl('qrouter', /conf\.rfp-.*\.rp_filter$/, '1') },
  { fault: 'X02', how: 'router', make: setSysctl('qrouter', /ipv4\.ip_forward$/, '0') },
  { fault: 'X02', how: 'fip', make: setSysctl('fip', /ipv4\.ip_forward$/, '0') },
  { fault: 'X02', how: 'snat', make: setSysctl('snat', /ipv4\.ip_forward$/, '0') },
  { fault: 'X03', how: 'without the rule', make: takeRules('fip', (spec) => spec.includes('--notrack')) },
  {
    fault: 'X06',
    how: 'a rule twice',
    make: inFirst('qrouter', (state) => {
      const at = state.iptables?.findIndex(({ table, spec }) => table === 'nat' && spec?.includes('REDIRECT')) ?? -1;
      if (at >= 0) state.iptables!.splice(at, 0, { ...state.iptables![at]! });
      return at >= 0;
    }),
  },
];

/** Those that are told by the namespace’s name or by its traffic. */
export const NAMED_FAULTS: readonly Made[] = [
  {
    fault: 'M01',
    how: 'nothing listens',
    make: (live) =>
      namespaces(live, 'snat').length === 0 &&
      namespaces(live, 'qrouter').some(([name]) => {
        const traffic = live.traffic?.[name];
        if (!traffic?.listening?.includes(9697)) return false;
        traffic.listening = traffic.listening.filter((number) => number !== 9697);
        return true;
      }),
  },
  {
    fault: 'C06',
    how: 'a namespace',
    make: (live) => {
      const [like] = namespaces(live, 'qrouter');
      if (like) live.namespaces[`qrouter-${STRANGER}`] = structuredClone(like[1]);
      return like !== undefined;
    },
  },
  {
    fault: 'X04',
    how: 'a connection to an old address',
    make: (live, { topology }) => {
      const [floating] = topology.floating_ips;
      const traffic = namespaces(live, 'qrouter')
        .map(([name]) => live.traffic?.[name])
        .find((entry) => entry?.translations);
      if (!traffic || !floating) return false;
      traffic.translations!.push({ dst: floating.floating_ip_address, to: '10.99.0.77', count: 2 });
      return true;
    },
  },
];

/** `ip route show table all`: what Neutron's agents write and what the kernel adds for each address. */
import { broadcastOf, contains, familyOf, ipv4Value, networkText, parsePrefix, printedPrefix } from '../ip.ts';
import { BOOT, type Chosen } from '../namespaces/choice.ts';
import {
  type Device,
  type FipLink,
  type Namespace,
  broadcastAddress,
  devicesOf,
  linkLocalAddress,
} from '../namespaces/types.ts';
import { FIP_RT_TBL } from '../neutron.ts';
import { type Agents, type Change, hasChange } from '../releases.ts';
import { snatIndex } from '../snatIndex.ts';
import type { Because, Nexthop, Route } from '../state.ts';
import { type Aspect, ipFamilies } from './aspect.ts';
import { METRIC_USER, kernelRoutes6 } from './kernelRoutes6.ts';
import { explainRoute, parseRoutes } from './routeText.ts';

export const routes: Aspect<Route> = {
  name: 'routes',
  noun: 'route',
  title: 'ip route show table all',
  // Without `table all` a command prints only table main: that would make every other route look missing.
  reads: (command) => (/\btable (all|0)\b/.test(command) ? ipFamilies(command, 'route', ['inet', 'inet6']) : undefined),
  parse: (text, command) => {
    const { items, problems } = parseRoutes(text, ipFamilies(command, 'route', ['inet', 'inet6']) ?? ['inet']);
    return { items: items.map(inOrder), problems };
  },
  expect: expectRoutes,
  family: (route) => route.family,
  identities: [
    (route) => `${route.family} ${explainRoute(inOrder(route))}`,
    (route) => `${route.family} ${route.type} ${route.table} ${route.dst} ${route.dev}`,
    (route) => `${route.family} ${route.type} ${route.table} ${route.dst}`,
    (route) => `${route.family} ${route.type} ${route.dst} ${route.gateway} ${route.dev} ${route.prefsrc}`,
    (route) => `${route.family} ${route.type} ${route.table} ${route.gateway} ${route.dev} ${route.prefsrc}`,
  ],
  explain: explainRoute,
  dynamic: (route) =>
    isOldBroadcast(route)
      ? 'kernels before 5.14 also keep a broadcast route for the network address'
      : isOldLoopback(route)
        ? 'some kernels keep the address of lo in table main too'
        : isNullEntry(route)
          ? 'some kernels print their own last entry, which every lookup that finds nothing ends in'
          : route.family === 'inet6' && (route.protocol === 'ra' || route.expires)
            ? 'the kernel learned this route from a router advertisement'
            : undefined,
  repair: (route) => (route.protocol === 'kernel' ? undefined : ['ip', 'route', 'replace', ...words(route)]),
  remove: (route) => (route.protocol === 'kernel' ? undefined : ['ip', 'route', 'del', ...words(route)]),
};

/** The order of next hops is arbitrary and means nothing. */
function inOrder(route: Route): Route {
  if (!route.nexthops) return route;
  return { ...route, nexthops: route.nexthops.toSorted((a, b) => ((a.gateway ?? '') < (b.gateway ?? '') ? -1 : 1)) };
}

const words = (route: Route): string[] =>
  explainRoute(route)
    .split(/\s+/)
    .filter((word) => word !== '');

/** Linux commit 512b2dc48e "ipv4: don't install a broadcast route for the network address" is of 5.14. */
const isOldBroadcast = ({ type, dst, table, protocol, prefsrc = '' }: Route): boolean =>
  type === 'broadcast' && table === 'local' && protocol === 'kernel' && isNetworkOf(dst, prefsrc);

/** Whether an address is all zeros from where it parts with another one, in at least the two bits of a /30. */
function isNetworkOf(network: string, address: string): boolean {
  const [zeros, own] = [ipv4Value(network), ipv4Value(address)];
  if (zeros === undefined || own === undefined) return false;
  const bits = Math.max(2, 32 - Math.clz32(zeros ^ own));
  return zeros !== own && zeros % 2 ** bits === 0;
}

/** `net/ipv6/route.c: ip6_null_entry`. */
const isNullEntry = ({ family, type, dst, dev, metric }: Route): boolean =>
  family === 'inet6' && type === 'unreachable' && dst === 'default' && dev === 'lo' && metric === 0xffffffff;

const isOldLoopback = ({ dst, dev, table, protocol, type }: Route): boolean =>
  dst === '::1' && dev === 'lo' && table === undefined && protocol === 'kernel' && type === undefined;

function expectRoutes(namespace: Namespace): Route[] {
  const kernel = [
    ...loopbackRoutes(namespace),
    ...devicesOf(namespace).flatMap(kernelRoutes),
    ...kernelRoutes6(namespace),
  ];
  switch (namespace.kind) {
    case 'qrouter':
      return [...written(namespace, 'static_routes', qrouterRoutes(namespace)), ...kernel];
    case 'snat':
      return [...snatRoutes(namespace), ...kernel];
    case 'fip':
      return [...written(namespace, 'static_routes', fipRoutes(namespace)), ...kernel];
    case 'qdhcp':
      return [...written(namespace, 'static_routes', dhcpRoutes(namespace)), ...kernel];
  }
}

function loopbackRoutes(namespace: Namespace): Route[] {
  const because = { ...namespace.because, sentence: 'the kernel adds this for the address of lo' };
  const local = {
    family: 'inet' as const,
    dev: 'lo',
    table: 'local',
    protocol: 'kernel',
    prefsrc: '127.0.0.1',
    because,
  };
  return [
    { ...local, type: 'local', dst: '127.0.0.0/8', scope: 'host' },
    { ...local, type: 'local', dst: '127.0.0.1', scope: 'host' },
    { ...local, type: 'broadcast', dst: '127.255.255.255', scope: 'link' },
  ];
}

/** What the kernel adds for an address: `net/ipv4/fib_frontend.c: fib_add_ifaddr`. */
function kernelRoutes(device: Device): Route[] {
  if (device.silent) return [];
  return device.addresses.flatMap((text): Route[] => {
    const prefix = parsePrefix(text);
    const address = prefix?.address ?? text.split('/')[0]!;
    // Of an address that nobody knows yet at least the subnet is known.
    const network = prefix ? networkText(prefix) : device.within[0];
    const reason = device.reasons?.[text] ?? device.because;
    const because = { ...reason, sentence: `the kernel adds this for the address ${text} of ${device.ifname}` };
    const own = { family: 'inet' as const, dev: device.ifname, protocol: 'kernel', prefsrc: address, because };
    // Of a prefix up to /30 the kernel knows the broadcast address by itself.
    const broadcast = prefix && (prefix.length < 31 ? broadcastOf(prefix) : broadcastAddress(device, prefix));
    return [
      ...(network === undefined || prefix?.length === 32 ? [] : [{ ...own, dst: network, scope: 'link' }]),
      { ...own, type: 'local', table: 'local', dst: address, scope: 'host' },
      ...(broadcast ? [{ ...own, type: 'broadcast', table: 'local', dst: broadcast, scope: 'link' }] : []),
    ];
  });
}

/** Until a change the agent ran `ip route replace`: no protocol. */
const written = (agents: Agents, change: Change, all: Route[]): Route[] =>
  hasChange(agents, change) ? all : all.map(bare);

function bare({ protocol, ...route }: Route): Route {
  return protocol === undefined || protocol === 'static' || protocol === BOOT ? route : { ...route, protocol };
}

/** `agent/linux/ip_lib.py: add_ip_route` writes `proto static`; IPv6 routes have no scope and always a metric. */
function staticRoute(
  { scope, ...route }: Omit<Route, 'family' | 'protocol'>,
  family = familyOf(route.gateway ?? route.nexthops?.[0]?.gateway ?? route.dst.split('/')[0]!) ?? 'inet',
): Route {
  const own = family === 'inet6' ? { metric: METRIC_USER } : scope === undefined ? {} : { scope };
  return { family, protocol: 'static', ...own, ...route, dst: printedPrefix(route.dst) };
}

function qrouterRoutes(namespace: Namespace & { kind: 'qrouter' }): Route[] {
  const { fipLink, interfaces } = namespace;
  const redirected = interfaces.flatMap(({ device, redirects }) =>
    redirects.flatMap(({ family, address, gateway, because }): Route[] => {
      const index = snatIndex(address);
      const route = { dst: 'default', gateway, dev: device.ifname, because };
      return index === undefined ? [] : [staticRoute({ ...route, table: String(index) }, family)];
    }),
  );
  return [
    ...redirected,
    ...replaced([...(fipLink ? linkDefaults(fipLink, namespace) : []), ...extraRoutes(namespace)]),
  ];
}

/** `dvr_fip_ns.py: create_rtr_2_fip_link`: table 16 for IPv4. The IPv6 route is for the NDP proxy, and a known fault of Neutron's. */
function linkDefaults({ rfp, fpr, fprAddress }: FipLink, namespace: Namespace & { kind: 'qrouter' }): Route[] {
  const { interfaces } = namespace;
  const { pointer } = rfp.because;
  const neutron = 'dvr_fip_ns.py: create_rtr_2_fip_link';
  const route = { dst: 'default', dev: rfp.ifname };
  const four = 'packets with a floating IP leave through the fip namespace of this node';
  const gateway = linkLocalAddress(fpr)?.split('/')[0];
  const six = interfaces.some(({ redirects }) => redirects.some(({ family }) => family === 'inet6'))
    ? 'known fault of Neutron from Zed on: this route for the NDP proxy comes before the rules towards the SNAT node, and the fip namespace has no IPv6 default route, so IPv6 to the outside is lost'
    : 'the NDP proxy sends IPv6 packets through the fip namespace';
  return [
    staticRoute(
      { ...route, gateway: fprAddress, table: String(FIP_RT_TBL), because: { pointer, sentence: four, neutron } },
      'inet',
    ),
    ...(gateway !== undefined && hasChange(namespace, 'rfp_ipv6_default')
      ? [staticRoute({ ...route, gateway, because: { pointer, sentence: six, neutron } }, 'inet6')]
      : []),
  ];
}

function snatRoutes(namespace: Namespace & { kind: 'snat' }): Route[] {
  const { qg, ha, extraRoutes: extra } = namespace;
  const outside = qg ? outsideRoutes(qg, namespace) : [];
  if (!ha) return replaced([...written(namespace, 'static_routes', outside), ...extraRoutes(namespace)]);
  return siblings([
    ...outside.map((route) => ({ ...route, protocol: ha.protocols[route.dst] ?? ha.protocol })),
    ...extra.flatMap(({ protocols = [], dst, gateway, dev, because }) =>
      protocols.map((protocol): Route => ({ ...staticRoute({ dst, gateway, dev, because }), protocol })),
    ),
  ]).map((route) => (route.protocol === BOOT ? bare(route) : route));
}

/** Of an IPv6 route by another gateway the kernel makes one more next hop of the first (`net/ipv6/ip6_fib.c: fib6_add_rt2node`). */
function siblings(all: readonly Route[]): Route[] {
  const isSibling = (a: Route, b: Route): boolean =>
    a.family === 'inet6' &&
    b.family === 'inet6' &&
    a.dst === b.dst &&
    a.gateway !== undefined &&
    b.gateway !== undefined;
  return all.flatMap((route, i): Route[] => {
    const group = all.filter((other) => isSibling(route, other));
    const gateways = new Set(group.map(({ gateway }) => gateway));
    if (gateways.size < 2) return [route];
    if (all.slice(0, i).some((earlier) => isSibling(earlier, route))) return [];
    const { gateway: _, dev: __, ...rest } = route;
    const hops = group.filter((hop, at) => group.findIndex(({ gateway }) => gateway === hop.gateway) === at);
    return [
      inOrder({ ...rest, nexthops: hops.map(({ gateway, dev }) => ({ gateway: gateway!, dev: dev!, weight: 1 })) }),
    ];
  });
}

/** The agent writes with netlink's *replace*, extra routes last: one to everywhere takes the place of the gateway's. */
const replaced = (all: Route[]): Route[] =>
  all.filter(
    ({ family, dst, table }, i) =>
      dst !== 'default' ||
      !all.slice(i + 1).some((later) => later.dst === dst && later.family === family && later.table === table),
  );

/** `dhcp.py: DeviceManager._set_default_route_ip_version`. */
function dhcpRoutes({ taps, gateways }: Namespace & { kind: 'qdhcp' }): Route[] {
  const [tap] = taps;
  if (!tap) return [];
  const offLink = gateways.filter(({ address }) => isOffLink(tap, address));
  const onlink = offLink.map(({ address, because }) => ({ dst: address, because }));
  return outsideRoutes(tap, { gateways, onlink });
}

/** The way out was one for all routers before each had its own table. */
function fipRoutes(namespace: Namespace & { kind: 'fip' }): Route[] {
  const { fg, gateways, onlink } = namespace;
  return [
    ...outsideRoutes(fg, { gateways: hasChange(namespace, 'fip_tables') ? [] : gateways, onlink }),
    ...namespace.routers.flatMap((router) => replaced(routesOfRouter(namespace, router))),
  ];
}

/** `dvr_fip_ns.py: _add_default_gateway_for_fip`; `dvr_local_router.py: floating_ip_added_dist, update_routing_table`. */
function routesOfRouter(
  namespace: Namespace & { kind: 'fip' },
  {
    fpr,
    rfpAddress,
    table,
    floatingIps,
    fastExits,
    published,
    rfp,
    extraRoutes: extra,
  }: (Namespace & { kind: 'fip' })['routers'][number],
): Route[] {
  const { fg, gateways } = namespace;
  return [
    ...gateways
      .filter((gateway) => isThere(gateway) && hasChange(namespace, 'fip_tables'))
      .map(({ address, because }) =>
        staticRoute({ dst: 'default', gateway: address, dev: fg.ifname, table: String(table), because }),
      ),
    ...floatingIps.map(({ floating_ip_address, because }) =>
      staticRoute({ dst: floating_ip_address, gateway: rfpAddress, dev: fpr.ifname, because }, 'inet'),
    ),
    ...fastExits.map(({ cidr, because }) =>
      staticRoute({ dst: cidr, gateway: rfpAddress, dev: fpr.ifname, because }, 'inet'),
    ),
    ...published.map(({ cidr, because }) =>
      staticRoute(
        { dst: cidr, gateway: linkLocalAddress(rfp)?.split('/')[0] ?? '', dev: fpr.ifname, because },
        'inet6',
      ),
    ),
    // These alone are written without a protocol, that is `proto boot`, which iproute2 does not print.
    ...extra.filter(isThere).map(({ dst, gateway, dev, because }): Route => {
      const { protocol: _, ...route } = staticRoute({ dst, gateway, dev, table: String(table), because });
      return route;
    }),
  ];
}

const isThere = ({ isAbsent }: Chosen): boolean => !isAbsent;

/** Default routes of an external device behind what is on its link (`router_info.py: _external_gateway_added`). */
function outsideRoutes(
  device: Device,
  { gateways, onlink }: Pick<Namespace & { kind: 'snat' }, 'gateways' | 'onlink'>,
): Route[] {
  return [
    ...onlink.filter(isThere).map(({ dst, because }) => linkRoute(device, dst, because)),
    ...gateways
      .filter(isThere)
      .map(({ address, because }) => staticRoute({ dst: 'default', gateway: address, dev: device.ifname, because })),
  ];
}

const isOffLink = ({ addresses, addresses6 = [] }: Device, address: string): boolean =>
  !(familyOf(address) === 'inet6' ? addresses6 : addresses).some((own) => onSameLink(own, address));

function onSameLink(own: string, address: string): boolean {
  const prefix = parsePrefix(own);
  // An address that nobody knows yet is on the subnet of its gateway, else the port could not have it.
  return prefix === undefined || contains(networkText(prefix), address);
}

/** `interface.py: set_onlink_routes`. */
const linkRoute = (device: Device, dst: string, because: Because): Route =>
  staticRoute({ dst, dev: device.ifname, scope: 'link', because });

/** Several next hops for one destination are one multipath route: `router_info.py: check_and_add_ecmp_route` (Xena). */
function extraRoutes(namespace: Namespace & { kind: 'qrouter' | 'snat' }): Route[] {
  const present = namespace.extraRoutes.filter(isThere);
  const destinations = [...new Set(present.map(({ dst }) => dst))];
  const all = destinations.map((dst): Route => {
    const group = present.filter((fact) => fact.dst === dst);
    const { gateway, dev, because } = group[0]!;
    if (group.length === 1) return staticRoute({ dst, gateway, dev, because });
    const route = staticRoute({
      dst,
      nexthops: group.map((hop): Nexthop => ({ gateway: hop.gateway, dev: hop.dev, weight: 1 })),
      because,
    });
    return inOrder(route);
  });
  return written(namespace, 'static_extra_routes', all);
}

/** `ip route show table all`: what Neutron's agents write and what the kernel adds for each address. */
import { contains, networkText, parsePrefix } from '../ip.ts';
import { type Device, type Namespace, type RouteFact, broadcastAddress, devicesOf } from '../namespaces/types.ts';
import { FIP_RT_TBL } from '../neutron.ts';
import { snatIndex } from '../snatIndex.ts';
import type { Because, Nexthop, Route } from '../state.ts';
import { type Aspect, ipFamilies } from './aspect.ts';
import { explainRoute, parseRoutes } from './routeText.ts';

export const routes: Aspect<Route> = {
  name: 'routes',
  noun: 'route',
  title: 'ip route show table all',
  // Without `table all` a command prints only table main: that would make every other route look missing.
  reads: (command) => (/\btable (all|0)\b/.test(command) ? ipFamilies(command, 'route', ['inet']) : undefined),
  parse: (text, command) => parseRoutes(text, ipFamilies(command, 'route', ['inet'])?.[0] ?? 'inet'),
  expect: expectRoutes,
  family: (route) => route.family,
  identities: [
    (route) => `${route.family} ${explainRoute(route)}`,
    (route) => `${route.family} ${route.type} ${route.table} ${route.dst} ${route.dev}`,
    (route) => `${route.family} ${route.type} ${route.table} ${route.dst}`,
    (route) => `${route.family} ${route.type} ${route.dst} ${route.gateway} ${route.dev} ${route.prefsrc}`,
    (route) => `${route.family} ${route.type} ${route.table} ${route.gateway} ${route.dev} ${route.prefsrc}`,
  ],
  explain: explainRoute,
  dynamic: (route) =>
    isOldBroadcast(route) ? 'kernels before 5.14 also keep a broadcast route for the network address' : undefined,
  repair: (route) => (route.protocol === 'kernel' ? undefined : ['ip', 'route', 'replace', ...words(route)]),
  remove: (route) => (route.protocol === 'kernel' ? undefined : ['ip', 'route', 'del', ...words(route)]),
};

const words = (route: Route): string[] =>
  explainRoute(route)
    .split(/\s+/)
    .filter((word) => word !== '');

/** Linux commit 512b2dc48e "ipv4: don't install a broadcast route for the network address" is of 5.14. */
function isOldBroadcast({ type, dst, table, protocol, prefsrc }: Route): boolean {
  return (
    type === 'broadcast' && table === 'local' && protocol === 'kernel' && prefsrc !== undefined && isEvenNetwork(dst)
  );
}

const isEvenNetwork = (dst: string): boolean => dst.endsWith('.0');

function expectRoutes(namespace: Namespace): Route[] {
  const kernel = [...loopbackRoutes(namespace), ...devicesOf(namespace).flatMap(kernelRoutes)];
  switch (namespace.kind) {
    case 'qrouter':
      return [...qrouterRoutes(namespace), ...kernel];
    case 'snat':
      return [...snatRoutes(namespace), ...kernel];
    case 'fip':
      return [...fipRoutes(namespace), ...kernel];
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
  return device.addresses.flatMap((text): Route[] => {
    const prefix = parsePrefix(text);
    const address = prefix?.address ?? text.split('/')[0]!;
    // Of an address that nobody knows yet at least the subnet is known.
    const network = prefix ? networkText(prefix) : device.within[0];
    const because = { ...device.because, sentence: `the kernel adds this for the address ${text} of ${device.ifname}` };
    const own = { family: 'inet' as const, dev: device.ifname, protocol: 'kernel', prefsrc: address, because };
    const broadcast = prefix && broadcastAddress(device.kind, prefix);
    return [
      ...(network === undefined || prefix?.length === 32 ? [] : [{ ...own, dst: network, scope: 'link' }]),
      { ...own, type: 'local', table: 'local', dst: address, scope: 'host' },
      ...(broadcast ? [{ ...own, type: 'broadcast', table: 'local', dst: broadcast, scope: 'link' }] : []),
    ];
  });
}

/** `agent/linux/ip_lib.py: add_ip_route` writes `proto static`. */
const staticRoute = (route: Omit<Route, 'family' | 'protocol'>): Route => ({
  family: 'inet',
  protocol: 'static',
  ...route,
});

function qrouterRoutes(namespace: Namespace & { kind: 'qrouter' }): Route[] {
  const { fipLink, interfaces } = namespace;
  const redirects = interfaces.flatMap(({ device, redirect }): Route[] =>
    redirect === undefined
      ? []
      : device.addresses.flatMap((text): Route[] => {
          const index = snatIndex(text);
          const { gateway, because } = redirect;
          return index === undefined
            ? []
            : [staticRoute({ dst: 'default', gateway, dev: device.ifname, table: String(index), because })];
        }),
  );
  const table16 = fipLink && [
    staticRoute({
      dst: 'default',
      gateway: fipLink.fprAddress,
      dev: fipLink.rfp.ifname,
      table: String(FIP_RT_TBL),
      because: {
        pointer: fipLink.rfp.because.pointer,
        sentence: 'packets with a floating IP leave through the fip namespace of this node',
        neutron: 'dvr_fip_ns.py: create_rtr_2_fip_link',
      },
    }),
  ];
  return [...redirects, ...(table16 ?? []), ...extraRoutes(namespace.extraRoutes)];
}

function snatRoutes(namespace: Namespace & { kind: 'snat' }): Route[] {
  return [...outsideRoutes(namespace.qg, namespace), ...extraRoutes(namespace.extraRoutes)];
}

function fipRoutes(namespace: Namespace & { kind: 'fip' }): Route[] {
  const { fg, gateways, onlink } = namespace;
  const outside = outsideRoutes(fg, { gateways: [], onlink });
  return [
    ...outside,
    ...gateways
      .filter(({ address }) => isOffLink(fg, address))
      .map(({ address, because }) => linkRoute(fg, address, because)),
    ...namespace.routers.flatMap((router) => routesOfRouter(namespace, router)),
  ];
}

/** `dvr_fip_ns.py: _add_default_gateway_for_fip`; `dvr_local_router.py: floating_ip_added_dist, update_routing_table`. */
function routesOfRouter(
  { fg, gateways }: Namespace & { kind: 'fip' },
  { fpr, rfpAddress, table, floatingIps, extraRoutes: extra }: (Namespace & { kind: 'fip' })['routers'][number],
): Route[] {
  return [
    ...gateways.map(({ address, because }) =>
      staticRoute({ dst: 'default', gateway: address, dev: fg.ifname, table: String(table), because }),
    ),
    ...floatingIps.map(({ floating_ip_address, because }) =>
      staticRoute({ dst: floating_ip_address, gateway: rfpAddress, dev: fpr.ifname, because }),
    ),
    // These alone are written without a protocol, that is `proto boot`, which iproute2 does not print.
    ...extra.map(({ dst, gateway, dev, because }): Route => ({
      family: 'inet',
      dst,
      gateway,
      dev,
      table: String(table),
      because,
    })),
  ];
}

/** Default routes of an external device, with the gateway's own route first where it lies outside the subnets (`router_info.py: _add_route_to_gw`). */
function outsideRoutes(
  device: Device,
  { gateways, onlink }: Pick<Namespace & { kind: 'snat' }, 'gateways' | 'onlink'>,
): Route[] {
  return [
    ...onlink.map(({ dst, because }) => linkRoute(device, dst, because)),
    ...gateways.flatMap(({ address, because }) => [
      ...(isOffLink(device, address) ? [linkRoute(device, address, because)] : []),
      staticRoute({ dst: 'default', gateway: address, dev: device.ifname, because }),
    ]),
  ];
}

const isOffLink = (device: Device, address: string): boolean =>
  !device.addresses.some((own) => onSameLink(own, address));

function onSameLink(own: string, address: string): boolean {
  const prefix = parsePrefix(own);
  // An address that nobody knows yet is on the subnet of its gateway, else the port could not have it.
  return prefix === undefined || contains(networkText(prefix), address);
}

/** `interface.py: set_onlink_routes`. */
const linkRoute = (device: Device, dst: string, because: Because): Route =>
  staticRoute({ dst, dev: device.ifname, scope: 'link', because });

/** Several next hops for one destination become one multipath route: `router_info.py: check_and_add_ecmp_route` (Xena). */
function extraRoutes(facts: RouteFact[]): Route[] {
  const destinations = [...new Set(facts.map(({ dst }) => dst))];
  return destinations.map((dst): Route => {
    const group = facts.filter((fact) => fact.dst === dst);
    if (group.length === 1) return staticRoute(group[0]!);
    const nexthops = group.map(({ gateway, dev }): Nexthop => ({ gateway, dev, weight: 1 }));
    return staticRoute({ dst, nexthops, because: group[0]!.because });
  });
}

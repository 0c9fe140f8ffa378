/** What the kernel adds to the IPv6 routing tables for devices and addresses: `net/ipv6/addrconf.c`. */
import { networkText, parsePrefix } from '../ip.ts';
import { type Device, type Namespace, devicesOf, forwardsIpv6, linkLocalAddress } from '../namespaces/types.ts';
import type { Route } from '../state.ts';

/** `include/uapi/linux/ipv6_route.h: IP6_RT_PRIO_ADDRCONF`, and `IP6_RT_PRIO_USER` of whatever a program writes without a metric. */
const METRIC_ADDRCONF = 256;
export const METRIC_USER = 1024;

export function kernelRoutes6(namespace: Namespace): Route[] {
  const forwards = forwardsIpv6(namespace);
  const because = { ...namespace.because, sentence: 'the kernel adds this for the address of lo' };
  const lo: Route = { ...local('lo'), type: 'local', dst: '::1', because };
  return [lo, ...devicesOf(namespace).flatMap((device) => ofDevice(device, forwards))];
}

const local = (dev: string) => ({
  family: 'inet6' as const,
  dev,
  table: 'local',
  protocol: 'kernel',
  metric: 0,
});

/** Two addresses of one prefix share its routes. */
function ofDevice(device: Device, forwards: boolean): Route[] {
  const linkLocal = linkLocalAddress(device);
  const own = device.silent ? [] : [...(device.addresses6 ?? []), ...(linkLocal === undefined ? [] : [linkLocal])];
  const learned = device.silent ? [] : (device.learned ?? []);
  const routes = [
    ...own.flatMap((text) => [...prefixRoute(device, text), ...addressRoutes(device, text, forwards)]),
    // The prefix of a router advertisement has a route that expires, address or not.
    ...learned.flatMap((text) => addressRoutes(device, text, forwards)),
  ];
  const unique = new Map(routes.map((route) => [`${route.type} ${route.dst}`, route]));
  return [...unique.values(), ...(device.isDown ? [] : [multicast(device)])];
}

const forAddress = ({ ifname, because }: Device, text: string) => ({
  ...because,
  sentence: `the kernel adds this for the address ${text} of ${ifname}`,
});

function prefixRoute(device: Device, text: string): Route[] {
  const prefix = parsePrefix(text);
  // Of an address that nobody knows yet at least the subnet is known.
  const dst = prefix ? networkText(prefix) : subnetOf(device, text);
  if (dst === undefined || prefix?.length === 128) return [];
  const because = forAddress(device, text);
  return [{ family: 'inet6', dst, dev: device.ifname, protocol: 'kernel', metric: METRIC_ADDRCONF, because }];
}

/** The address itself, and on a router the anycast address of its subnet (`addrconf_join_anycast`), which a /127 has not (RFC 6164). */
function addressRoutes(device: Device, text: string, forwards: boolean): Route[] {
  const prefix = parsePrefix(text);
  const because = forAddress(device, text);
  const dst = prefix?.address ?? text.split('/')[0]!;
  const network = prefix ? networkText(prefix) : subnetOf(device, text);
  const anycast = forwards && network !== undefined && !/\/12[78]$/.test(network);
  return [
    { ...local(device.ifname), type: 'local', dst, because },
    ...(anycast ? [{ ...local(device.ifname), type: 'anycast', dst: network.split('/')[0]!, because }] : []),
  ];
}

const subnetOf = ({ within }: Device, text: string): string | undefined =>
  text === undefined || text.startsWith('<link-local') ? 'fe80::/64' : within.find((cidr) => cidr.includes(':'));

/** Every device that is up and speaks IPv6 hears multicast (`addrconf_add_mroute`). */
const multicast = (device: Device): Route => ({
  ...local(device.ifname),
  type: 'multicast',
  dst: 'ff00::/8',
  metric: METRIC_ADDRCONF,
  because: { ...device.because, sentence: `the kernel adds this to every device that speaks IPv6` },
});

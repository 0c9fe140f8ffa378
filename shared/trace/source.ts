/** Which packets Linux does not take from a wire, for their addresses (`net/ipv4/route.c: ip_route_input_slow`, `fib_frontend.c: fib_validate_source`). */
import { lookup } from './fib.ts';
import type { Flow } from './policy.ts';
import type { Packet } from './packet.ts';
import { holds, readyAddress, readyPrefix } from './prefix.ts';
import { ruleText } from './text.ts';
import { type NamespaceView, deviceSysctl, fibView, sysctlOf } from './view.ts';

/** A prefix that no packet may have in that place, and its name. */
const MARTIANS: readonly [half: 'src' | 'dst', prefix: ReturnType<typeof readyPrefix>, what: string][] = [
  ['src', readyPrefix('224.0.0.0/4'), 'a multicast address'],
  ['src', readyPrefix('255.255.255.255'), 'a broadcast address'],
  // Since Linux 5.3 only this one of 0.0.0.0/8 (`include/linux/in.h: ipv4_is_zeronet`).
  ['src', readyPrefix('0.0.0.0'), 'no address'],
  ['dst', readyPrefix('0.0.0.0'), 'no address'],
  ['src', readyPrefix('127.0.0.0/8'), 'a loopback address'],
  ['dst', readyPrefix('127.0.0.0/8'), 'a loopback address'],
];

const MULTICAST = readyPrefix('224.0.0.0/4');
const BROADCAST = readyPrefix('255.255.255.255');

/** What keeps an IPv4 packet from being routed at all, before any table is looked at. */
export function martian(namespace: NamespaceView, ifname: string, packet: Packet): string | undefined {
  if (packet.family !== 'inet') return undefined;
  // Multicast routing is nothing that Neutron has (ip_route_input_rcu: ip_mc_validate_source comes first).
  if (holds(MULTICAST, readyAddress(packet.dst, packet.asked)))
    return `${packet.dst} is a multicast address: it is not forwarded`;
  if (holds(BROADCAST, readyAddress(packet.dst, packet.asked)))
    return `${packet.dst} is a broadcast address: it is not forwarded`;
  for (const [half, prefix, what] of MARTIANS) {
    if (!holds(prefix, readyAddress(packet[half], packet.asked))) continue;
    if (what.startsWith('a loopback') && deviceSysctl(namespace, ifname, 'route_localnet') === 1) continue;
    return `${half === 'src' ? 'the source' : 'the destination'} ${packet[half]} is ${what} (martian)`;
  }
  return undefined;
}

/** `route.c: ip_route_output_key_hash_rcu`: no table is asked for such a destination; whom it reaches on the wire is not followed. */
export const unsent = ({ dst, family, asked }: Packet): string | undefined =>
  family === 'inet' && (holds(MULTICAST, readyAddress(dst, asked)) || holds(BROADCAST, readyAddress(dst, asked)))
    ? `${dst} is a multicast or broadcast address: whom it reaches is not followed`
    : undefined;

/** `route.c: __mkroute_output`. */
export const isLoopbackSource = (namespace: NamespaceView, packet: Packet, out: string): boolean =>
  packet.family === 'inet' &&
  holds(LOOPBACK, readyAddress(packet.src, packet.asked)) &&
  deviceSysctl(namespace, out, 'route_localnet') !== 1;

const LOOPBACK = readyPrefix('127.0.0.0/8');

/**
 * `fib_validate_source`: a source address of the namespace's own is never taken from a wire (but `accept_local`); with `rp_filter` 1 the way back
 * to the source must lead out of the device that the packet came by, with 2 there must be one.
 * @param out where the packet goes; none when the namespace takes it. The way back is looked for as if the answer came in there (`flowi4_iif`).
 */
export function badSource(
  namespace: NamespaceView,
  packet: Packet,
  ifname: string,
  out: string | undefined,
): string | undefined {
  const fib = fibView(namespace, packet.family);
  if ('missing' in fib || packet.family !== 'inet') return undefined;
  const filter = deviceSysctl(namespace, ifname, 'rp_filter') ?? 0;
  const isLocalAccepted = deviceSysctl(namespace, ifname, 'accept_local') === 1;
  if (filter === 0 && !turnsBack(namespace, ifname, out)) {
    if (isLocalAccepted) return undefined;
    if (!isCustom(namespace)) {
      const src = readyAddress(packet.src, packet.asked);
      const isOwn = namespace.state.addresses?.some(({ local }) => holds(readyPrefix(local), src));
      return isOwn ? ownSource(packet.src) : undefined;
    }
  }
  const mark = deviceSysctl(namespace, ifname, 'src_valid_mark') === 1 ? packet.mark : 0;
  const back = lookup(fib.value, { ...answering(packet), iif: out ?? 'lo', mark });
  // A rule that nobody here understands: nothing is said.
  if (back.type === 'unknown') return undefined;
  if (back.type === 'route' && back.kind === 'local' && !isLocalAccepted) return ownSource(packet.src);
  if (back.type === 'route' && back.kind !== 'local' && back.kind !== 'unicast')
    return `the source ${packet.src} is a ${back.kind} address (martian source)`;
  if (filter === 0) return undefined;
  const isReachable = back.type === 'route';
  if (isReachable && back.choice.some(({ dev }) => dev === ifname)) return undefined;
  const hasAddress = namespace.state.addresses?.some((own) => own.family === 'inet' && own.ifname === ifname);
  if (isReachable && filter !== 1 && hasAddress !== false) return undefined;
  const way = isReachable ? `leads out of ${back.nexthop.dev ?? 'no device'}` : 'does not exist';
  return `rp_filter of ${ifname} is ${filter}, and the way back to ${packet.src} ${way}`;
}

/** Both ends changed over (`fib_frontend.c: __fib_validate_source`). */
function answering({ src, dst, protocol, sport, dport, asked }: Packet): Omit<Flow, 'iif' | 'mark'> {
  const ports = { ...(dport !== undefined && { sport: dport }), ...(sport !== undefined && { dport: sport }) };
  return { src: dst, dst: src, protocol, ...ports, ...(asked && { asked }) };
}

const ownSource = (src: string): string => `the source ${src} is an address of this namespace itself (martian source)`;

/** Whether it leaves by the device that it came by, for which the kernel would send a redirect (`IN_DEV_TX_REDIRECTS`). */
const turnsBack = (namespace: NamespaceView, ifname: string, out: string | undefined): boolean =>
  out === ifname && (deviceSysctl(namespace, ifname, 'send_redirects') ?? 1) !== 0;

/** `fib4_has_custom_rules`, `fib_has_custom_local_routes`: without any, the kernel compares a source with its addresses and asks no table. */
function isCustom({ state: { rules = [], routes = [] } }: NamespaceView): boolean {
  return (
    rules.some((rule) => rule.family === 'inet' && !KERNEL_RULES.has(ruleText(rule))) ||
    routes.some((r) => r.family === 'inet' && r.type === 'local' && r.protocol !== 'kernel')
  );
}

/** `net/ipv4/fib_rules.c: fib_default_rules_init`. */
const KERNEL_RULES = new Set([
  '0:\tfrom all lookup local',
  '32766:\tfrom all lookup main',
  '32767:\tfrom all lookup default',
]);

/** The device's value is what the kernel looks at (`IN_DEV_FORWARD`; writing `ip_forward` sets it for every device); IPv6 has one for all (`ip6_forward`). */
export function forwardingOff(namespace: NamespaceView, ifname: string, family: Packet['family']): string | undefined {
  const keys =
    family === 'inet'
      ? [`net.ipv4.conf.${ifname}.forwarding`, 'net.ipv4.ip_forward']
      : ['net.ipv6.conf.all.forwarding'];
  const key = keys.find((name) => sysctlOf(namespace, name) !== undefined);
  return key !== undefined && sysctlOf(namespace, key) === '0' ? `${key} is 0: nothing is forwarded` : undefined;
}

/** `ip6_output.c: ip6_forward`: such a source is of one link only; such a destination, too. */
export const isLinkLocal = (packet: Packet, half: 'src' | 'dst' = 'src'): boolean =>
  packet.family === 'inet6' && holds(LINK_LOCAL, readyAddress(packet[half], packet.asked));

const LINK_LOCAL = readyPrefix('fe80::/10');

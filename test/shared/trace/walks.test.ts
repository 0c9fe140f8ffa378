/**
 * The ways that packets take in a DVR cloud, each over a recording that has it: the namespaces there and back, the source that the receiver sees,
 * over the live state, over the expected one with what the agents chose, and over the expected one alone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { divergence } from '../../../shared/trace/diverge.ts';
import { renderTrace } from '../../../shared/trace/render.ts';
import { type Leg, type Trace, type TraceRequest, trace } from '../../../shared/trace/trace.ts';
import type { Cloud } from '../../../shared/trace/cloud.ts';
import { allocationsOf, expectedCloud, liveCloud } from '../../../shared/wiring.ts';
import { outsideOf } from '../../support/recordedCloud.ts';
import { type ScenarioName, liveState, nodeNames, topologyOf } from '../../support/recordings.ts';

interface Walk {
  /** What it is a case of. */
  of: string;
  in: ScenarioName;
  /** A port's name, or an address outside. */
  from: string;
  /** Address, protocol and port. */
  to: string;
  via?: string;
  /** `node kind` of each namespace, in order. */
  there: string;
  /** Absent: nobody answers. */
  back?: string;
  /** The reply goes `back`, and does not arrive. */
  isUnanswered?: true;
  ends: Trace['disposition'];
  /** The source that the receiver sees; absent: nobody receives it. */
  as?: string;
  /** A part of the sentence that says why it ends. */
  because?: RegExp;
}

const OUTSIDE = '198.51.100.10';
const METADATA = '169.254.169.254 tcp 80';

/** Between subnets of a router: routed on the sender's node, the reply on the receiver's. Without NAT. */
// prettier-ignore
const EAST_WEST: Walk[] = [
  { of: 'same node', in: 'S1', from: 'vm1', to: '20.0.0.7', there: 'compute1 qrouter', back: 'compute1 qrouter', ends: 'delivered', as: '10.0.0.5' },
  { of: 'same node, both with floating IPs', in: 'S3', from: 'a1', to: '10.11.0.14', there: 'compute1 qrouter', back: 'compute1 qrouter', ends: 'delivered', as: '10.1.0.11' },
  { of: 'other node', in: 'S1', from: 'vm1', to: '20.0.0.6', there: 'compute1 qrouter', back: 'compute2 qrouter', ends: 'delivered', as: '10.0.0.5' },
  { of: 'other node, IPv6', in: 'S5', from: 'd1', to: '2001:db8:7::11', there: 'compute1 qrouter', back: 'compute2 qrouter', ends: 'delivered', as: '2001:db8:6:0:f816:3eff:fe48:38d0' },
  { of: 'GRE to VLAN', in: 'L9', from: 'g1', to: '10.2.0.12', there: 'compute1 qrouter', back: 'compute2 qrouter', ends: 'delivered', as: '10.1.0.11' },
  { of: 'VXLAN to flat', in: 'L10', from: 't1', to: '10.1.0.12', there: 'compute1 qrouter', back: 'net1 qrouter', ends: 'delivered', as: '10.2.0.11' },
  { of: 'a router without gateway', in: 'S4', from: 'v4', to: '10.8.0.11', there: 'compute1 qrouter', back: 'compute2 qrouter', ends: 'delivered', as: '10.7.0.11' },
  { of: 'a VM in both subnets answers by itself', in: 'L1', from: 't2', to: '10.4.1.11', there: 'compute2 qrouter', back: '', ends: 'delivered', as: '10.4.0.12' },
  { of: 'another address scope, from a floating IP: the reply is dropped', in: 'L6', from: 'o1', to: '10.20.1.12', there: 'compute1 qrouter', back: 'compute2 qrouter', isUnanswered: true, ends: 'delivered', as: '10.30.1.11' },
  { of: 'another address scope', in: 'L6', from: 'o2', to: '10.20.1.12', there: 'compute2 qrouter', ends: 'dropped', because: /neutron-l3-agent-scope/ },
  { of: 'through two routers', in: 'L9', from: 'g1', to: '10.3.0.11', there: 'compute1 qrouter, compute1 qrouter', back: 'compute1 qrouter, compute1 qrouter', ends: 'delivered', as: '10.1.0.11' },
];

/** Switched, never routed. */
// prettier-ignore
const SAME_SUBNET: Walk[] = [
  { of: 'other node, tunnelled', in: 'S1', from: 'vm3', to: '20.0.0.6', there: '', back: '', ends: 'delivered', as: '20.0.0.7' },
  { of: 'other node, VLAN', in: 'L9', from: 'v1', to: '10.2.0.12', there: '', back: '', ends: 'delivered', as: '10.2.0.11' },
  { of: 'other node, flat', in: 'L10', from: 'f1', to: '10.1.0.12', there: '', back: '', ends: 'delivered', as: '10.1.0.11' },
  { of: 'IPv6', in: 'S5', from: 'd1', to: '2001:db8:6:0:f816:3eff:fe41:4908', there: '', back: '', ends: 'delivered', as: '2001:db8:6:0:f816:3eff:fe48:38d0' },
];

/** The reply does not pass the qrouter of the VM's node. */
// prettier-ignore
const SNAT: Walk[] = [
  { of: 'from a compute node', in: 'S1', from: 'vm1', to: OUTSIDE, there: 'compute1 qrouter, net1 snat', back: 'net1 snat', ends: 'exits-network', as: '192.168.1.21' },
  { of: 'TCP', in: 'S1', from: 'vm2', to: `${OUTSIDE} tcp 7777`, there: 'compute2 qrouter, net1 snat', back: 'net1 snat', ends: 'exits-network', as: '192.168.1.21' },
  { of: 'UDP', in: 'S2', from: 'vm3', to: `${OUTSIDE} udp 53`, there: 'compute2 qrouter, net1 snat', back: 'net1 snat', ends: 'exits-network', as: '10.100.100.162' },
  { of: 'HA, by the active node', in: 'S6ha', from: 'h2', to: OUTSIDE, there: 'compute2 qrouter, net2 snat', back: 'net2 snat', ends: 'exits-network', as: '192.168.1.21' },
  { of: 'from a VM on the SNAT node', in: 'L1', from: 'e2', to: OUTSIDE, there: 'net1 qrouter, net1 snat', back: 'net1 snat', ends: 'exits-network', as: '192.168.1.21' },
  { of: 'from a node without external network', in: 'S6', from: 'c2', to: OUTSIDE, there: 'compute3 qrouter, net2 snat', back: 'net2 snat', ends: 'exits-network', as: '192.168.1.21' },
  { of: 'by an interface that is not the gateway of the subnet', in: 'L1', from: 't2', to: OUTSIDE, there: 'compute2 qrouter, net1 snat', back: 'net1 snat', ends: 'exits-network', as: '192.168.1.24' },
  { of: 'without a gateway', in: 'S4', from: 'v4', to: OUTSIDE, there: 'compute1 qrouter', ends: 'no-route' },
  { of: 'to the gateway address from inside', in: 'S1', from: 'vm1', to: '192.168.1.21', there: 'compute1 qrouter, net1 snat', back: 'net1 snat', ends: 'delivered', as: '10.0.0.5' },
  { of: 'to the gateway address from outside', in: 'S1', from: OUTSIDE, to: '192.168.1.21', there: 'net1 snat', back: 'net1 snat', ends: 'delivered', as: OUTSIDE },
  { of: 'enable_snat false: with its own address', in: 'L8', from: 'b4', to: OUTSIDE, there: 'compute1 qrouter, net1 snat', ends: 'exits-network', as: '10.2.0.14', because: /no route back/ },
  { of: 'enable_snat false, where the outside has a route', in: 'L8', from: 'b4', to: OUTSIDE, via: '192.168.1.22', there: 'compute1 qrouter, net1 snat', back: 'net1 snat', ends: 'exits-network', as: '10.2.0.14' },
  { of: 'enable_snat false, from outside to the fixed address', in: 'L8', from: OUTSIDE, to: '10.2.0.14', via: '192.168.1.22', there: 'net1 snat', back: 'compute1 qrouter, net1 snat', ends: 'delivered', as: OUTSIDE },
  { of: 'from outside to a fixed address, without a route', in: 'L8', from: OUTSIDE, to: '10.2.0.14', there: '', ends: 'no-route', because: /no route of the outside/ },
];

/** By the fip namespace of the VM's own node. */
// prettier-ignore
const FLOATING_OUT: Walk[] = [
  { of: 'from a compute node', in: 'S3', from: 'a1', to: OUTSIDE, there: 'compute1 qrouter, compute1 fip', back: 'compute1 fip, compute1 qrouter', ends: 'exits-network', as: '192.168.1.101' },
  { of: 'TCP', in: 'S3', from: 'a2', to: `${OUTSIDE} tcp 443`, there: 'compute2 qrouter, compute2 fip', back: 'compute2 fip, compute2 qrouter', ends: 'exits-network', as: '192.168.1.102' },
  { of: 'from the SNAT node', in: 'L1', from: 'e1', to: OUTSIDE, there: 'net1 qrouter, net1 fip', back: 'net1 fip, net1 qrouter', ends: 'exits-network', as: '192.168.1.101' },
  { of: 'enable_snat false', in: 'S4', from: 'v2', to: OUTSIDE, there: 'compute1 qrouter, compute1 fip', back: 'compute1 fip, compute1 qrouter', ends: 'exits-network', as: '192.168.1.105' },
  { of: 'overlapping addresses of two tenants', in: 'S4', from: 'v3', to: OUTSIDE, there: 'compute1 qrouter, compute1 fip', back: 'compute1 fip, compute1 qrouter', ends: 'exits-network', as: '192.168.1.103' },
  { of: 'an external VLAN', in: 'L4', from: 'b1', to: OUTSIDE, there: 'compute1 qrouter, compute1 fip', back: 'compute1 fip, compute1 qrouter', ends: 'exits-network', as: '172.24.0.101' },
];

// prettier-ignore
const FLOATING_IN: Walk[] = [
  { of: 'ICMP', in: 'S3', from: OUTSIDE, to: '192.168.1.101', there: 'compute1 fip, compute1 qrouter', back: 'compute1 qrouter, compute1 fip', ends: 'delivered', as: OUTSIDE },
  { of: 'TCP', in: 'S3', from: OUTSIDE, to: '192.168.1.102 tcp 7777', there: 'compute2 fip, compute2 qrouter', back: 'compute2 qrouter, compute2 fip', ends: 'delivered', as: OUTSIDE },
  { of: 'from a host on the external network', in: 'S3', from: '192.168.1.77', to: '192.168.1.111', there: 'compute1 fip, compute1 qrouter', back: 'compute1 qrouter, compute1 fip', ends: 'delivered', as: '192.168.1.77' },
  { of: 'without a port', in: 'S3', from: OUTSIDE, to: '192.168.1.150', there: '', ends: 'neighbour-unreachable' },
  { of: 'on the SNAT node', in: 'L1', from: OUTSIDE, to: '192.168.1.101', there: 'net1 fip, net1 qrouter', back: 'net1 qrouter, net1 fip', ends: 'delivered', as: OUTSIDE },
  { of: 'on the second address of a port', in: 'L1', from: OUTSIDE, to: '192.168.1.104', there: 'compute1 fip, compute1 qrouter', back: 'compute1 qrouter, compute1 fip', ends: 'delivered', as: OUTSIDE },
];

// prettier-ignore
const TO_FLOATING: Walk[] = [
  { of: 'same node, same router', in: 'S3', from: 'a1', to: '192.168.1.104', there: 'compute1 qrouter, compute1 fip, compute1 qrouter', back: 'compute1 qrouter, compute1 fip, compute1 qrouter', ends: 'delivered', as: '192.168.1.101' },
  { of: 'same node, other router', in: 'S3', from: 'a1', to: '192.168.1.111', there: 'compute1 qrouter, compute1 fip, compute1 qrouter', back: 'compute1 qrouter, compute1 fip, compute1 qrouter', ends: 'delivered', as: '192.168.1.101' },
  { of: 'other node', in: 'S3', from: 'a1', to: '192.168.1.102', there: 'compute1 qrouter, compute1 fip, compute2 fip, compute2 qrouter', back: 'compute2 qrouter, compute2 fip, compute1 fip, compute1 qrouter', ends: 'delivered', as: '192.168.1.101' },
  { of: 'its own (hairpin)', in: 'S3', from: 'a1', to: '192.168.1.101', there: 'compute1 qrouter, compute1 fip, compute1 qrouter', back: 'compute1 qrouter, compute1 fip, compute1 qrouter', ends: 'delivered', as: '192.168.1.101' },
  { of: 'from a VM without one, same router, same node: by way of the SNAT node', in: 'S3', from: 'a3', to: '192.168.1.101', there: 'compute1 qrouter, net1 snat, compute1 fip, compute1 qrouter', back: 'compute1 qrouter, compute1 fip, net1 snat', ends: 'delivered', as: '192.168.1.21' },
  { of: 'from a VM without one, other router', in: 'S3', from: 'b2', to: '192.168.1.101', there: 'compute2 qrouter, net1 snat, compute1 fip, compute1 qrouter', back: 'compute1 qrouter, compute1 fip, net1 snat', ends: 'delivered', as: '192.168.1.22' },
  { of: 'the fixed address behind another router', in: 'S3', from: 'a1', to: '10.2.0.11', there: 'compute1 qrouter, compute1 fip', ends: 'exits-network', as: '192.168.1.101', because: /an address of netb/ },
];

// prettier-ignore
const CENTRALISED: Walk[] = [
  { of: 'out', in: 'S6', from: 'c1', to: OUTSIDE, there: 'compute3 qrouter, net2 snat', back: 'net2 snat', ends: 'exits-network', as: '192.168.1.131' },
  { of: 'in', in: 'S6', from: OUTSIDE, to: '192.168.1.131', there: 'net2 snat', back: 'compute3 qrouter, net2 snat', ends: 'delivered', as: OUTSIDE },
  { of: 'out, HA', in: 'S6ha', from: 'h4', to: OUTSIDE, there: 'compute3 qrouter, net2 snat', back: 'net2 snat', ends: 'exits-network', as: '192.168.1.114' },
  { of: 'in, HA', in: 'S6ha', from: OUTSIDE, to: '192.168.1.114', there: 'net2 snat', back: 'compute3 qrouter, net2 snat', ends: 'delivered', as: OUTSIDE },
  { of: 'in, enable_snat false', in: 'L8', from: OUTSIDE, to: '192.168.1.113', there: 'net1 snat', back: 'compute3 qrouter, net1 snat', ends: 'delivered', as: OUTSIDE },
  { of: 'in, of an unbound virtual address', in: 'S4', from: OUTSIDE, to: '192.168.1.100', there: 'net1 snat', back: 'compute2 qrouter, net1 snat', ends: 'delivered', as: OUTSIDE },
  { of: 'from a VM without a floating IP', in: 'S6', from: 'c5', to: '192.168.1.131', there: 'compute2 qrouter, net2 snat', back: 'compute3 qrouter, net2 snat', ends: 'delivered', as: '192.168.1.21' },
  { of: 'from a distributed one', in: 'S6', from: 'c4', to: '192.168.1.131', there: 'compute1 qrouter, compute1 fip, net2 snat', back: 'compute3 qrouter, net2 snat, compute1 fip, compute1 qrouter', ends: 'delivered', as: '192.168.1.111' },
  { of: 'to a distributed one', in: 'S6', from: 'c1', to: '192.168.1.111', there: 'compute3 qrouter, net2 snat, compute1 fip, compute1 qrouter', back: 'compute1 qrouter, compute1 fip, net2 snat', ends: 'delivered', as: '192.168.1.131' },
  { of: 'forwarded TCP port of a router that is not distributed', in: 'L8', from: OUTSIDE, to: '192.168.1.162 tcp 80', there: 'net1 qrouter', back: 'net1 qrouter', ends: 'delivered', as: OUTSIDE },
  { of: 'forwarded UDP port', in: 'L8', from: OUTSIDE, to: '192.168.1.161 udp 5353', there: 'net1 snat', back: 'compute1 qrouter, net1 snat', ends: 'delivered', as: OUTSIDE },
  { of: 'forwarded range of TCP ports', in: 'L8', from: OUTSIDE, to: '192.168.1.163 tcp 3004', there: 'net1 snat', back: 'compute3 qrouter, net1 snat', ends: 'delivered', as: OUTSIDE },
  { of: 'forwarded range of UDP ports, onto one', in: 'L8', from: OUTSIDE, to: '192.168.1.163 udp 3029', there: 'net1 snat', back: 'compute3 qrouter, net1 snat', ends: 'delivered', as: OUTSIDE },
  { of: 'a port that is not forwarded: the router refuses', because: /nothing listens/, in: 'L8', from: OUTSIDE, to: '192.168.1.162 tcp 81', there: 'net1 qrouter', ends: 'dropped' },
];

// prettier-ignore
const METADATA_AND_DHCP: Walk[] = [
  { of: 'metadata', in: 'S1', from: 'vm1', to: METADATA, there: 'compute1 qrouter', back: 'compute1 qrouter', ends: 'delivered', as: '10.0.0.5' },
  { of: 'metadata without a gateway', in: 'S4', from: 'v5', to: METADATA, there: 'compute2 qrouter', back: 'compute2 qrouter', ends: 'delivered', as: '10.8.0.11' },
  { of: 'a first lease, asked of all', in: 'S1', from: 'vm1', to: '255.255.255.255 udp 67', there: '', back: '', ends: 'delivered', as: '0.0.0.0' },
  { of: 'the proxy itself', in: 'S1', from: 'vm1', to: '10.0.0.1 tcp 9697', there: 'compute1 qrouter', ends: 'dropped', because: /9697 -j DROP/ },
];

/** Zed and later have the router's IPv6 default route lead into the fip namespace, which has none. */
// prettier-ignore
const IPV6: Walk[] = [
  { of: 'out', in: 'S5', from: 'd1', to: '2001:db8:ffff::10', there: 'compute1 qrouter, compute1 fip', ends: 'no-route' },
  { of: 'out, without floating IP', in: 'S5', from: 's1', to: '2001:db8:ffff::10', there: 'compute2 qrouter, compute2 fip', ends: 'no-route' },
  { of: 'to a host on the external network', in: 'S5', from: 'd1', to: '2001:db8:1::77', there: 'compute1 qrouter, compute1 fip', ends: 'exits-network', as: '2001:db8:6:0:f816:3eff:fe48:38d0', because: /no route back/ },
  { of: 'in, from a host on the external network that has a route', in: 'S5', from: '2001:db8:1::77', to: '2001:db8:6:0:f816:3eff:fe41:4908', via: '2001:db8:1::21', there: 'net1 snat', back: 'compute2 qrouter, compute2 fip', ends: 'delivered', as: '2001:db8:1::77' },
];

// prettier-ignore
const SCOPES_AND_ROUTES: Walk[] = [
  { of: 'the scope of the external network: with its own address', in: 'L6', from: 'i2', to: OUTSIDE, there: 'compute2 qrouter, compute2 fip', ends: 'exits-network', as: '10.20.1.12', because: /no route back/ },
  { of: 'the same, where the outside has a route: back by the SNAT node', in: 'L6', from: 'i2', to: OUTSIDE, via: '192.168.1.21', there: 'compute2 qrouter, compute2 fip', back: 'net1 snat', ends: 'exits-network', as: '10.20.1.12' },
  { of: 'the same from outside', in: 'L6', from: OUTSIDE, to: '10.20.1.12', via: '192.168.1.21', there: 'net1 snat', back: 'compute2 qrouter, compute2 fip', ends: 'delivered', as: OUTSIDE },
  { of: 'the scope of the external network, with a floating IP', in: 'L6', from: 'i1', to: OUTSIDE, there: 'compute1 qrouter, compute1 fip', back: 'compute1 fip, compute1 qrouter', ends: 'exits-network', as: '192.168.1.101' },
  { of: 'no scope, with a floating IP', in: 'L6', from: 'x1', to: OUTSIDE, there: 'compute2 qrouter, compute2 fip', back: 'compute2 fip, compute2 qrouter', ends: 'exits-network', as: '192.168.1.103' },
  { of: 'another scope, SNAT', in: 'L6', from: 'o2', to: OUTSIDE, there: 'compute2 qrouter, net1 snat', back: 'net1 snat', ends: 'exits-network', as: '192.168.1.21' },
  { of: 'an extra route to an appliance', in: 'S4', from: 'v1', to: '172.16.0.1', there: 'compute1 qrouter', back: '', ends: 'delivered', as: '10.4.0.11' },
  { of: 'an extra route to an appliance of another subnet', in: 'S4', from: 'v1b', to: '172.16.0.1', there: 'compute2 qrouter', back: 'compute2 qrouter', ends: 'delivered', as: '10.41.0.12' },
  { of: 'an extra route by an outside next hop, SNAT', in: 'S4', from: 'v1', to: '172.17.0.10', there: 'compute1 qrouter, net1 snat', back: 'net1 snat', ends: 'exits-network', as: '192.168.1.21' },
  { of: 'an extra route by an outside next hop, floating IP', in: 'L2', from: 'x1', to: '172.17.0.10', there: 'compute1 qrouter, compute1 fip', back: 'compute1 fip, compute1 qrouter', ends: 'exits-network', as: '192.168.1.108' },
];

const WALKS: Record<string, Walk[]> = {
  'between subnets': EAST_WEST,
  'same subnet': SAME_SUBNET,
  SNAT,
  'floating IP, out': FLOATING_OUT,
  'floating IP, in': FLOATING_IN,
  'to a floating IP': TO_FLOATING,
  'centralised and forwarded': CENTRALISED,
  'metadata and DHCP': METADATA_AND_DHCP,
  'IPv6 to and from outside': IPV6,
  'address scopes and extra routes': SCOPES_AND_ROUTES,
};

interface Clouds {
  live: Cloud;
  expected: Cloud;
  alone: Cloud;
}

const made = new Map<ScenarioName, Clouds>();

function cloudsOf(scenario: ScenarioName): Clouds {
  const known = made.get(scenario);
  if (known) return known;
  const topology = topologyOf(scenario);
  const states = nodeNames(scenario).map((node) => liveState(scenario, node));
  const allocations = allocationsOf(topology, states);
  const clouds = {
    live: liveCloud(topology, states, allocations),
    expected: expectedCloud(topology, allocations),
    alone: expectedCloud(topology),
  };
  made.set(scenario, clouds);
  return clouds;
}

function requestOf({ from, to, via }: Walk, cloud: Cloud): TraceRequest {
  const [address, protocol, dport] = to.split(' ');
  const isPort = cloud.wiring.endpoints.some(({ name }) => name === from);
  return {
    from: isPort ? from : { address: from, segment: outsideOf(cloud) },
    to: address!,
    ...(protocol === undefined ? {} : { protocol, dport: Number(dport) }),
    ...(via === undefined ? {} : { via }),
  };
}

const placesOf = (leg: Leg | null): string | undefined =>
  leg?.path.map(({ node, namespace }) => `${node} ${namespace.split('-')[0]}`).join(', ');

function checkWalk(walk: Walk, cloud: Cloud): Trace {
  const traced = trace(cloud, requestOf(walk, cloud));
  const said = {
    there: placesOf(traced),
    back: placesOf(traced.reply),
    ends: traced.disposition,
    as: traced.sourceSeen ?? undefined,
  };
  const { there, back, ends, as } = walk;
  assert.deepEqual(said, { there, back, ends, as }, renderTrace(traced));
  assert.equal(traced.answered, back !== undefined && !walk.isUnanswered, renderTrace(traced));
  const reasons = traced.tree.children.filter(({ type }) => type === 'end' || type === 'reply').map(({ text }) => text);
  assert.match(reasons.join('\n'), walk.because ?? /./);
  return traced;
}

for (const [name, walks] of Object.entries(WALKS))
  for (const walk of walks)
    test(`${name}: ${walk.of} (${walk.in}: ${walk.from} → ${walk.to})`, () => {
      const { live, expected, alone } = cloudsOf(walk.in);
      assert.equal(divergence(checkWalk(walk, expected), checkWalk(walk, live)), null);
      checkWalk(walk, alone);
    });

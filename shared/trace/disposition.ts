/** How a packet ends: a closed set, each with its exact condition. */

/** Disposition → what it means, as a trace says it. */
export const DISPOSITION = {
  /** A port that has the destination address (or an allowed address pair for it) got the packet, or the namespace that owns the address took it. */
  delivered: 'the packet reaches its destination',
  /** The packet left on an external segment towards a router outside, or towards an address there that Neutron has not given out. */
  'exits-network': 'the packet leaves to the outside',
  /**
   * A netfilter rule or policy, forwarding that is off, source address checking (`rp_filter`), a device that is down, or the flows of
   * Open vSwitch dropped it;
   * or it was for a broadcast address.
   */
  dropped: 'the packet is dropped',
  /** No rule leads to a route for the destination, or the route is of type `unreachable` or `prohibit`; or a sender has no gateway for it. */
  'no-route': 'there is no route to the destination',
  /** The chosen rule or route is of type `blackhole`. */
  blackhole: 'the packet is discarded by a blackhole route',
  /** Nobody answers for the next hop, also because flows lose the question or the answer; or nobody has the MAC that its neighbour entry names. */
  'neighbour-unreachable': 'nobody answers for the next hop',
  /** The packet came to the same place in the same form again, or its TTL ran out. */
  loop: 'the packet runs in a circle',
  /** A state, a part of one, or the meaning of a rule that decides is not known. What is missing is said in the tree. */
  'insufficient-info': 'what decides is not known',
} as const;

/** `delivered`, `exits-network`, … */
export type Disposition = keyof typeof DISPOSITION;

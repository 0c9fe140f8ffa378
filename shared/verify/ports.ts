/** The ports that promises are about, in groups that send alike, and the addresses that they may send to. */
import { familyOf } from '../ip.ts';
import type { Family } from '../state.ts';
import type { Port } from '../topology/types.ts';
import type { Endpoint } from '../trace/cloud.ts';
import { type Source, type Space, listSpace, senderKey } from './cover.ts';
import { type End, type Facts, subnetOfAddress, whyNoPort } from './facts.ts';
import { claimedAddresses } from './pairAddresses.ts';
import { type Tally, leaveOut } from './tally.ts';

/** A port with one of its addresses. */
export interface Sender extends Source {
  end: End;
}

/** Somebody who has an address of the list. */
export interface Owner {
  end: End;
  endpoint: Endpoint;
  sphere: number;
  isExternal: boolean;
}

/** All addresses of bound ports of one family, in order, and those that they claim by allowed address pairs. */
export interface Addresses {
  family: Family;
  space: Space<number> & { addresses: string[] };
  owners: Owner[][];
  /** How many owners there are before each place. */
  sums: number[];
  /** Places where a sphere has an owner, in order; those of external networks under -1. */
  bySphere: ReadonlyMap<number, number[]>;
}

export interface Ports {
  senders: Sender[];
  /** By what makes them send alike. */
  groups: Sender[][];
  addresses: Record<Family, Addresses>;
}

export function portsOf(facts: Facts, endpoints: readonly Endpoint[], tally: Tally): Ports {
  const senders: Sender[] = [];
  const owners: Owner[] = [];
  for (const endpoint of endpoints) {
    const port = facts.relations.port.get(endpoint.name);
    if (!port) continue;
    const why = whyNoPort(facts, port);
    if (why !== undefined) leaveOut(tally, why, 1, () => port.name);
    for (const { local } of endpoint.addresses) {
      const subnet = subnetOfAddress(facts, port, local);
      if (why === undefined && (!subnet || familyOf(local) === undefined))
        leaveOut(tally, 'addresses in no known subnet', 1, () => port.name);
      if (!subnet || familyOf(local) === undefined) continue;
      const end = { port, address: local, subnet };
      if (why === undefined) senders.push({ from: endpoint, address: local, end });
      if (endpoint.node !== undefined) owners.push(ownerOf(facts, endpoint, end));
    }
  }
  for (const { end, endpoint } of claimedAddresses(facts, endpoints, tally)) owners.push(ownerOf(facts, endpoint, end));
  const addresses = { inet: addressesOf(owners, 'inet'), inet6: addressesOf(owners, 'inet6') };
  return { senders, groups: grouped(senders), addresses };
}

const ownerOf = ({ spheres, relations }: Facts, endpoint: Endpoint, end: End): Owner => ({
  end,
  endpoint,
  sphere: spheres.get(end.port.network) ?? -2,
  isExternal: relations.network.get(end.port.network)?.external === true,
});

function grouped(senders: readonly Sender[]): Sender[][] {
  const groups = new Map<string, Sender[]>();
  for (const sender of senders) {
    const key = senderKey(sender.from, sender.address);
    const group = groups.get(key);
    if (group) group.push(sender);
    else groups.set(key, [sender]);
  }
  return [...groups.values()];
}

function addressesOf(all: readonly Owner[], family: Family): Addresses {
  const space = listSpace(
    all.map(({ end }) => end.address),
    family,
  );
  const places = new Map(space.addresses.map((address, i) => [address, i]));
  const owners: Owner[][] = space.addresses.map(() => []);
  const bySphere = new Map<number, Set<number>>();
  for (const owner of all) {
    const place = places.get(owner.end.address);
    if (place === undefined) continue;
    owners[place]!.push(owner);
    const keys = owner.isExternal ? [owner.sphere, -1] : [owner.sphere];
    for (const key of keys) bySphere.set(key, (bySphere.get(key) ?? new Set()).add(place));
  }
  const sums = [0];
  for (const [i, { length }] of owners.entries()) sums.push(sums[i]! + length);
  const sorted = [...bySphere].map(([key, set]) => [key, [...set].toSorted((a, b) => a - b)] as const);
  return { family, space, owners, sums, bySphere: new Map(sorted) };
}

/** A port for people. */
export const portName = ({ port, address, claimants }: End): string =>
  claimants || port.fixed_ips.length > 1 ? `${address}@${port.network}` : port.name;

/** What a case says of a port that sends. */
export const fromPort = ({ end }: Sender): { port: string; address: string; segment: string } => ({
  port: end.port.name,
  address: end.address,
  segment: end.port.network,
});

export type { Port };

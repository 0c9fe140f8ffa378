/**
 * What `keepalived.conf` tells of an agent's options and of a router's history, read back. All files of a node have the same options:
 * each line votes, so that one that was altered is one difference. An option that a single line tells is taken as it is.
 */
import type { Allocations } from '../allocations.ts';
import { familyOf } from '../ip.ts';
import type { Context } from '../namespaces/devices.ts';
import { fullId, releaseOf } from '../namespaces/devices.ts';
import type { Namespace, SnatNamespace } from '../namespaces/types.ts';
import { DEV_PREFIX, VR_ID_RANGE } from '../neutron.ts';
import { releaseHas } from '../releases.ts';
import type { KeepalivedLine, NodeState } from '../state.ts';
import { ADVERT_INT, AUTH_TYPES, HEALTH_CHECK, type KeepalivedChoice } from './choice.ts';
import { innerDevices, virtualAddressesOf } from './expect.ts';

const INSTANCE = 'vrrp_instance';
const EXCLUDED = `${INSTANCE} / virtual_ipaddress_excluded`;
const ROUTES = `${INSTANCE} / virtual_routes`;

/** The lines of one router's file; `undefined`: not collected. */
const fileOf = (live: NodeState, id: string | undefined): KeepalivedLine[] | undefined =>
  live.keepalived?.filter(({ router }) => router === id);

/** Votes for the VRID: the instance's name, its number and its address. */
export function vridsOf(live: NodeState, id: string | undefined): (number | undefined)[] {
  const patterns = [/^vrrp_instance VR_(\d+) \{$/, /^virtual_router_id (\d+)$/, /^169\.254\.\d+\.(\d+)\/24 dev \S+$/];
  return (fileOf(live, id) ?? []).map(({ line }) => {
    const found = patterns.map((pattern) => pattern.exec(line)?.[1]).find((text) => text !== undefined);
    const vrid = Number(found);
    return vrid >= VR_ID_RANGE.first && vrid <= VR_ID_RANGE.last ? vrid : undefined;
  });
}

/** Votes for what the name of the HA device shows of its port's id. */
export function haPortIds(live: NodeState, id: string | undefined): (string | undefined)[] {
  const pattern = new RegExp(`^(?:interface |\\S+/24 dev )?${DEV_PREFIX.ha}([0-9a-f]{8}-[0-9a-f]{2})$`);
  return (fileOf(live, id) ?? []).map(({ line }) => pattern.exec(line)?.[1]);
}

export function readKeepalived(context: Context, namespaces: readonly Namespace[], live: NodeState): void {
  if (!live.keepalived) return;
  const { allocations } = context;
  const options = readOptions(context, live.keepalived);
  const choices: Record<string, KeepalivedChoice> = Object.create(null);
  allocations.keepalived = choices;
  for (const namespace of namespaces) {
    if (namespace.kind !== 'snat' || !namespace.ha) continue;
    const { router } = namespace;
    const lines = fileOf(live, fullId(context, router.pointer, router.id))!;
    choices[router.name] =
      lines.length === 0
        ? { isAbsent: true }
        : { ...options, ...healthCheckOf(lines), updated: updatedOf(context, namespace, lines) };
    if (namespace.ha.role === 'standby') readGateway(lines, allocations);
  }
}

/** The value with most votes; a default has one as well. */
function most<T>(usual: T, votes: readonly T[]): T {
  const counts = new Map<T, number>([[usual, 1]]);
  for (const vote of votes) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]![0];
}

function readOptions(context: Context, lines: readonly KeepalivedLine[]): KeepalivedChoice {
  const within = (...names: string[]) => lines.filter(({ blocks }) => names.includes(blocks)).map(({ line }) => line);
  const routes = within(ROUTES);
  const release = releaseOf(context);
  // Until 2023.1 a backport decides, and a file may have no more than one route: there it is the file that tells.
  const isCertain = releaseHas(release, 'keepalived_static') && release !== undefined;
  const statics = routes.map((line) => line.endsWith(' protocol static'));
  const adverts = within(INSTANCE).flatMap((line) => {
    const value = /^advert_int ([1-9]\d{0,2})$/.exec(line)?.[1];
    return value === undefined ? [] : [Number(value)];
  });
  const authTypes = within(`${INSTANCE} / authentication`).flatMap((line) => {
    const [word, value] = line.split(' ');
    return word === 'auth_type' && AUTH_TYPES.includes(value!) ? [value!] : [];
  });
  const files = new Set(lines.map(({ router }) => router)).size;
  const authLines = lines.filter(({ line }) => /^(authentication \{|auth_type |auth_pass )/.test(line)).length;
  return {
    noTrack: most(
      true,
      [...within(EXCLUDED), ...routes].map((line) => / no_track( |$)/.test(line)),
    ),
    ...(isCertain || statics.length === 0 ? {} : { isStatic: majority(statics) }),
    advertInt: adverts.length > 0 ? majority(adverts) : ADVERT_INT,
    // Three lines of each file: half of them are enough.
    ...(authLines * 2 >= files * 3 && files > 0
      ? { authType: authTypes.length > 0 ? majority(authTypes) : 'PASS' }
      : {}),
  };
}

const majority = <T>(votes: readonly T[]): T => most(votes[0]!, votes.slice(1));

/** Seven lines of a file with a gateway, else five: three are enough. */
function healthCheckOf(lines: readonly KeepalivedLine[]): Pick<KeepalivedChoice, 'healthCheck'> {
  const own = lines.filter(({ blocks, line }) =>
    [blocks, line].some((text) => /^vrrp_script|track_script/.test(text) || text.startsWith(HEALTH_CHECK)),
  );
  if (own.length < 3) return {};
  const value = (pattern: RegExp) => own.map(({ line }) => pattern.exec(line)?.[1]).find((text) => text !== undefined);
  const interval = Number(value(/^interval ([1-9]\d{0,4})$/) ?? 1);
  return { healthCheck: { interval, script: value(/^script ("[^"]+\/ha_check_script_\d+\.sh")$/) ?? '""' } };
}

/** Inside devices that the file has though keepalived does not guard them: at least half of the lines of each. */
function updatedOf(context: Context, namespace: SnatNamespace, lines: readonly KeepalivedLine[]): string[] {
  const there = new Set(
    lines.flatMap(({ blocks, line }) => (blocks === EXCLUDED ? [line.replace(/ no_track$/, '')] : [])),
  );
  return innerDevices(context, namespace).flatMap((device) => {
    const wanted = virtualAddressesOf(device);
    return wanted.filter((line) => there.has(line)).length * 2 >= wanted.length ? [device.ifname] : [];
  });
}

/** The option `ipv6_gateway`, which on a standby no route tells. */
function readGateway(lines: readonly KeepalivedLine[], allocations: Allocations): void {
  for (const { blocks, line } of lines) {
    const gateway = blocks === ROUTES ? /^::\/0 via (fe80:\S+) dev \S+/.exec(line)?.[1] : undefined;
    if (gateway !== undefined && familyOf(gateway) === 'inet6') allocations.ipv6Gateway ??= gateway;
  }
}

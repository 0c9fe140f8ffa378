/** What a namespace of the judges holds, random or recorded, and how it is brought into one. */
import { iptables } from '../../shared/aspects/iptables.ts';
import { routes as routesAspect } from '../../shared/aspects/routes.ts';
import { rules as rulesAspect } from '../../shared/aspects/rules.ts';
import type { Address, Family, NamespaceState, Sysctl } from '../../shared/state.ts';
import { type NamespaceView, viewOf } from '../../shared/trace/view.ts';
import type { TestNamespace } from './namespace.ts';

/** Lines are those of `ip -batch`; what the kernel refuses is simply not there. */
export interface Setup {
  /** For people: a seed, or a recording. */
  name: string;
  devices: readonly string[];
  addresses: string[];
  /** Rules and routes. */
  inet: string[];
  inet6: string[];
  sysctls: Sysctl[];
  /** Which device's wire has no other end. */
  withoutCarrier?: number;
  /** Addresses that are worth a packet. */
  pool: Record<Family, readonly string[]>;
  /** Texts for `iptables-restore` and `ip6tables-restore`. */
  tables?: Partial<Record<Family, string>>;
}

/** MAC of a router's device, and of the end of its wire. */
export const macOf = (end: 'router' | 'end', i: number): string =>
  `02:00:00:00:${i.toString(16).padStart(2, '0')}:0${end === 'router' ? 1 : 2}`;

/** Each device is a wire to `p0`, `p1`, …, which are in `ends` when there is such a namespace. Gives back what the kernel made of it. */
export function loadSetup(router: TestNamespace, setup: Setup, ends?: TestNamespace): NamespaceState {
  router.run(['sysctl', '-q', '-w', 'net.ipv6.conf.default.accept_dad=0']);
  // The ends only carry frames.
  ends?.run(['sysctl', '-q', '-w', 'net.ipv6.conf.default.disable_ipv6=1']);
  router.batch([
    'link set lo up',
    ...setup.devices.flatMap((dev, i) => [
      `link add ${dev} address ${macOf('router', i)} type veth peer name p${i} address ${macOf('end', i)}${ends ? ` netns ${ends.name}` : ''}`,
      `link set ${dev} up`,
    ]),
  ]);
  (ends ?? router).batch(setup.devices.map((_, i) => `link set p${i} up`));
  router.batch(setup.addresses);
  untilSettled(router, setup.devices.length * (ends ? 1 : 2));
  if (setup.withoutCarrier !== undefined) (ends ?? router).batch([`link set p${setup.withoutCarrier} down`]);
  router.batch(setup.inet, ['-4']);
  router.batch(setup.inet6, ['-6']);
  // Not every kernel has every setting of a recording.
  router.run(['sysctl', '-q', '-e', '-w', ...setup.sysctls.map(({ key, value }) => `${key}=${value}`)]);
  for (const [family, text] of Object.entries(setup.tables ?? {}))
    router.run([family === 'inet' ? 'iptables-restore' : 'ip6tables-restore'], text);
  return readState(router, setup);
}

/** The kernel adds the routes of an IPv6 address a moment after the address (`addrconf_dad_work`), and that of a device itself when it is up. */
function untilSettled(namespace: TestNamespace, devices: number): void {
  for (let tries = 0; tries < 200; tries++) {
    const own = addressesOf(namespace).filter(({ family }) => family === 'inet6');
    const local = namespace.run(['ip', '-6', 'route', 'show', 'table', 'local']);
    const isWhole = own.filter((address) => address.local.startsWith('fe80')).length >= devices;
    if (isWhole && own.every((address) => local.includes(`local ${address.local} `))) return;
  }
  throw new Error('the IPv6 addresses of the namespace do not settle');
}

/** Back through the parsers of collected text, so that these are judged too. */
function readState(namespace: TestNamespace, { sysctls }: Setup): NamespaceState {
  const state: NamespaceState = { rules: [], routes: [], addresses: addressesOf(namespace), neighbours: [], sysctls };
  const problems: string[] = [];
  for (const option of ['-4', '-6']) {
    const rules = rulesAspect.parse(namespace.run(['ip', option, 'rule']), `ip ${option} rule`);
    const table = ['ip', option, 'route', 'show', 'table', 'all'];
    const routes = routesAspect.parse(namespace.run(table), table.join(' '));
    problems.push(...rules.problems, ...routes.problems);
    state.rules!.push(...rules.items);
    state.routes!.push(...routes.items);
  }
  const saved = ['iptables-save', 'ip6tables-save'].map((tool) => iptables.parse(namespace.run([tool]), tool));
  problems.push(...saved.flatMap((tables) => tables.problems));
  if (problems.length > 0) throw new Error(problems.join('; '));
  return { ...state, iptables: saved.flatMap(({ items }) => items) };
}

function addressesOf(namespace: TestNamespace): Address[] {
  return namespace
    .run(['ip', '-o', 'addr'])
    .split('\n')
    .flatMap((line): Address[] => {
      const match = /^\d+: (\S+)\s+(inet6?) ([^/\s]+)(?:\/(\d+))?.* scope (\S+)/.exec(line);
      if (!match) return [];
      const family = match[2] === 'inet' ? 'inet' : 'inet6';
      return [{ family, ifname: match[1]!, local: match[3]!, prefixlen: Number(match[4]), scope: match[5]! }];
    });
}

/** A cloud of one namespace, as a trace passes through it. */
export const viewOfState = (state: NamespaceState): NamespaceView =>
  viewOf({
    from: 'live',
    states: [{ node: 'n', namespaces: { x: state }, gaps: [] }],
    wiring: { segments: {}, devices: {}, endpoints: [] },
  }).namespaces[0]!;

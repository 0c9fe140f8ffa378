/** What the namespaces of the recordings held, to be brought into namespaces of this machine. */
import { routes as routesAspect } from '../../shared/aspects/routes.ts';
import { rules as rulesAspect } from '../../shared/aspects/rules.ts';
import { parseSnapshot } from '../../shared/snapshot.ts';
import type { Family, NamespaceState } from '../../shared/state.ts';
import { SCENARIOS, liveState, nodeNames, snapshotText } from '../support/recordings.ts';
import type { Setup } from './setup.ts';

/** Every router namespace of every recording. */
export function recordedSetups(): Setup[] {
  return SCENARIOS.flatMap((scenario) =>
    nodeNames(scenario).flatMap((node) => {
      const { sections } = parseSnapshot(snapshotText(scenario, node));
      return Object.entries(liveState(scenario, node).namespaces).flatMap(([name, state]): Setup[] => {
        if (!/^(qrouter|snat|fip)-/.test(name)) return [];
        const textOf = (tool: string) => sections.find((s) => s.namespace === name && s.command === tool)?.stdout;
        const [inet, inet6] = [textOf('iptables-save'), textOf('ip6tables-save')];
        const tables = { ...(inet !== undefined && { inet }), ...(inet6 !== undefined && { inet6 }) };
        return [setupOf(`${scenario} ${node} ${name}`, state, tables)];
      });
    }),
  );
}

/** A sample that another seed makes another one. */
export const everyNth = <T>(list: readonly T[], nth: number, seed: number): T[] =>
  list.filter((_, index) => index % nth === seed % nth);

const SETTINGS =
  /^net\.(ipv4\.ip_forward|ipv4\.conf\.\S+\.(rp_filter|forwarding|send_redirects|accept_local|src_valid_mark|route_localnet))$/;

function setupOf(name: string, state: NamespaceState, tables: NonNullable<Setup['tables']>): Setup {
  const { links = [], addresses = [], rules = [], routes = [], sysctls = [] } = state;
  const linesOf = (family: Family): string[] => [
    ...rules
      .filter((rule) => rule.family === family && ![0, 32766, 32767].includes(rule.priority))
      .map((rule) => `rule add pref ${rulesAspect.explain(rule).replace(':', '')}`),
    ...routes
      .filter((route) => route.family === family && route.protocol !== 'kernel')
      .map(
        (route) =>
          `route add ${routesAspect.explain({ ...route, flags: [] })}${family === 'inet' && route.gateway ? ' onlink' : ''}`,
      ),
  ];
  return {
    name,
    devices: links.flatMap(({ ifname }) => (ifname === 'lo' ? [] : [ifname])),
    addresses: addresses
      .filter(({ ifname, local }) => ifname !== 'lo' && !local.startsWith('fe80'))
      .map(
        ({ local, prefixlen, ifname, family, scope }) =>
          `addr add ${local}/${prefixlen} scope ${scope} dev ${ifname}${family === 'inet6' ? ' nodad' : ' broadcast +'}`,
      ),
    inet: linesOf('inet'),
    inet6: linesOf('inet6'),
    sysctls: [
      ...sysctls.filter(({ key }) => SETTINGS.test(key)),
      // `ip -6 route get` does not look at it; without, the kernel would look at the state of its neighbours.
      { key: 'net.ipv6.conf.all.forwarding', value: '1' },
    ],
    pool: { inet: poolOf(state, 'inet'), inet6: poolOf(state, 'inet6') },
    tables,
  };
}

/** Addresses that the state speaks of, and some of the world outside. */
function poolOf(state: NamespaceState, family: Family): string[] {
  const { addresses = [], rules = [], routes = [], neighbours = [], iptables = [] } = state;
  const texts = [
    ...addresses.filter((item) => item.family === family).map(({ local }) => local),
    ...rules.filter((item) => item.family === family).map(({ src }) => src),
    ...routes
      .filter((item) => item.family === family)
      .flatMap(({ dst, gateway }) => [dst.split('/')[0]!, gateway ?? dst]),
    ...neighbours.filter((item) => item.family === family).map(({ dst }) => dst),
    ...iptables
      .filter((item) => item.family === family)
      .flatMap(({ spec = '' }) => spec.match(/\d+\.\d+\.\d+\.\d+/g) ?? []),
  ];
  const isOurs = family === 'inet' ? /^\d+\.\d+\.\d+\.\d+$/ : /^(?!fe80|ff)[0-9a-f]*:[0-9a-f:]*$/;
  const rest = family === 'inet' ? ['8.8.8.8', '198.51.100.10', '169.254.169.254'] : ['2001:4860::8888'];
  return [
    ...new Set(
      [...texts, ...rest].filter((text) => isOurs.test(text) && text !== '::1' && !/^(127|0|22[4-9]|255)\./.test(text)),
    ),
  ];
}

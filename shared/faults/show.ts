/** The read-only command, as words, that shows a person what a difference says. */
import type { Difference } from '../compare.ts';
import type { Address, Flow, IptablesItem, Item, Link, Neighbour, OvsPort, Route, Rule, Sysctl } from '../state.ts';

/** Run in the difference's namespace; `-` is the node itself. */
export function showOf({ aspect, namespace, wanted, found }: Difference): { namespace: string; words: string[] } {
  return { namespace: aspect === 'namespaces' ? '-' : namespace, words: wordsOf(aspect, wanted ?? found, found) };
}

function wordsOf(aspect: Difference['aspect'], item: Item | undefined, found: Item | undefined): string[] {
  /* oxlint-disable typescript/no-unsafe-type-assertion -- an aspect's differences hold its items */
  switch (aspect) {
    case 'links':
      return ['ip', '-d', 'link', 'show', ...named((item as Link | undefined)?.ifname)];
    case 'addresses':
      return ['ip', 'addr', 'show', ...named((item as Address | undefined)?.ifname)];
    case 'rules':
      return ['ip', ...six(item as Rule | undefined), 'rule', 'show'];
    case 'routes':
      return ['ip', ...six(item as Route | undefined), 'route', 'show', 'table', tableOf(item as Route | undefined)];
    case 'neighbours':
      return [
        'ip',
        ...six(item as Neighbour | undefined),
        'neigh',
        'show',
        ...named((item as Neighbour | undefined)?.dev),
      ];
    case 'sysctls':
      return ['sysctl', (item as Sysctl | undefined)?.key ?? '-a'];
    case 'iptables':
      return iptablesWords(item as IptablesItem | undefined);
    case 'ports':
      return portWords(item as OvsPort | undefined, found as OvsPort | undefined);
    case 'flows':
      return flowWords(item as Flow | undefined);
    case 'namespaces':
      return ['ip', 'netns', 'list'];
    case 'allocations':
    case 'keepalived':
      return ['cat', fileOf(item)];
  }
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}

const named = (device: string | undefined): string[] => (device === undefined ? [] : ['dev', device]);

const six = (item: Rule | Route | Neighbour | undefined): string[] => (item?.family === 'inet6' ? ['-6'] : []);

const tableOf = (route: Route | undefined): string => route?.table ?? 'main';

const iptablesWords = (item: IptablesItem | undefined): string[] => [
  item?.family === 'inet6' ? 'ip6tables-save' : 'iptables-save',
  ...(item ? ['-t', item.table] : []),
];

/** The VLAN is in another table than what else there is of a port (ovs-vswitchd.conf.db(5)). */
const portWords = (item: OvsPort | undefined, found: OvsPort | undefined): string[] => [
  'ovs-vsctl', 'list', item && found && item.tag !== found.tag ? 'Port' : 'Interface', ...(item ? [item.name] : []),
]; // prettier-ignore

const flowWords = (flow: Flow | undefined): string[] => [
  'ovs-ofctl', '-O', 'OpenFlow13', 'dump-flows', ...(flow ? [flow.bridge, `table=${flow.table}`] : []),
]; // prettier-ignore

/** Below the default `state_path`; `item_allocator.py`, `keepalived.py: KeepalivedManager.get_full_config_file_path`. */
function fileOf(item: Item | undefined): string {
  const base = '/var/lib/neutron';
  if (item && 'router' in item && typeof item.router === 'string')
    return `${base}/ha_confs/${item.router}/keepalived.conf`;
  if (item && 'file' in item && 'key' in item && typeof item.key === 'string')
    return item.file === 'ha-state' ? `${base}/ha_confs/${item.key}/state` : `${base}/${String(item.file)}`;
  return base;
}

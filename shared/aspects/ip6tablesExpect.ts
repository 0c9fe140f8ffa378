/** The IPv6 tables of a router namespace: the frame, address scopes and metadata. Nothing is translated. */
import type { Namespace } from '../namespaces/types.ts';
import { METADATA_MARK, METADATA_PORT, METADATA_V6_CIDR, ROUTER_MARK_MASK } from '../neutron.ts';
import { hasChange } from '../releases.ts';
import type { Because, IptablesItem } from '../state.ts';
import { type Line, frameOf, itemsOf } from './iptablesFrame.ts';
import { scopeHead, scopeLines } from './iptablesScopes.ts';

export function expectIp6tables(namespace: Namespace): IptablesItem[] {
  const frame = frameOf(namespace, 'inet6');
  if (namespace.kind === 'fip') return [...frame, ...itemsOf('inet6', scopeHead(namespace, 'inet6'))];
  if (namespace.kind === 'qdhcp') return frame;
  const lines = [
    ...scopeHead(namespace, 'inet6'),
    ...(namespace.kind === 'qrouter' || namespace.legacy ? metadataLines(namespace) : []),
    ...scopeLines(namespace, 'inet6'),
  ];
  return [...frame, ...itemsOf('inet6', lines)];
}

const METADATA = `-d ${METADATA_V6_CIDR} -i qr-+ -p tcp -m tcp --dport 80`;

/** `metadata/driver.py: metadata_filter_rules, metadata_nat_rules, metadata_mangle_rules`. */
function metadataLines(namespace: Namespace): Line[] {
  if (!hasChange(namespace, 'metadata_ipv6')) return [];
  const { pointer } = namespace.because;
  const neutron = 'metadata/driver.py: after_router_added';
  const because: Because = { pointer, sentence: 'the metadata proxy of this router answers fe80::a9fe:a9fe', neutron };
  return [
    ['mangle', 'PREROUTING', `${METADATA} -j MARK --set-xmark ${METADATA_MARK}/${ROUTER_MARK_MASK}`, because],
    ['filter', 'INPUT', `-m mark --mark ${METADATA_MARK}/${ROUTER_MARK_MASK} -j ACCEPT`, because],
    ['filter', 'INPUT', `-p tcp -m tcp --dport ${METADATA_PORT} -j DROP`, because],
    ['nat', 'PREROUTING', `${METADATA} -j REDIRECT --to-ports ${METADATA_PORT}`, because],
  ];
}

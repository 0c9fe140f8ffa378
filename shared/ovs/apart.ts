/** Flows that are none of the wiring are set apart with their reason, not called unexpected. */
import { extensionOf } from '../openflow/extensions.ts';
import type { Flow } from '../state.ts';
import { BR_INT, BR_TUN, isTrunkBridge } from './names.ts';

/** Why a flow is none of the wiring; `undefined` when it must be explained by it. */
export function apartReason(flow: Flow, managed: ReadonlySet<string>): string | undefined {
  const { bridge, table, priority } = flow;
  if (isTrunkBridge(bridge)) return 'the bridge of a trunk, which switches by itself';
  if (!managed.has(bridge)) return 'Neutron does not manage this bridge';
  if (bridge === BR_TUN && table === 20 && priority === 1 && flow.hard_timeout)
    return 'the switch learned this flow from a frame; it ages out';
  return bridge === BR_TUN ? undefined : extensionOf(flow, bridge === BR_INT ? 'int' : 'physical');
}

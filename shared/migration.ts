/**
 * What a node may hold for a VM that migrates to it live, before the VM is there. `binding:profile` of its port names the node
 * (`migrating_to`). Which of it is there already is read back from the node (`readMigration.ts`, `readBackports.ts`).
 */
import type { Placement, ServedFloatingIp } from './placement.ts';
import { releaseHas } from './releases.ts';
import type { Because } from './state.ts';
import type { Port, Router, Topology } from './topology/types.ts';

/**
 * By node: routers that it holds for ports that migrate to it. The server tells the node's agent as soon as the migration begins; one that
 * asks for all of its routers may not be told (`l3_dvrscheduler_db.py: _get_dvr_router_ids_for_host` looks at bindings alone).
 */
export function arrivingRouters(
  distributed: readonly Router[],
  coming: (subnet: string) => ReadonlyMap<string, Port>,
): Map<string, Map<string, Because>> {
  const arriving = new Map<string, Map<string, Because>>();
  for (const router of distributed)
    for (const { subnet } of router.interfaces)
      for (const [node, port] of coming(subnet)) {
        const routers = arriving.get(node) ?? new Map<string, Because>();
        arriving.set(node, routers);
        if (!routers.has(router.name)) routers.set(router.name, migratingBecause(router, subnet, port));
      }
  return arriving;
}

/** Whether it is worth asking: nearly always no port migrates. */
export const mayMigrate = ({ release, ports }: Topology): boolean =>
  releaseHas(release, 'live_migration') && ports.some(({ migrating_to: next }) => next !== undefined);

const migratingBecause = (router: Router, subnet: string, port: Port): Because => ({
  pointer: `${port.pointer}/migrating_to`,
  sentence: `${port.name} in ${subnet}, which ${router.name} serves, migrates to ${port.migrating_to}: that node may hold the router before the VM is there`,
  neutron: 'l3_dvrscheduler_db.py: dvr_handle_new_service_port',
});

/**
 * While a port migrates the server lists its floating IP to the node that it comes to as well (`l3_dvr_db.py: _get_dvr_sync_data`, `dest_host`),
 * and the agent there serves it (`dvr_local_router.py: _check_if_floatingip_bound_to_host`).
 */
export function placeMigrating(
  { floating, router, fixed_ip_address }: Pick<ServedFloatingIp, 'floating' | 'router' | 'fixed_ip_address'>,
  port: Port,
  { migratingFloatingIps }: Placement,
): void {
  const next = port.migrating_to;
  if (next === undefined || port.node === undefined || port.node === next || !router.distributed) return;
  const because = {
    pointer: `${port.pointer}/migrating_to`,
    sentence: `floating IP ${floating.floating_ip_address} belongs to ${port.name}, which migrates to ${next}: both nodes may serve it until the VM is there`,
    neutron: 'l3_dvr_db.py: _get_dvr_sync_data',
  };
  const served: ServedFloatingIp = {
    floating,
    router,
    fixed_ip_address,
    kind: 'distributed',
    node: next,
    because,
  };
  migratingFloatingIps.set(router.name, [...(migratingFloatingIps.get(router.name) ?? []), served]);
}

/** The part of the collector that reads Open vSwitch, by the node's own tools or by those in its container. */
import { MOST_LINES } from './inside.ts';

/**
 * Kolla and Kubernetes keep Open vSwitch in a container, and often its tools too. The name of the container is one that the engine lists,
 * never one from a file. The timeouts are for a server that does not answer,
 * and without the other options these tools would leave their complaints in the log of the node; neither is part of the titles.
 */
export const OPENVSWITCH = String.raw`
# find_container KIND: sets engine and container to a running container of that kind.
find_container() {
  for engine in docker podman; do
    command -v "$engine" >/dev/null 2>&1 || continue
    for container in $(within 10 "$engine" ps --format '{{.Names}}' 2>/dev/null </dev/null); do
      is_plain "$container" || continue
      case $1/$container in
        openvswitch/openvswitch[_-]vswitchd | openvswitch/ovs[_-]vswitchd) return 0 ;;
        openvswitch/k8s_openvswitch-vswitchd_*) return 0 ;;
        l3/neutron[_-]l3[_-]agent | l3/k8s_neutron-l3-agent_*) return 0 ;;
      esac
    done
  done
  engine= container=
  return 1
}

# find_openvswitch: sets ovs_engine and ovs_container, where the tools of the node itself are not there or reach nothing.
find_openvswitch() {
  ovs_engine= ovs_container=
  ovs-vsctl --no-syslog --timeout=5 get Open_vSwitch . next_cfg >/dev/null 2>&1 </dev/null && return
  if find_container openvswitch; then
    ovs_engine=$engine ovs_container=$container
  fi
  return 0
}

# ovs COMMAND...: where Open vSwitch is.
ovs() {
  if [ -n "$ovs_container" ]; then
    within 30 "$ovs_engine" exec "$ovs_container" "$@"
  else
    "$@"
  fi
}

# Counts the changes that were asked for and those that were made. Printed first and last, it tells whether something changed in between.
openvswitch_stamp() {
  section - 'ovs-vsctl get Open_vSwitch . next_cfg cur_cfg' ovs ovs-vsctl --no-syslog --timeout=5 get Open_vSwitch . next_cfg cur_cfg
}

openvswitch() {
  section - 'ovs-vsctl show' ovs ovs-vsctl --no-syslog --timeout=5 show
  section - 'ovs-vsctl -f json list Open_vSwitch' ovs ovs-vsctl --no-syslog --timeout=5 -f json list Open_vSwitch
  section - 'ovs-vsctl -f json list Bridge' ovs ovs-vsctl --no-syslog --timeout=5 -f json list Bridge
  section - 'ovs-vsctl -f json list Port' ovs ovs-vsctl --no-syslog --timeout=5 -f json list Port
  section - 'ovs-vsctl -f json list Interface' ovs ovs-vsctl --no-syslog --timeout=5 -f json list Interface
  for bridge in $(ovs ovs-vsctl --no-syslog --timeout=5 list-br 2>/dev/null </dev/null); do
    if is_plain "$bridge"; then
      section - "ovs-ofctl -O OpenFlow13 dump-flows $bridge" ovs ovs-ofctl -vsyslog:off --timeout=20 -O OpenFlow13 dump-flows "$bridge"
      section - "ovs-ofctl -O OpenFlow13 show $bridge" ovs ovs-ofctl -vsyslog:off --timeout=5 -O OpenFlow13 show "$bridge"
      section - "ovs-ofctl -O OpenFlow13 dump-groups $bridge" ovs ovs-ofctl -vsyslog:off --timeout=5 -O OpenFlow13 dump-groups "$bridge"
      section - "ovs-appctl fdb/show $bridge" limited ${MOST_LINES} ovs ovs-appctl -vsyslog:off --timeout=5 fdb/show "$bridge"
    else
      section - 'ovs-ofctl -O OpenFlow13 dump-flows' skipped
    fi
  done
}
`;

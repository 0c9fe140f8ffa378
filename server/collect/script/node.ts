/** The part of the collector that reads what the node itself has: the agents' state files, their helpers that run, versions. */
import { MOST_LINES } from './inside.ts';

/** Packages by the names of Debian, Ubuntu and Red Hat; what is not installed is not listed. */
const PACKAGES =
  'neutron-common neutron-l3-agent neutron-openvswitch-agent python3-neutron openstack-neutron openvswitch-switch openvswitch ' +
  'iproute2 iproute iptables iptables-nft keepalived haproxy radvd';

/**
 * Of a state file it prints all lines but two things: what could forge a line of the snapshot gets a blank before it, and the password of
 * keepalived stays on the node. One `grep` reads all files, since a process for each would take longer than all namespaces.
 */
const PRINT_FILES = String.raw`
  function finish() {
    if (last != "" && count > most) printf "@@ stderr cut: the first %d of %d lines\n", most, count
    if (last != "") print "@@ end 0"
  }
  substr($0, 1, 2) != "./" { odd++; next }
  {
    at = index($0, ":")
    file = substr($0, 1, at - 1)
    line = substr($0, at + 1)
  }
  file != last {
    finish()
    print "@@ begin - cat " path substr(file, 2)
    last = file
    count = 0
  }
  {
    count++
    if (line ~ /^@@ /) line = " " line
    sub(/auth_pass .*/, "auth_pass <hidden>", line)
    if (count <= most) print line
  }
  END {
    finish()
    if (odd) printf "@@ begin - cat %s\n@@ stderr %d lines of state files are not text\n@@ end 1\n", path, odd
  }
`;

/** What runs beside the agents, and the agents. Command lines of anything else are none of our business. */
const HELPERS = String.raw`$3 ~ /^(keepalived|haproxy|radvd|dnsmasq)$/ || /[ \/]neutron-[a-z0-9-]+( |:|$)/`;

export const NODE = String.raw`
# find_state STATE_PATH: sets state_root to the root of the L3 agent's container, where the node itself has no state of an agent.
find_state() {
  state_root=
  is_plain "$1" || return 0
  for item in external fip-priorities ha_confs; do
    [ ! -e "$1/$item" ] || return 0
  done
  find_container l3 || return 0
  pid=$(within 10 "$engine" inspect --format '{{.State.Pid}}' "$container" 2>/dev/null </dev/null)
  case $pid in
    '' | 0 | *[!0-9]*) ;;
    *) [ ! -d "/proc/$pid/root$1" ] || state_root=/proc/$pid/root ;;
  esac
  return 0
}

refuse() {
  printf '%s\n' "$1" >&2
  return 1
}

# Only regular files: whoever may write below state_path must not choose what root reads.
state_files() {
  path=$1
  if ! is_plain "$path"; then
    section - 'test -d' skipped
    return 0
  fi
  section - "test -d $path" test -d "$state_root$path"
  cd "$state_root$path" 2>/dev/null || return 0
  set --
  for file in fip-priorities fip-linklocal-networks ha_confs/*/keepalived.conf ha_confs/*/state external/pids/*.pid* \
    ns-metadata-proxy/*.conf ra/*.radvd.conf dhcp/*/interface dhcp/*/pid; do
    if [ ! -e "$file" ] && [ ! -L "$file" ]; then
      continue
    elif ! is_plain "$file"; then
      section - "cat $path" skipped
    elif [ -L "$file" ] || [ ! -f "$file" ]; then
      section - "cat $path/$file" refuse "$path/$file: not a regular file"
    elif [ ! -r "$file" ]; then
      section - "cat $path/$file" refuse "$path/$file: no permission to read it"
    elif [ ! -s "$file" ]; then
      section - "cat $path/$file" :
    else
      set -- "$@" "./$file"
    fi
  done
  grep -s '' /dev/null "$@" | awk -v path="$path" -v most=${MOST_LINES} '${PRINT_FILES}'
}

processes() {
  if ! command -v ps >/dev/null 2>&1; then
    refuse 'ps: not found'
    return 127
  fi
  { ps -eo pid,ppid,comm,args 2>/dev/null || ps -o pid,ppid,comm,args; } | awk '${HELPERS}'
}

packages() {
  if command -v dpkg-query >/dev/null 2>&1; then
    within 10 dpkg-query -W ${PACKAGES} 2>/dev/null
  elif command -v rpm >/dev/null 2>&1; then
    within 10 rpm -q ${PACKAGES} | grep -v 'not installed'
  fi
  return 0
}

# Neutron that is no package has its version in the name of a folder, on the node or in the agent's container.
releases() {
  for folder in "$state_root"/usr/lib/python3*/site-packages "$state_root"/usr/lib/python3/dist-packages \
    "$state_root"/usr/local/lib/python3*/site-packages "$state_root"/usr/local/lib/python3*/dist-packages \
    "$state_root"/var/lib/kolla/venv/lib/python3*/site-packages /openstack/venvs/neutron-*/lib/python3*/site-packages; do
    for metadata in "$folder"/neutron-[0-9]*.dist-info "$folder"/neutron-[0-9]*.egg-info; do
      if [ -e "$metadata" ] && is_plain "$metadata"; then printf '%s\n' "$metadata"; fi
    done
  done
  return 0
}

about() {
  run - uname -sr
  run - ip -V
  run - iptables-save -V
  section - 'ovs-vsctl --version' ovs ovs-vsctl --version
  section - 'dpkg-query -W' packages
  section - 'ls neutron-*.dist-info' releases
  section - 'ps -eo pid,ppid,comm,args' processes
}
`;

/**
 * The collector: a POSIX sh script that reads what a node holds and prints one snapshot (`shared/snapshot.ts`) on standard output.
 * It runs once per node, arrives over standard input, needs no file on the node and writes none. Its text lives here, so that the
 * program run from source and the bundle have the same one; `dvrscope collect --print-script` prints it for use by hand or by Ansible:
 *
 *     ssh node sudo sh -s compute1 < dvrscope-collect.sh > compute1.snapshot
 *
 * Invariant: every command in it only reads; a test holds each against a list of permitted read verbs.
 * Neither `${` nor a backquote may be in the texts below, since they are template strings; POSIX sh needs neither.
 */
import { shellQuote } from './shellQuote.ts';

/** Lines of one `conntrack -L` or of one state file; what is cut is said on the section's standard error. */
const MOST_LINES = 20_000;

/** Kernel settings that Neutron sets or that decide about forwarding, as paths below `/proc/sys/net`. */
const SYSCTLS = [
  'ipv4/ip_forward',
  'ipv4/ip_nonlocal_bind',
  'ipv4/conf/*/accept_redirects',
  'ipv4/conf/*/arp_announce',
  'ipv4/conf/*/arp_ignore',
  'ipv4/conf/*/arp_notify',
  'ipv4/conf/*/forwarding',
  'ipv4/conf/*/promote_secondaries',
  'ipv4/conf/*/proxy_arp',
  'ipv4/conf/*/rp_filter',
  'ipv4/conf/*/send_redirects',
  'ipv4/neigh/*/proxy_delay',
  'ipv6/ip_nonlocal_bind',
  'ipv6/conf/*/accept_dad',
  'ipv6/conf/*/accept_ra',
  'ipv6/conf/*/addr_gen_mode',
  'ipv6/conf/*/autoconf',
  'ipv6/conf/*/disable_ipv6',
  'ipv6/conf/*/forwarding',
  'ipv6/conf/*/proxy_ndp',
  'netfilter/nf_conntrack_count',
  'netfilter/nf_conntrack_max',
  'netfilter/nf_conntrack_tcp_be_liberal',
  'netfilter/nf_conntrack_tcp_loose',
];

/**
 * What is needed inside a namespace too. A shell is started there once (`ip netns exec NS sh -c`) and given this text, which is why it
 * must not contain a single quote. The settings are read by `grep`, not by `read`: some shells read byte by byte, and the
 * kernel answers only the first read of such a file. `sysctl` swaps `.` and `/`, so that `eth0.5` prints as `eth0/5`.
 */
const FUNCTIONS = String.raw`
# section NAMESPACE TITLE COMMAND...: runs the command and prints its section. In between, its standard error is held in a variable.
section() {
  printf "@@ begin %s %s\n" "$1" "$2"
  shift 2
  if [ -n "$refused" ]; then
    errors=$refused status=$refused_status
  else
    { errors=$("$@" </dev/null 2>&1 >&3 3>&-); status=$?; } 3>&1
  fi
  if [ -n "$errors" ]; then
    printf "%s\n" "$errors" | while IFS= read -r line; do printf "@@ stderr %s\n" "$line"; done
  fi
  printf "@@ end %s\n" "$status"
}

# run NAMESPACE COMMAND...: a section whose title is the command.
run() {
  from=$1
  shift
  section "$from" "$*" "$@"
}

# limited COUNT COMMAND...: the first lines of its output, a note when there were more, and the status of the command itself.
limited() {
  most=$1
  shift
  { status=$({ { "$@" 3>&- 4>&-; printf "%s" "$?" >&4; } |
    awk -v most="$most" "NR <= most; END { if (NR > most) printf \"cut: the first %d of %d lines\n\", most, NR > \"/dev/stderr\" }" >&3; } 4>&1); } 3>&1
  return "$status"
}

sysctls() {
  cd /proc/sys/net || return 1
  grep -s "" /dev/null ${SYSCTLS.join(' ')} |
    sed "h; s,:.*,,; y,./,/.,; s,^,net.,; G; s,\n[^:]*:, = ,"
}

# namespace NAME: all sections of the namespace that this shell is in.
namespace() {
  run "$1" ip -j addr
  run "$1" ip -j -d link
  run "$1" ip -j -4 rule
  run "$1" ip -j -6 rule
  run "$1" ip -j -4 route show table all
  run "$1" ip -j -6 route show table all
  run "$1" ip -j neigh show
  run "$1" iptables-save
  run "$1" ip6tables-save
  section "$1" "conntrack -L" limited ${MOST_LINES} conntrack -L
  section "$1" "conntrack -L -f ipv6" limited ${MOST_LINES} conntrack -L -f ipv6
  run "$1" ss -Hlntu
  section "$1" "sysctl -a" sysctls
  return 0
}
`;

/** The whole script. Arguments: the node's name as Neutron knows it (default: `uname -n`), Neutron's `state_path`. */
export const COLLECTOR_SCRIPT = String.raw`#!/bin/sh
# dvrscope collector: prints what Neutron's agents programmed on this node. Reads only, writes nothing.
# Usage: sh -s [NODE [STATE_PATH]] < this file, as root. NODE is the node's name as Neutron knows it.
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
export LC_ALL PATH
unset refused refused_status

functions='${FUNCTIONS}'
eval "$functions"

# The namespaces whose names can be passed on without doubt; the others are named on standard error.
netns_list() {
  plain='^[A-Za-z0-9._-]+( \(id: [0-9]+\))?$'
  names=$(ip netns list) || return
  [ -n "$names" ] || return 0
  printf '%s\n' "$names" | grep -E "$plain"
  printf '%s\n' "$names" | grep -vE "$plain" | tr -cd '[:print:]\n' | sed 's/^/skipped, unusual namespace name: /' >&2
  return 0
}

# A namespace that cannot be entered (its mount is gone, no permission) has all its sections, each with that reason.
enter() {
  { refused=$(ip netns exec "$1" sh -c "$functions
namespace \"\$1\"" sh "$1" 2>&1 >&3 3>&-); refused_status=$?; } 3>&1
  case $refused_status in
    1 | 255)
      [ -n "$refused" ] || refused='ip netns exec failed'
      namespace "$1"
      ;;
  esac
  refused=
}

# Plain words only: a bridge or file name with anything else in it could forge a line of the snapshot.
is_plain() {
  case $1 in
    '' | -* | *[!A-Za-z0-9._/-]*) return 1 ;;
  esac
}

skipped() {
  printf 'skipped, unusual name\n' >&2
  return 1
}

# The timeout is for a database server that does not answer. It is not part of the title.
openvswitch() {
  section - 'ovs-vsctl show' ovs-vsctl --timeout=10 show
  section - 'ovs-vsctl -f json list Bridge' ovs-vsctl --timeout=10 -f json list Bridge
  section - 'ovs-vsctl -f json list Port' ovs-vsctl --timeout=10 -f json list Port
  section - 'ovs-vsctl -f json list Interface' ovs-vsctl --timeout=10 -f json list Interface
  for bridge in $(ovs-vsctl --timeout=10 list-br 2>/dev/null </dev/null); do
    if is_plain "$bridge"; then
      section - "ovs-ofctl -O OpenFlow13 dump-flows $bridge" ovs-ofctl --timeout=30 -O OpenFlow13 dump-flows "$bridge"
      section - "ovs-ofctl -O OpenFlow13 show $bridge" ovs-ofctl --timeout=10 -O OpenFlow13 show "$bridge"
      section - "ovs-ofctl -O OpenFlow13 dump-groups $bridge" ovs-ofctl --timeout=10 -O OpenFlow13 dump-groups "$bridge"
    else
      section - 'ovs-ofctl -O OpenFlow13 dump-flows' skipped
    fi
  done
}

# Only regular files: whoever may write below state_path must not choose what root reads. A state file may lack its last newline.
state_file() {
  if [ -L "$1" ] || [ ! -f "$1" ]; then
    printf '%s: not a regular file\n' "$1" >&2
    return 1
  fi
  limited ${MOST_LINES} awk '/^@@ / { printf " " } { print }' "$1"
}

state_files() {
  if ! is_plain "$1"; then
    section - 'test -d' skipped
    return
  fi
  run - test -d "$1"
  for file in "$1/fip-priorities" "$1/fip-linklocal-networks" "$1"/ha_confs/*/state; do
    if [ ! -e "$file" ] && [ ! -L "$file" ]; then
      continue
    elif is_plain "$file"; then
      section - "cat $file" state_file "$file"
    else
      section - "cat $1/ha_confs" skipped
    fi
  done
}

# Called on the last line, so that a script that arrives in part does nothing; its standard input is the script itself.
main() {
  node=$1 state_path=$2
  [ -n "$node" ] || node=$(uname -n)
  [ -n "$state_path" ] || state_path=/var/lib/neutron
  printf 'dvrscope-snapshot 1\nnode: %s\n' "$(printf '%s' "$node" | tr -d '[:cntrl:]')"
  printf 'collected_at: %s\nuid: %s\n\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(id -u)"
  section - 'ip netns list' netns_list
  namespace -
  for name in $(netns_list 2>/dev/null); do
    case $name in
      qrouter-* | snat-* | fip-* | qdhcp-*) enter "$name" ;;
    esac
  done
  openvswitch
  state_files "$state_path"
  return 0
}

main "$@" </dev/null
`;

/** The text to send to `sh -s` on a node: the names it needs are in it as quoted words, so that no command line is built from them. */
export const scriptFor = (node: string, statePath = '/var/lib/neutron'): string =>
  `set -- ${shellQuote(node)} ${shellQuote(statePath)}\n${COLLECTOR_SCRIPT}`;

/**
 * The part of the collector that also runs inside each namespace. A shell is started there once and given this text as an argument,
 * which is why it must not contain a single quote.
 */

/** Lines of one `conntrack -L` or of one state file; what is cut is said on the section's standard error. */
export const MOST_LINES = 20_000;

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
 * From the outer shell it gets, as variables: `json` (empty: an `ip` without `-j`) and `other` (the back end that `iptables-save` does
 * not show: `legacy`, `nft` or nothing).
 * A process costs half a millisecond, hence `ip -batch`, no `conntrack` where there is nothing to list, and no pipeline that is not needed.
 * The settings are read by `grep`, not by `read`: some shells read byte by byte, and the kernel answers only the first read of such a file.
 * `sysctl` swaps `.` and `/`, so that `eth0.5` prints as `eth0/5`.
 */
export const FUNCTIONS = String.raw`
# Status of a shell whose output nobody reads any more. An ignored SIGPIPE does not end it, a failed write does.
unread=74

# section NAMESPACE TITLE COMMAND...: runs the command and prints its section. In between, its standard error is held in a variable.
section() {
  printf "@@ begin %s %s\n" "$1" "$2" || exit "$unread"
  shift 2
  if [ -n "$refused" ]; then
    errors=$refused status=$refused_status
  else
    { errors=$("$@" </dev/null 2>&1 >&3 3>&-); status=$?; } 3>&1
  fi
  if [ -n "$errors" ]; then
    printf "%s\n" "$errors" | while IFS= read -r line; do printf "@@ stderr %s\n" "$line"; done
  fi
  printf "@@ end %s\n" "$status" || exit "$unread"
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

# show NAMESPACE OPTIONS SUBJECT...: sections of ip SUBJECT, from one process where each answers with one line, as JSON does.
# Otherwise (an old ip, a kernel without the subject) each subject is asked for by itself.
show() {
  from=$1 options=$2
  shift 2
  if [ -n "$json" ]; then options="$json $options"; fi
  answers=
  if [ -n "$json" ] && [ -z "$refused" ]; then
    answers=$(printf "%s\n" "$@" | ip $options -batch - 2>/dev/null) || answers=
  fi
  before=$IFS IFS="
"
  set -f
  if answered $# $answers; then
    for answer in $answers; do
      printf "@@ begin %s ip %s %s\n%s\n@@ end 0\n" "$from" "$options" "$1" "$answer" || exit "$unread"
      shift
    done
    IFS=$before
  else
    IFS=$before
    for subject in "$@"; do section "$from" "ip $options $subject" ip $options $subject; done
  fi
  set +f
}

# answered N LINE...: whether there are as many lines, and each is JSON: some versions of ip know -j only for some subjects.
answered() {
  wanted=$1
  shift
  [ $# = "$wanted" ] || return 1
  for answer in "$@"; do
    case $answer in
      "["*) ;;
      *) return 1 ;;
    esac
  done
}

sysctls() {
  cd /proc/sys/net || return 1
  grep -s "" /dev/null ${SYSCTLS.join(' ')} |
    sed "h; s,:.*,,; y,./,/.,; s,^,net.,; G; s,\n[^:]*:, = ,"
}

# connections NAMESPACE: no program is started where the kernel says that there are none. Where it does not track at all, conntrack would
# make it load modules.
connections() {
  tracked=
  if [ ! -e /proc/sys/net/netfilter/nf_conntrack_count ]; then tracked=0; fi
  { read -r tracked </proc/sys/net/netfilter/nf_conntrack_count; } 2>/dev/null
  if [ "$tracked" = 0 ]; then
    section "$1" "conntrack -L" :
    section "$1" "conntrack -L -f ipv6" :
  else
    section "$1" "conntrack -L" limited ${MOST_LINES} conntrack -L
    section "$1" "conntrack -L -f ipv6" limited ${MOST_LINES} conntrack -L -f ipv6
  fi
}

has_rules() {
  "$@" 2>/dev/null | grep -q "^-A "
}

# The back end that iptables-save does not show, where it holds rules too. The kernel names the legacy tables that are loaded.
other_tables() {
  case $other in
    legacy)
      if { read -r table </proc/net/ip_tables_names; } 2>/dev/null; then run "$1" iptables-legacy-save; fi
      if { read -r table </proc/net/ip6_tables_names; } 2>/dev/null; then run "$1" ip6tables-legacy-save; fi
      ;;
    nft)
      if has_rules iptables-nft-save; then run "$1" iptables-nft-save; fi
      if has_rules ip6tables-nft-save; then run "$1" ip6tables-nft-save; fi
      ;;
  esac
}

# namespace NAME: all sections of the namespace that this shell is in.
namespace() {
  show "$1" -d addr link "neigh show"
  show "$1" -4 rule "route show table all"
  show "$1" -6 rule "route show table all"
  run "$1" iptables-save
  run "$1" ip6tables-save
  if [ -z "$refused" ]; then other_tables "$1"; fi
  connections "$1"
  run "$1" ss -Hlntu
  section "$1" "sysctl -a" sysctls
  return 0
}
`;

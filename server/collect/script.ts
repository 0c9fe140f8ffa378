/**
 * The collector: a POSIX sh script that reads what a node holds and prints one snapshot (`shared/snapshot.ts`) on standard output.
 * It runs once per node, arrives over standard input, needs no file on the node and writes none. Its text lives here and in `script/`,
 * so that the program run from source and the bundle have the same one; `dvrscope collect --print-script` prints it for use by hand:
 *
 *     ssh node sudo sh -s compute1 < dvrscope-collect.sh > compute1.snapshot
 *
 * Invariant: every command in it only reads; a test holds each against a list of permitted read verbs.
 * Neither `${` nor a backquote may be in the texts, since they are template strings; POSIX sh needs neither. Here-documents neither:
 * some shells make a temporary file of them.
 */
import { FUNCTIONS } from './script/inside.ts';
import { NODE } from './script/node.ts';
import { OPENVSWITCH } from './script/openvswitch.ts';
import { shellQuote } from './shellQuote.ts';

/** The whole script. Arguments: the node's name as Neutron knows it (default: `uname -n`), Neutron's `state_path`. */
export const COLLECTOR_SCRIPT = String.raw`#!/bin/sh
# dvrscope collector: prints what Neutron's agents programmed on this node. Reads only, writes nothing.
# Usage: sh -s [NODE [STATE_PATH]] < this file, as root. NODE is the node's name as Neutron knows it.
# All of it is one command, so that a script that arrives in part does nothing.
{
LC_ALL=C OVS_SYSLOG_METHOD=null PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
export LC_ALL OVS_SYSLOG_METHOD PATH
unset refused refused_status no_entry CDPATH GREP_OPTIONS

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

# within SECONDS COMMAND...: what hangs is cut, with all that it started. For that, timeout leaves our process group; so what ends the group
# is passed on to it, which a shell can do only while it waits.
within() {
  seconds=$1
  shift
  if [ -n "$cut" ]; then
    timeout -k 5 "$seconds" "$@" &
    trap "kill $!" TERM HUP
    wait "$!"
  else
    "$@"
  fi
}

# inside NAMESPACE COMMAND...: a namespace is entered by nsenter where it can be, which is faster: it mounts no /sys of its own.
inside() {
  case $1/$enters in
    -/*)
      shift
      within 20 "$@"
      ;;
    */nsenter)
      netns=/var/run/netns/$1
      shift
      within 20 nsenter --net="$netns" "$@"
      ;;
    *) within 20 ip netns exec "$@" ;;
  esac
}

# A namespace that cannot be entered (its mount is gone, no permission) has all its sections, each with that reason.
# When its time is up, the command that hangs is ended, and what is left says so.
enter() {
  refused=$no_entry refused_status=77
  if [ -z "$refused" ] || [ "$1" = - ]; then
    { refused=$(inside "$1" sh -c "$functions
trap 'refused=\"cut: this namespace took too long\" refused_status=124' TERM
namespace \"\$1\"" sh "$1" 2>&1 >&3 3>&-); refused_status=$?; } 3>&1
  fi
  case $refused_status in
    1 | 77 | 125 | 126 | 127 | 255)
      [ -n "$refused" ] || refused='the namespace cannot be entered'
      namespace "$1"
      ;;
    137) printf '@@ stderr cut: this namespace took too long\n@@ end 137\n' ;;
  esac
  refused=
  [ "$refused_status" != "$unread" ]
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
${OPENVSWITCH}${NODE}
job() {
  case $1 in
    openvswitch) openvswitch ;;
    state_files) state_files "$state_path" ;;
    about) about ;;
    *) enter "$1" ;;
  esac
}

# at_once JOB...: all of them at the same time, their output one after the other. That of the first passes through, the others' waits in
# variables; nothing is written on the node for it.
at_once() {
  first=$1
  shift
  if [ $# = 0 ]; then
    job "$first"
  else
    job "$first" | {
      others=$(at_once "$@")
      cat && printf '%s\n' "$others"
    }
  fi
}

# by_four JOB...: more at a time would disturb a small node.
by_four() {
  while [ $# -gt 4 ]; do
    at_once "$1" "$2" "$3" "$4" || return
    shift 4
  done
  at_once "$@"
}

# What the tools of this node can do. The variables that the inner shells need are exported.
find_tools() {
  json= other= cut= enters=
  if ip -j -batch /dev/null >/dev/null 2>&1; then json=-j; fi
  if timeout -k 5 5 true 2>/dev/null; then cut=timeout; fi
  if nsenter --net=/proc/self/ns/net true 2>/dev/null; then enters=nsenter; fi
  case $(iptables-save -V 2>/dev/null) in
    *nf_tables*) if command -v iptables-legacy-save >/dev/null; then other=legacy; fi ;;
    *legacy*) if command -v iptables-nft-save >/dev/null && [ -e /sys/module/nf_tables ]; then other=nft; fi ;;
  esac
  export json other
}

main() {
  node=$1 state_path=$2
  [ -n "$node" ] || node=$(uname -n)
  [ -n "$state_path" ] || state_path=/var/lib/neutron
  uid=$(id -u)
  printf 'dvrscope-snapshot 1\nnode: %s\n' "$(printf '%s' "$node" | tr -d '[:cntrl:]')"
  printf 'collected_at: %s\nuid: %s\n\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$uid"
  find_tools
  find_openvswitch
  find_state "$state_path"
  section - 'ip netns list' netns_list
  openvswitch_stamp
  if [ "$uid" != 0 ]; then no_entry='not root: only root can enter a namespace'; fi
  # Flows may be many megabytes: as the first job of its four their output passes through.
  set -- openvswitch - state_files about
  for name in $(netns_list 2>/dev/null); do
    case $name in
      qrouter-* | snat-* | fip-* | qdhcp-*) set -- "$@" "$name" ;;
    esac
  done
  by_four "$@" || return
  # Once more: where these differ from the first ones, the node changed while it was read.
  section - 'ip netns list' netns_list
  openvswitch_stamp
  section - 'date -u +%Y-%m-%dT%H:%M:%SZ' date -u +%Y-%m-%dT%H:%M:%SZ
}

# Standard input is this script.
main "$@" </dev/null
}
`;

/** The text to send to `sh -s` on a node: the names it needs are in it as quoted words, so that no command line is built from them. */
export const scriptFor = (node: string, statePath = '/var/lib/neutron'): string =>
  `set -- ${shellQuote(node)} ${shellQuote(statePath)}\n${COLLECTOR_SCRIPT}`;

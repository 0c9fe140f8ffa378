/**
 * The script that saves what the Neutron API says of a cloud, in the files that `import` reads. A person runs it where the API can be
 * reached: dvrscope itself speaks to no API. It only asks (GET), and its paths are those of the API reference of Networking v2.0.
 */
export const SAVE_SCRIPT = `#!/bin/sh
# Saves what the Neutron API says of a cloud, for "DVR: Import a Cloud" and for "dvrscope import --api FOLDER". It only asks.
# Run it where "openstack token issue" works, as an administrator: only they see on which node each port is.
#
#   sh save-neutron.sh FOLDER
#
# It needs the openstack client and curl. NEUTRON_URL names the API where the catalogue has not the right one.
set -eu
umask 077
folder=\${1:?usage: sh save-neutron.sh FOLDER}
mkdir -p "$folder"
token=$(openstack token issue -f value -c id)
url=\${NEUTRON_URL:-$(openstack endpoint list --service network --interface public -f value -c URL | head -n 1)}
[ -n "$url" ] || { echo 'The catalogue has no endpoint of the network service: set NEUTRON_URL.' >&2; exit 1; }
url=\${url%/}
url=\${url%/v2.0}/v2.0

# The token goes over standard input, so that nobody sees it in the list of processes.
ask() { printf 'X-Auth-Token: %s\\n' "$token" | curl -fsS -H @- "$url/$1"; }

# save FILE PATH: one answer.
save() {
  ask "$2" > "$folder/$1.json.part"
  # Neutron gives a list in pages where pagination_max_limit is set.
  if grep -q '"rel": *"next"' "$folder/$1.json.part"; then
    echo "$1: the API gives this list in pages, and only the first one was saved" >&2
    exit 1
  fi
  mv "$folder/$1.json.part" "$folder/$1.json"
  echo "$1.json"
}

# A cloud may lack the extension: then there is nothing to save.
try() {
  if ask "$2" > /dev/null 2>&1; then save "$1" "$2"; else echo "$1: not there"; fi
}

# each FILE IDS BEFORE AFTER: an answer for each id, in one file.
each() {
  file=$1 before=$3 after=$4 comma=
  echo '{' > "$folder/$file.json.part"
  for id in $2; do
    if answer=$(ask "$before/$id/$after" 2>/dev/null); then
      printf '%s"%s": %s\\n' "$comma" "$id" "$answer" >> "$folder/$file.json.part"
      comma=,
    fi
  done
  echo '}' >> "$folder/$file.json.part"
  mv "$folder/$file.json.part" "$folder/$file.json"
  echo "$file.json"
}

for list in networks subnets routers ports floatingips agents; do save $list $list; done
try subnetpools subnetpools
try address-scopes address-scopes
try ndp-proxies ndp_proxies
routers=$(openstack router list -f value -c ID)
floatingips=$(openstack floating ip list -f value -c ID)
each router-l3-agents "$routers" routers l3-agents
each conntrack-helpers "$routers" routers conntrack_helpers
each port-forwardings "$floatingips" floatingips port_forwardings
`;

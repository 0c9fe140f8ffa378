/** What is read of a sosreport, wherever it comes from: which of its files, how much of them, and what is kept of each. */

export interface ReportFile {
  /** Absent: it is there, and `reason` says why it is of no use. */
  text?: string;
  reason?: string;
  /** Seconds since 1970. */
  modified: number;
}

/** By path from the root of the report. */
export type ReportFiles = Map<string, ReportFile>;

export const REPORT_LIMITS = { fileBytes: 64 * 1024 * 1024, reportBytes: 512 * 1024 * 1024, files: 50_000 };

/** Folder in which all outputs of commands are; where it is, is the root of a report. */
export const COMMANDS = 'sos_commands';
/** `plugins/networking.py`, `plugins/openvswitch.py`: outputs of commands are in a folder of their plugin's name. */
export const NETWORKING = `${COMMANDS}/networking`;
export const OPENVSWITCH = `${COMMANDS}/openvswitch`;
export const CONNTRACK = `${COMMANDS}/conntrack`;
/** `plugins/openstack_neutron.py` copies all of it but its locks. */
export const STATE_FOLDER = 'var/lib/neutron';
/**
 * What only an L3 agent puts there, so that a file that is missing is missing on the node, too: where the agent runs in a container
 * with a volume of its own, the host's folder can be there and empty.
 */
const STATE_OF_AGENT =
  /^var\/lib\/neutron\/(fip-priorities|fip-linklocal-networks|ha_confs|ns-metadata-proxy|external|ra)(\/|$)/;
export const isStateOfAgent = (path: string): boolean => STATE_OF_AGENT.test(path);
/** `plugins/openvswitch.py: setup`. */
export const DATABASES = ['etc', 'var/lib', 'usr/local/etc'].map((folder) => `${folder}/openvswitch/conf.db`);
/** First the name as the host itself has it, which is Neutron's default for `host`. */
export const HOST_NAMES = [`${COMMANDS}/host/hostname`, `${COMMANDS}/host/hostname_-f`, 'etc/hostname'];
/** What ran, and how it ended: since 4.0. */
export const MANIFEST = 'sos_reports/manifest.json';

/** Lists of what is installed, which tell the release. */
export const PACKAGES = /^sos_commands\/(dpkg\/dpkg_-l|rpm\/sh_-c_rpm_[^/]*-qa[^/]*)$/;

const NAMED = new Set([...DATABASES, ...HOST_NAMES, MANIFEST]);
const PATTERNS = [
  // Of a namespace, in a folder of its own or not, or of the host.
  /^sos_commands\/networking\/(ip_netns|(namespaces\/[^/]+\/)?ip_netns_exec_[^/]*(address_show|table_all|rule(_list)?|neigh_show|sysctl_-a|ip6?tables-save))$/,
  /^sos_commands\/conntrack\/ip_netns_exec_[^/]+_conntrack_-L_-o_extended$/,
  /^sos_commands\/openvswitch\/(openstack-hypervisor\.)?ovs-(vsctl_-t_5_(show|list-br|list_(bridge|port|interface))|ofctl_(-O_OpenFlow1\d_)?(show|dump-flows)_[^/]+)$/i,
  // `plugins/dpkg.py`, `plugins/rpm.py`.
  PACKAGES,
  /^var\/lib\/neutron\/(fip-priorities|fip-linklocal-networks|ha_confs\/[0-9a-f-]{36}\/(state|keepalived\.conf))$/,
];

export const isRead = (path: string): boolean => NAMED.has(path) || PATTERNS.some((pattern) => pattern.test(path));

/** A path inside an archive that may hold several reports: the root of its report, and the path from there. */
export function splitPath(path: string): { root: string; inside: string } | undefined {
  if (leadsOut(path)) return undefined;
  const words = path.split('/').filter((word) => word !== '' && word !== '.');
  const at = words.findIndex((word, i) => ROOT_FOLDERS.has(word) || (word === 'usr' && words[i + 1] === 'local'));
  return at < 0 ? undefined : { root: words.slice(0, at).join('/'), inside: words.slice(at).join('/') };
}

/** Nothing is ever written, but such a path could pass for another one. */
export const leadsOut = (path: string): boolean => path.startsWith('/') || path.split('/').includes('..');

const ROOT_FOLDERS = new Set([COMMANDS, 'etc', 'var', 'sos_reports']);

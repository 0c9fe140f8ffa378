/**
 * A sosreport into what a snapshot is: one section for each command whose output it holds. What it does not hold is a section, too,
 * that names the missing file. Names of files are made as sos makes them (`report/plugins/__init__.py: _mangle_command`).
 */
import type { Section, Snapshot } from '../../shared/snapshot.ts';
import {
  CONNTRACK,
  DATABASES,
  HOST_NAMES,
  MANIFEST,
  NETWORKING,
  OPENVSWITCH,
  PACKAGES,
  type ReportFile,
  type ReportFiles,
  STATE_FOLDER,
} from './report.ts';

/** All names of the host, the likeliest first. */
export const hostNames = (files: ReportFiles): string[] => [
  ...new Set(
    HOST_NAMES.flatMap((path) => {
      const name = files.get(path)?.text?.trim().split('\n')[0]?.trim();
      return name === undefined || !/^[\w.-]{1,255}$/.test(name) ? [] : [name, name.split('.')[0]!];
    }),
  ),
];

/** Never throws, whatever the files hold. */
export function snapshotOfReport(files: ReportFiles): Snapshot {
  const read = reader(files);
  const [node] = hostNames(files);
  const times = [...files].flatMap(([path, { modified }]) => (path.startsWith(NETWORKING) ? [modified] : []));
  const collectedAt = timeText(times.reduce((a, b) => Math.max(a, b), 0));
  const { section, names } = namespaceList(files, read);
  return {
    header: { source: 'sosreport' },
    ...(node === undefined ? {} : { node }),
    ...(collectedAt === undefined ? {} : { collectedAt }),
    problems: [],
    sections: [
      section,
      ...names.flatMap((name) => [...namespaceSections(name, files, read), ...connections(name, files, read)]),
      ...switchSections(files, read),
      ...stateSections(files, read),
      ...[...files.keys()].flatMap((path) => (PACKAGES.test(path) ? [read('-', packagesCommand(path), path)] : [])),
    ],
  };
}

const packagesCommand = (path: string): string => (path.includes('/dpkg/') ? 'dpkg -l' : 'rpm -qa');

/** The year 2200 is as far as anybody's clock goes. */
const timeText = (seconds: number): string | undefined =>
  seconds > 0 && seconds < 7_258_118_400 ? new Date(seconds * 1000).toISOString() : undefined;

type Read = (namespace: string, command: string, path: string) => Section;

const missing = (namespace: string, command: string, reason: string): Section => ({
  namespace,
  command,
  stdout: '',
  stderr: [],
  missing: reason,
});

/** A section of a file that is there. sos writes standard error among the output, so that only its manifest tells how a command ended. */
function reader(files: ReportFiles): Read {
  const statuses = statusesOf(files.get(MANIFEST));
  return (namespace, command, path) => {
    const { text, reason } = files.get(path) ?? {};
    if (text === undefined) return missing(namespace, command, `${path}: ${reason ?? 'not in the report'}`);
    if (NEVER_EMPTY.test(command) && text.trim() === '') return missing(namespace, command, `${path}: empty`);
    const status = statuses.get(path) ?? 0;
    return { namespace, command, stdout: text, stderr: status === 0 ? [] : [text.slice(0, 200)], status };
  };
}

/** Every namespace has a device and rules, and a dump has a first line. */
const NEVER_EMPTY = /\b(address|route|rule|sysctl|dump-flows)\b/;

/** Exit status by path. The manifest is a file like any other: whatever it holds, numbers are taken where they are expected. */
function statusesOf(manifest: ReportFile | undefined): Map<string, number> {
  const statuses = new Map<string, number>();
  let value: unknown;
  try {
    value = JSON.parse(manifest?.text ?? '');
  } catch {
    return statuses;
  }
  const plugins = member(member(member(value, 'components'), 'report'), 'plugins');
  for (const name of ['networking', 'openvswitch']) {
    const commands = member(member(plugins, name), 'commands');
    for (const command of Array.isArray(commands) ? commands : []) {
      const [path, status] = [member(command, 'filepath'), member(command, 'return_code')];
      if (typeof path === 'string' && typeof status === 'number') statuses.set(path, status);
    }
  }
  return statuses;
}

const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null
    ? (Object.entries(value).find(([name]) => name === key) ?? [])[1]
    : undefined;

/** Files of namespaces that `ip netns` does not list are read all the same: then the list is not complete. */
function namespaceList(files: ReportFiles, read: Read): { section: Section; names: string[] } {
  const path = `${NETWORKING}/ip_netns`;
  const section = read('-', 'ip netns', path);
  const lines = section.stdout.split('\n').filter((line) => line.trim() !== '');
  const isList = lines.every((line) => /^\S+( \(id: \d+\))?\s*$/.test(line));
  const listed = isList ? lines.map((line) => line.split(' ')[0]!.trim()) : [];
  const seen = [...files.keys()].flatMap((file) => {
    const name =
      /\/namespaces\/([^/]+)\//.exec(file)?.[1] ??
      /\/ip_netns_exec_((?:qrouter|snat|fip|qdhcp)-[\w-]{36})_/.exec(file)?.[1];
    return name === undefined ? [] : [name];
  });
  const names = [...new Set([...listed, ...seen])];
  return { section: isList ? section : missing('-', 'ip netns', `${path}: no list of namespaces`), names };
}

/** What is read of each namespace: one command a line, the forms that versions of sos have run, the newest first. */
const COMMANDS: readonly (readonly string[])[] = [
  ['ip -d address show', 'ip address show'],
  ['ip -4 rule list', 'ip rule list', 'ip -4 rule', 'ip rule'],
  ['ip -6 rule list', 'ip -6 rule'],
  ['ip route show table all'],
  ['ip -s -s neigh show', 'ip neigh show'],
  ['sysctl -a'],
  ['iptables-save'],
  ['ip6tables-save'],
];

function namespaceSections(name: string, files: ReportFiles, read: Read): Section[] {
  const folder = `${NETWORKING}/namespaces/${name}`;
  // Since 4.3 each namespace has a folder; before, all files are in one.
  const places = [folder, NETWORKING];
  const found = COMMANDS.map((forms) => {
    const candidates = forms.flatMap((command) =>
      places.map((place) => ({ command, path: `${place}/${mangle(`ip netns exec ${name} ${command}`)}` })),
    );
    return {
      forms,
      there: candidates.find(({ path }) => files.has(path)),
      newest: candidates[0]!,
      flat: candidates[1]!,
    };
  });
  const isWhole = found.some(({ there }) => there !== undefined);
  const isFlat = ![...files.keys()].some((path) => path.startsWith(`${NETWORKING}/namespaces/`));
  return found.map(({ forms, there, newest, flat }) => {
    if (there) return read(name, there.command, there.path);
    const { path } = isFlat ? flat : newest;
    const reason = isWhole
      ? `the report has no file ${path}`
      : `the report has no file of this namespace, such as ${path}; sos can be limited to some namespaces`;
    return missing(name, forms[0]!, reason);
  });
}

/** Only with a kernel that has all modules for it (`plugins/conntrack.py`); nothing is expected of it. */
function connections(name: string, files: ReportFiles, read: Read): Section[] {
  const command = 'conntrack -L -o extended';
  const path = `${CONNTRACK}/${mangle(`ip netns exec ${name} ${command}`)}`;
  return files.has(path) ? [read(name, command, path)] : [];
}

/** `report/plugins/__init__.py: _mangle_command`. */
export const mangle = (command: string, mostLength = 255): string =>
  command
    .replace(/^\/(usr\/|)(bin|sbin)\//, '')
    .replace(/[^\w\-./]+/g, '_')
    .replaceAll('/', '.')
    .replace(/^[ ._-]+|[ ._-]+$/g, '')
    .slice(0, mostLength);

/** Open vSwitch has no namespace. A snap of it puts its name before the commands. */
function switchSections(files: ReportFiles, read: Read): Section[] {
  const outputs = [...files.keys()].flatMap((path) => {
    const [, name] = new RegExp(`^${OPENVSWITCH}/(?:openstack-hypervisor\\.)?([^/]+)$`).exec(path) ?? [];
    return name === undefined ? [] : [{ path, name }];
  });
  const list = outputs.find(({ name }) => name === 'ovs-vsctl_-t_5_list-br');
  const bridges = (list ? read('-', 'ovs-vsctl list-br', list.path).stdout : '')
    .split('\n')
    .filter((line) => /^\S+$/.test(line));
  const named = (text: string) => bridges.find((bridge) => mangle(bridge) === text) ?? text;
  const sections = outputs.map(({ path, name }) => {
    const [, options = '', verb, bridge] = /^ovs-ofctl_(-O_OpenFlow1\d_)?(show|dump-flows)_(.+)$/.exec(name) ?? [];
    const command =
      verb === undefined
        ? name.replaceAll('_', ' ')
        : `ovs-ofctl ${options.replaceAll('_', ' ')}${verb} ${named(bridge!)}`;
    return read('-', command, path);
  });
  const database = DATABASES.find((path) => files.has(path));
  const wanted = bridges.length > 0 ? bridges : ['br-int'];
  const undumped = wanted.filter((bridge) => !sections.some(({ command }) => command.endsWith(`dump-flows ${bridge}`)));
  return [
    ...sections,
    database === undefined
      ? missing('-', `cat /${DATABASES[0]}`, `the report has no file ${DATABASES.slice(0, 2).join(' or ')}`)
      : read('-', `cat /${database}`, database),
    ...undumped.map((bridge) => {
      const path = `${OPENVSWITCH}/${mangle(`ovs-ofctl dump-flows ${bridge}`)}`;
      return missing('-', `ovs-ofctl dump-flows ${bridge}`, `the report has no file ${path}`);
    }),
  ];
}

/** The state files of the L3 agent. The folder itself tells that they were looked for. */
function stateSections(files: ReportFiles, read: Read): Section[] {
  const inside = [...files.keys()].filter((path) => path.startsWith(`${STATE_FOLDER}/`));
  const folder = `test -d /${STATE_FOLDER}`;
  if (!files.has(STATE_FOLDER) && inside.length === 0)
    return [
      missing('-', `cat /${STATE_FOLDER}/fip-priorities`, `the report has nothing of the L3 agent in ${STATE_FOLDER}`),
    ];
  return [
    { namespace: '-', command: folder, stdout: '', stderr: [], status: 0 },
    ...inside.map((path) => read('-', `cat /${path}`, path)),
  ];
}

/** Every command of the collector only reads: what it may run is listed here, and it is held against that twice, by its text and by running it. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { COLLECTOR_SCRIPT, scriptFor } from '../../../server/collect/script.ts';
import { runScript } from '../../support/runScript.ts';
import { readShell } from '../../support/shellCommands.ts';
import type { ShellCommand } from '../../support/shellCommands.ts';

/** Programs, with all their arguments. Those with a language of their own are listed by their exact texts, or held against `readsOnly`. */
const PERMITTED = [
  /^awk -v most=\S+ NR <= most; END \{ if \(NR > most\) printf "cut: the first %d of %d lines\\n", most, NR > "\/dev\/stderr" \}$/,
  /^cat$/,
  /^conntrack -L( -f ipv6)?$/,
  /^date -u \+%Y-%m-%dT%H:%M:%SZ$/,
  /^dpkg-query -W [a-z0-9 -]+$/,
  /^grep -(E|vE) (\$plain|\^\[A-Za-z0-9\._-\]\+.*)$/,
  /^grep -q \^-A $/,
  /^grep -s {2}\/dev\/null( (ipv4|ipv6|netfilter)\/[\w.*/-]+)+$/,
  /^grep -s {2}\/dev\/null( \$@|( \.\/[\w./-]+)*)$/,
  /^grep -v not installed$/,
  /^id -u$/,
  /^ip -V$/,
  /^ip( -j)?( -d)?( -[46])? (addr|link|rule|neigh show|route show table all)$/,
  /^ip -j( -d)?( -[46])? -batch (-|\/dev\/null)$/,
  /^ip netns list$/,
  /^ip6?tables(-nft|-legacy)?-save( -V)?$/,
  /^ovs-appctl -vsyslog:off --timeout=\d+ fdb\/show \S+$/,
  /^ovs-ofctl -vsyslog:off --timeout=\d+ -O OpenFlow13 (dump-flows|show|dump-groups) \S+$/,
  /^ovs-vsctl --no-syslog --timeout=\d+ (list-br|show|-f json list (Bridge|Port|Interface|Open_vSwitch)|get Open_vSwitch \. next_cfg( cur_cfg)?)$/,
  /^ovs-vsctl --version$/,
  /^ps -e?o pid,ppid,comm,args$/,
  /^rpm -q [a-z0-9 -]+$/,
  /^sed (h; s,:\.\*,,; y,\.\/,\/\.,; s,\^,net\.,; G; s,\\n\[\^:\]\*:, = ,|s\/\^\/skipped, unusual namespace name: \/)$/,
  /^sh -c [^]*\ntrap '?refused="[\w :]+" refused_status=124'? TERM\nnamespace "\$1" sh \S+$/,
  /^ss -Hlntu$/,
  /^test -d \S+$/,
  /^tr (-d \[:cntrl:\]|-cd \[:print:\]\\n)$/,
  /^true$/,
  /^uname -(n|sr)$/,
  // Container engines: which containers there are, and one of the above inside a container that the engine itself named.
  /^(\$engine|docker|podman) ps --format \{\{\.Names\}\}$/,
  /^(\$engine|docker|podman) inspect --format \{\{\.State\.Pid\}\} \S+$/,
];

/** What runs the rest of its arguments, as the shell text has it and as it is started. */
const WRAPPERS = [
  /^timeout -k 5 (\$seconds|\d+) /,
  /^nsenter --net=(\$netns|\/var\/run\/netns\/[\w.-]+|\/proc\/self\/ns\/net) /,
  /^ip netns exec (?!\$@$)[\w.-]+ /,
  /^ip netns exec (?=\$@$)/,
  /^(\$ovs_engine exec \$ovs_container|(docker|podman) exec [\w.-]+) /,
];

/** Built into the shell; `$@` is a command that was checked where it was passed on; `eval` gets the script's own constant. */
const BUILTIN =
  /^(:|\[ .* \]|cd (\/proc\/sys\/net|\$state_root\$path)|command -v \S+|continue|eval \$functions|exit \$unread|export [\w ]+|printf [^]*|read -r \w+|return( \S+)?|set [^]*|shift( \d)?|trap kill \$! TERM HUP|wait \$!|unset [\w ]+|\$@|ip \$options (-batch -|\$subject))$/;

/** Our own functions that run the rest of their arguments, and how many come before those. */
const PASSED_ON: Record<string, number> = {
  section: 2,
  run: 1,
  limited: 1,
  within: 1,
  inside: 1,
  ovs: 0,
  has_rules: 0,
};

/** An awk program that starts nothing and writes nowhere but to its standard output. */
const readsOnly = (text: string): boolean =>
  text.startsWith('awk ') && !/\bsystem\b|\bgetline\b|\bclose\b|\bprintf?\b[^\n]*[|>]/.test(text);

const isPermitted = (text: string): boolean => {
  const wrapper = WRAPPERS.find((pattern) => pattern.test(text));
  if (wrapper) return isPermitted(text.replace(wrapper, ''));
  return BUILTIN.test(text) || readsOnly(text) || PERMITTED.some((pattern) => pattern.test(text));
};

/** What commands run in the end, when they are none of the script's plain functions. */
function ran(words: readonly string[], functions: ReadonlySet<string>): string[] {
  const [first, ...rest] = words;
  if (first === undefined) return [];
  if (!functions.has(first)) return [words.join(' ')];
  // `show NAMESPACE OPTIONS SUBJECT...` writes subjects into the standard input of `ip -batch`.
  if (first === 'show') return rest.slice(2).map((subject) => `ip ${rest[1]} ${subject}`);
  return Object.hasOwn(PASSED_ON, first) ? ran(rest.slice(PASSED_ON[first]), functions) : [];
}

/** What the commands of a text do that is not in the list. */
function violations(script: string): string[] {
  const outer = readShell(script);
  const inner = readShell(outer.commands.find(({ assigned }) => 'functions' in assigned)?.assigned['functions'] ?? '');
  const functions = new Set([...outer.functions, ...inner.functions]);
  return [...outer.commands, ...inner.commands].flatMap((command) => violationsOf(command, functions));
}

const READ_FROM =
  /^(>&[1-4-]|[<>]\/dev\/null|<\/proc\/(sys\/net\/netfilter\/nf_conntrack_count|net\/ip6?_tables_names))$/;

function violationsOf({ words, redirections }: ShellCommand, functions: ReadonlySet<string>): string[] {
  return [
    ...ran(words, functions).filter((text) => !isPermitted(text)),
    ...redirections.filter((redirection) => !READ_FROM.test(redirection)),
  ];
}

test('the text has nothing in it that is not a permitted read', () => {
  assert.deepEqual(violations(COLLECTOR_SCRIPT), []);
});

test('the check sees a write wherever it hides', () => {
  const rows: [added: string, seen: string][] = [
    ['ip link delete qr-1', 'ip link delete qr-1'],
    ['true && rm -rf /tmp/x', 'rm -rf /tmp/x'],
    ['show - -4 "rule add from 192.0.2.1"', 'ip -4 rule add from 192.0.2.1'],
    ['ovs ovs-ofctl --timeout=1 del-flows br-int', 'ovs-ofctl --timeout=1 del-flows br-int'],
    ['within 5 rm -rf /', 'rm -rf /'],
    ['inside qrouter-1 ip link delete x', 'ip link delete x'],
    ['timeout -k 5 10 nsenter --net=$netns rm x', 'timeout -k 5 10 nsenter --net=$netns rm x'],
    ['awk "{ print > file }"', 'awk { print > file }'],
    ['has_rules iptables-restore', 'iptables-restore'],
    ['docker rm x', 'docker rm x'],
    ['printf "%s" "$(ovs-vsctl del-br br-int)"', 'ovs-vsctl del-br br-int'],
    ['section - "ip netns list" ip netns delete x', 'ip netns delete x'],
    ['run - limited 5 sysctl -w a=1', 'sysctl -w a=1'],
    ['printf x >/etc/motd', '>/etc/motd'],
    ['printf x >>"$HOME/.profile"', '>>$HOME/.profile'],
    ['if iptables -F; then continue; fi', 'iptables -F'],
    ['case $1 in a) conntrack -F ;; esac', 'conntrack -F'],
    ['awk "BEGIN { system(1) }"', 'awk BEGIN { system(1) }'],
    ['eval "$1"', 'eval $1'],
    ['cd /tmp', 'cd /tmp'],
  ];
  for (const [added, seen] of rows) {
    assert.ok(violations(COLLECTOR_SCRIPT.replace('\nopenvswitch() {\n', `$&  ${added}\n`)).includes(seen), added);
    const quoted = added.replaceAll("'", '');
    assert.ok(
      violations(COLLECTOR_SCRIPT.replace('\nnamespace() {\n', `$&  ${quoted}\n`)).includes(seen),
      `inside: ${added}`,
    );
  }
});

test('a run starts no program but the permitted ones', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-spies-'));
  const log = join(folder, '.log');
  const names = await spies(folder, log);
  const { status, stdout } = await runScript(scriptFor('n1', folder), ['/bin/sh', '-s'], { PATH: folder });
  const started = (await readFile(log, 'utf8')).split('\0\u0001\0').slice(0, -1);
  await rm(folder, { recursive: true });
  assert.equal(status, 0);
  assert.match(stdout, /^dvrscope-snapshot 1\nnode: n1\n/);
  assert.ok(names.includes('uname') && started.length > 10, 'the spies were called');
  for (const line of started.map((text) => text.replaceAll('\0', ' '))) assert.ok(isPermitted(line), line);
});

/** For every program of this machine a shell script of its name that notes its arguments and goes on as the program. */
async function spies(folder: string, log: string): Promise<string[]> {
  const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const lists = await Promise.all(folders.map(async (path) => readdir(path).catch((): string[] => [])));
  const names = [...new Set(lists.flat())];
  const spy = join(folder, '.spy');
  const find = folders.map((path) => `[ ! -x "${path}/$name" ] || exec "${path}/$name" "$@"`);
  await writeFile(log, '');
  await writeFile(
    spy,
    `#!/bin/sh\nname=\${0##*/}\nprintf '%s\\0' "$name" "$@" "\u0001" >>'${log}'\n${find.join('\n')}\nexit 127\n`,
  );
  await chmod(spy, 0o755);
  await Promise.all(names.map(async (name) => symlink(spy, join(folder, name))));
  return names;
}

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

/** Programs, with all their arguments. Those with a language of their own (awk, sed) are listed by their exact texts. */
const PERMITTED = [
  /^awk -v most=\S+ NR <= most; END \{ if \(NR > most\) printf "cut: the first %d of %d lines\\n", most, NR > "\/dev\/stderr" \}$/,
  /^awk \/\^@@ \/ \{ printf " " \} \{ print \} \S+$/,
  /^conntrack -L( -f ipv6)?$/,
  /^date -u \+%Y-%m-%dT%H:%M:%SZ$/,
  /^grep -(E|vE) (\$plain|\^\[A-Za-z0-9\._-\]\+.*)$/,
  /^grep -s {2}\/dev\/null( (ipv4|ipv6|netfilter)\/[\w.*/-]+)+$/,
  /^id -u$/,
  /^ip -j( -d)?( -[46])? (addr|link|rule|neigh show|route show table all)$/,
  /^ip netns exec \S+ sh -c [^]*\nnamespace "\$1" sh \S+$/,
  /^ip netns list$/,
  /^ip6?tables-save$/,
  /^ovs-ofctl --timeout=\d+ -O OpenFlow13 (dump-flows|show|dump-groups) \S+$/,
  /^ovs-vsctl --timeout=\d+ (list-br|show|-f json list (Bridge|Port|Interface))$/,
  /^sed (h; s,:\.\*,,; y,\.\/,\/\.,; s,\^,net\.,; G; s,\\n\[\^:\]\*:, = ,|s\/\^\/skipped, unusual namespace name: \/)$/,
  /^sh -c [^]*\nnamespace "\$1" sh \S+$/,
  /^ss -Hlntu$/,
  /^test -d \S+$/,
  /^tr (-d \[:cntrl:\]|-cd \[:print:\]\\n)$/,
  /^uname -n$/,
];

/** Built into the shell; `$@` is a command that was checked where it was passed on; `eval` gets the script's own constant. */
const BUILTIN =
  /^(\[ .* \]|cd \/proc\/sys\/net|continue|eval \$functions|export LC_ALL PATH|printf [^]*|read -r line|return( \S+)?|shift( 2)?|unset [\w ]+|\$@)$/;

/** Our own functions that run the rest of their arguments, and how many come before those. */
const PASSED_ON: Record<string, number> = { section: 2, run: 1, limited: 1 };

/** What a command runs in the end, when it is none of the script's plain functions. */
function ran(words: readonly string[], functions: ReadonlySet<string>): string | undefined {
  const [first, ...rest] = words;
  if (first === undefined) return undefined;
  if (!functions.has(first)) return words.join(' ');
  return Object.hasOwn(PASSED_ON, first) ? ran(rest.slice(PASSED_ON[first]), functions) : undefined;
}

/** What the commands of a text do that is not in the list. */
function violations(script: string): string[] {
  const outer = readShell(script);
  const inner = readShell(outer.commands.find(({ assigned }) => 'functions' in assigned)?.assigned['functions'] ?? '');
  const functions = new Set([...outer.functions, ...inner.functions]);
  return [...outer.commands, ...inner.commands].flatMap((command) => violationsOf(command, functions));
}

function violationsOf({ words, redirections }: ShellCommand, functions: ReadonlySet<string>): string[] {
  const text = ran(words, functions);
  const permitted = text === undefined || [BUILTIN, ...PERMITTED].some((pattern) => pattern.test(text));
  const written = redirections.filter((redirection) => !/^(>&[1-4-]|[<>]\/dev\/null)$/.test(redirection));
  return [...(permitted ? [] : [text]), ...written];
}

test('the text has nothing in it that is not a permitted read', () => {
  assert.deepEqual(violations(COLLECTOR_SCRIPT), []);
});

test('the check sees a write wherever it hides', () => {
  const rows: [added: string, seen: string][] = [
    ['ip link delete qr-1', 'ip link delete qr-1'],
    ['true && rm -rf /tmp/x', 'true'],
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
  for (const line of started.map((text) => text.replaceAll('\0', ' ')))
    assert.ok(
      PERMITTED.some((pattern) => pattern.test(line)),
      line,
    );
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

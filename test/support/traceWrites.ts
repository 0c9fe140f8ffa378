/** What a shell text changes on this machine, as strace(1) saw it: files, the network configuration, the firewall, modules, the log. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScript, type ScriptRun } from './runScript.ts';

/** Calls that change something by themselves whenever they succeed. */
const CHANGES = (
  'creat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir link linkat symlink symlinkat mknod mknodat chmod fchmod fchmodat ' +
  'chown fchown lchown fchownat truncate ftruncate fallocate utime utimes futimesat utimensat setxattr lsetxattr fsetxattr removexattr ' +
  'mount umount2 init_module finit_module delete_module sethostname setdomainname settimeofday clock_settime swapon swapoff reboot'
).split(' ');

/** Calls that change something with some arguments. */
const LOOKED_AT = 'open openat openat2 execve connect socket setsockopt sendto sendmsg sendmmsg'.split(' ');

/** Runs the text and gives a line for each change. */
export async function traceWrites(script: string): Promise<ScriptRun & { writes: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-strace-'));
  // `?`: a call that this processor does not have.
  const calls = [...CHANGES, ...LOOKED_AT].map((name) => `?${name}`).join(',');
  // One file a process, so that no call is torn by another.
  const strace = ['strace', '-ff', '-qq', '-s', '400', '-o', join(folder, 'trace'), '-e', `trace=${calls}`];
  const run = await runScript(script, [...strace, 'sh', '-s']);
  const files = await readdir(folder);
  const texts = await Promise.all(files.map(async (name) => readFile(join(folder, name), 'utf8')));
  await rm(folder, { recursive: true });
  if (texts.length === 0) throw new Error(`strace: ${run.stderr}`);
  return { ...run, writes: texts.flatMap(writesOf) };
}

/** @param text the calls of one process */
function writesOf(text: string): string[] {
  const netlink = new Map<string, string>();
  return text.split('\n').filter((line) => {
    const [, call, fd] = /^(\w+)\((\d+)?/.exec(line) ?? [];
    if (call === undefined) return false;
    const made = /^socket\(AF_NETLINK, [^,]*, (\w+)\) = (\d+)/.exec(line);
    if (made) netlink.set(made[2]!, made[1]!);
    if (call.startsWith('send')) return !isQuestion(line, netlink.get(fd ?? ''));
    return isChange(call, line);
  });
}

function isChange(call: string, line: string): boolean {
  const failed = / = -1 E/.test(line);
  if (call.startsWith('open'))
    return !failed && /O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)/.test(line) && !/"\/dev\/(null|tty)"/.test(line);
  if (call === 'execve') return /"[^"]*\/(modprobe|insmod|rmmod|systemctl|service)"/.test(line);
  if (call === 'connect') return line.includes('"/dev/log"');
  // Legacy iptables replaces whole tables by socket options.
  if (call === 'setsockopt') return /\b(SOL_IP|SOL_IPV6|SOL_IPV4), (IPT_SO_SET|IP6T_SO_SET|0x40\b)/.test(line);
  return CHANGES.includes(call) && !failed;
}

/** Of nf_tables and conntrack (`nfnetlink.h: NFNL_SUBSYS_*`), the numbers of messages that ask (`nf_tables.h`, `nfnetlink_conntrack.h`). */
const QUESTIONS: Readonly<Record<number, readonly number[]>> = {
  1: [1, 4, 5],
  10: [1, 4, 7, 10, 13, 16],
  // nft_compat: which revision of a match there is.
  11: [0],
};

/** Whether what is sent over a socket only asks. Other sockets (databases, name services) are held by the list of commands. */
function isQuestion(line: string, protocol: string | undefined): boolean {
  return [...line.matchAll(/nlmsg_type=(0x[0-9a-f]+|[A-Z][\w<|]*)/g)].every(([, type = '']) => {
    if (protocol === 'NETLINK_SOCK_DIAG') return true;
    if (!type.startsWith('0x')) return /GET|SOCK_DIAG_BY_FAMILY|NLMSG_(DONE|NOOP)/.test(type);
    const number = Number(type);
    // `rtnetlink.h`: of four messages each, NEW, DEL, GET, SET.
    if (protocol !== 'NETLINK_NETFILTER') return number % 4 === 2;
    return QUESTIONS[number >> 8]?.includes(number & 0xff) ?? false;
  });
}

/** The SSH configuration as we read it, held against `ssh -G`: written cases, and random ones. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { configReader } from '../../../server/collect/config/file.ts';
import { configLines } from '../../../server/collect/config/lines.ts';
import { parseJumps } from '../../../server/collect/config/jumps.ts';
import { readConfig, type ConfigPlace } from '../../../server/collect/config/resolve.ts';
import { findProgram } from '../../support/openssh.ts';

const run = promisify(execFile);
const HOSTS = ['compute1', 'net1', 'a.example.org', '192.0.2.7', 'UPPER'];

/** Keywords whose values must be those of ssh. */
const PLAIN = ['hostname', 'port', 'user', 'hostkeyalias', 'connecttimeout', 'proxycommand'];
/** What ssh does not print, being the same as nothing. */
const isNone = (value: string | undefined): boolean => value?.toLowerCase() === 'none';
const DEFAULTS: Readonly<Record<string, string>> = { port: '22', user: userInfo().username, connecttimeout: 'none' };

const place = (userFile: string, home = '/nowhere', systemFile?: string): ConfigPlace => ({
  userFile,
  systemFile,
  home,
  localUser: userInfo().username,
  read: configReader(),
});

/** What ssh says, by keyword. */
function printed(stdout: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const line of stdout.trim().split('\n')) {
    const [, keyword, value] = /^(\S+) ?(.*)$/.exec(line)!;
    values.set(keyword!, [...(values.get(keyword!) ?? []), value!]);
  }
  return values;
}

const seconds = (text: string): string => {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
  const parts = [...text.matchAll(/(\d+)([smh]?)/g)];
  return text === 'none' ? text : String(parts.reduce((sum, [, n, unit]) => sum + Number(n) * (units[unit!] ?? 1), 0));
};

/** The comparable part of both, in one form. */
function ours(host: string, where: ConfigPlace): Record<string, unknown> {
  const { values } = readConfig(where, { names: [host] });
  const jump = values.get('proxyjump')?.[0];
  return {
    ...Object.fromEntries(
      PLAIN.map((keyword) => {
        const value = values.get(keyword)?.[0] ?? DEFAULTS[keyword];
        if (keyword === 'connecttimeout') return [keyword, seconds(value!)];
        return [keyword, keyword === 'proxycommand' && isNone(value) ? undefined : value];
      }),
    ),
    identityfile: values.get('identityfile'),
    userknownhostsfile: values.get('userknownhostsfile')?.join(' '),
    globalknownhostsfile: values.get('globalknownhostsfile')?.join(' '),
    identitiesonly: values.get('identitiesonly')?.[0] ?? 'no',
    identityagent: values.get('identityagent')?.[0],
    stricthostkeychecking: values.get('stricthostkeychecking')?.[0] ?? 'ask',
    proxyjump: jump === undefined || isNone(jump) ? undefined : parseJumps(jump),
  };
}

const BOOLEAN: Readonly<Record<string, string>> = { true: 'yes', false: 'no', off: 'no' };

function theirs(stdout: string, like: Record<string, unknown>): Record<string, unknown> {
  const values = printed(stdout);
  const first = (keyword: string): string | undefined => values.get(keyword)?.[0];
  const given = (keyword: string, value: unknown): unknown => (like[keyword] === undefined ? undefined : value);
  const jump = first('proxyjump');
  return {
    ...Object.fromEntries(PLAIN.map((keyword) => [keyword, first(keyword)])),
    // Not set by the configuration: ssh prints its defaults.
    identityfile: given('identityfile', values.get('identityfile')),
    userknownhostsfile: given('userknownhostsfile', first('userknownhostsfile')),
    globalknownhostsfile: given('globalknownhostsfile', first('globalknownhostsfile')),
    identitiesonly: first('identitiesonly'),
    identityagent: first('identityagent'),
    stricthostkeychecking: BOOLEAN[first('stricthostkeychecking')!] ?? first('stricthostkeychecking'),
    proxyjump: jump === undefined || isNone(jump) ? undefined : parseJumps(jump),
  };
}

/** Every case is one file, or several; `DIR` is their folder. */
const CASES: Readonly<Record<string, string | Record<string, string>>> = {
  'first value wins': 'Host compute1\n Port 2222\n User one\nHost *\n Port 22\n User two\n',
  'before any Host': 'Port 2022\nUser first\nHost compute1\nPort 1\n',
  'several patterns': 'Host net1 compute?\n HostName 10.0.0.1\nHost *.example.org 192.0.2.*\n HostName %h.internal\n',
  negation: 'Host * !net1\n User ops\nHost !compute1\n Port 99\nHost !compute1 *\n Port 98\n',
  'negation that excludes first': 'Host !net1 net1 *\n User ops\n',
  'patterns are no lists': 'Host compute1,net1\n User both\n',
  'case of a Host': 'Host upper\n Port 1\nHost UPPER\n Port 2\nHost Compute1\n Port 3\n',
  'case of a Match': 'Match host upper\n Port 1\nMatch host COMPUTE1\n Port 3\nMatch originalhost NET1\n Port 4\n',
  'equals sign': 'Host=compute1\nPort=2222\nUser = me\nHostName= x.example\nHost = net1\n\tUser\t=\tyou\n',
  quotes: 'Host "compute1" \'net1\'\n User "my name"\n IdentityFile "/tmp/with space/id"\n',
  escapes: String.raw`Host compute1
 IdentityFile /tmp/with\ space
 IdentityFile "/tmp/a\"b"
 IdentityFile /tmp/back\\slash
 IdentityFile /tmp/other\nescape
`,
  comments: '# Host *\nHost compute1 # net1\n Port 2222 # no\n  # User x\n User a#b\n',
  'carriage returns and indentation': 'Host compute1 \r\n\tPort 2222 \r\n    User me\t \n',
  'keywords in any case': 'HOST compute1\n pOrT 2222\n HOSTNAME 10.1.1.1\nmatch ALL\n USER all\n',
  'percent in HostName': 'Host compute1\n HostName %h-%%-%h.x\n',
  'Match host sees HostName':
    'Host compute1\n HostName 10.9.9.9\nMatch host 10.9.*\n User inner\nMatch host compute1\n Port 7\n',
  'Match originalhost': 'Host compute1\n HostName 10.9.9.9\nMatch originalhost compute*\n User outer\n',
  'Match lists': 'Match host net1,compute1\n User a\nMatch host *,!net1\n Port 9\nMatch host !net1\n Port 10\n',
  'Match negated': 'Match !host net1\n Port 9\nMatch host * !originalhost compute1\n User x\n',
  'Match user': 'Host net1\n User ops\nMatch user ops\n Port 1\nMatch !user ops\n Port 2\n',
  'Match localuser': `Match localuser ${userInfo().username}\n Port 1\nMatch localuser nobody-such\n Port 2\n`,
  'Match all': 'Match all\n Port 5\n',
  'Match not all': 'Match !all\n Port 5\n',
  'Match final':
    'Host compute1\n HostName Real.Example\nMatch final host real.example\n User final\nHost real.example\n Port 77\n',
  'Match final all': 'Host net1\n HostName n.example\nMatch final all\n Port 3\nHost n.*\n User second\n',
  'Match not final': 'Match !final\n Port 4\nMatch final\n Port 5\n User five\n',
  'Match canonical': 'Match canonical\n Port 4\nMatch !canonical all\n Port 6\n',
  'Match with equals': 'Match host=compute1 user=root\n Port 8\nMatch "host" "net1"\n Port 9\n',
  'identity files add up':
    'Host compute1\n IdentityFile ~/.ssh/a\n IdentityFile ~/.ssh/b\nHost *\n IdentityFile ~/.ssh/c\n IdentityFile ~/.ssh/a\n',
  'identity tokens': 'IdentityFile ~/.ssh/%h-%r-%p\nIdentityFile /k/${HOME}/%d\nIdentitiesOnly yes\n',
  'identities only': 'Host net1\n IdentitiesOnly yes\nHost *\n IdentitiesOnly no\n',
  agents:
    'Host net1\n IdentityAgent none\nHost compute1\n IdentityAgent SSH_AUTH_SOCK\nHost *\n IdentityAgent /run/agent\n',
  'known hosts files':
    'Host net1\n UserKnownHostsFile /a/one /a/two\n GlobalKnownHostsFile /b/one\nHost *\n UserKnownHostsFile /c\n',
  'no known hosts files': 'UserKnownHostsFile none\nGlobalKnownHostsFile none\n',
  'host key': 'Host net1\n HostKeyAlias same\n StrictHostKeyChecking yes\nHost *\n StrictHostKeyChecking accept-new\n',
  'host key off': 'StrictHostKeyChecking no\n',
  timeouts: 'Host net1\n ConnectTimeout 10\nHost compute1\n ConnectTimeout 1m30s\nHost *\n ConnectTimeout none\n',
  jump: 'Host compute1\n ProxyJump bastion\nHost net1\n ProxyJump ops@bastion:2222\nHost *\n ProxyJump a,ssh://u@b:22,[2001:db8::1]:2200\n',
  'jump none': 'Host compute1\n ProxyJump none\nHost *\n ProxyJump bastion\n',
  'jump none in capitals': 'Host compute1\n ProxyJump NONE\nHost *\n ProxyJump bastion\n',
  'jump with a comment': 'Host *\n ProxyJump one,two # three\n',
  'jump before command': 'Host compute1\n ProxyJump bastion\nHost *\n ProxyCommand nc %h %p\n',
  'command before jump': 'Host compute1\n ProxyCommand nc "a b" %h # x\nHost *\n ProxyJump bastion\n',
  'command none': 'Host compute1\n ProxyCommand none\nHost *\n ProxyCommand nc %h %p\n',
  'command none before jump': 'Host compute1\n ProxyCommand none\nHost *\n ProxyJump bastion\n',
  'command after jump none': 'Host compute1\n ProxyJump none\nHost *\n ProxyCommand nc %h %p\n ProxyJump x\n',
  include: {
    config: 'Include DIR/more/*.conf\nHost *\n Port 9\n',
    'more/10-a.conf': 'Host compute1\n Port 1\n',
    'more/20-b.conf': 'Port 2\nUser two\n',
    'more/.hidden.conf': 'User hidden\n',
    'more/readme': 'User no\n',
  },
  'include within Host': {
    config: 'Host compute1\n Include DIR/inner\n User after\nHost *\n User rest\n',
    inner: 'Port 7\nHost net1\n Port 8\nHost *\n HostName x\n',
  },
  'include keeps the block': { config: 'Host net1\n Include DIR/inner\n Port 3\n', inner: 'Host other\n User no\n' },
  'include of several': {
    config: 'Include DIR/one DIR/absent "DIR/t?o" DIR/[a-f]our\n',
    one: 'Port 1\n',
    two: 'User two\n',
    four: 'HostName four\n',
    zour: 'HostKeyAlias no\n',
  },
  'include that excludes': { config: 'Include DIR/[!a]x\n', ax: 'Port 1\n', bx: 'Port 2\n' },
  'include of an include': {
    config: 'Include DIR/a\nPort 3\n',
    a: 'Include DIR/b\nUser a\n',
    b: 'Match host compute1\n User b\n',
  },
  'final in an include that does not apply': {
    config: 'Host nobody\n Include DIR/a\nHost real\n User again\nHost compute1\n HostName REAL\n',
    a: 'Match final\n Port 3\n',
  },
};

describe('ssh -G', { skip: !findProgram('ssh') && 'no ssh' }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dvrscope-config-'));
  });
  after(async () => rm(folder, { recursive: true, force: true }));

  const compare = async (files: Record<string, string>, hosts: readonly string[], base: string): Promise<void> => {
    for (const [name, text] of Object.entries(files)) {
      // oxlint-disable-next-line no-await-in-loop -- a few small files
      await mkdir(dirname(join(base, name)), { recursive: true });
      // oxlint-disable-next-line no-await-in-loop
      await writeFile(join(base, name), text.replaceAll('DIR', base), { mode: 0o600 });
    }
    const config = join(base, 'config');
    for (const host of hosts) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, on two processors
      const { stdout } = await run('ssh', ['-G', '-F', config, host]).catch((error: Error) =>
        assert.fail(error.message),
      );
      const mine = ours(host, place(config));
      assert.deepEqual(mine, theirs(stdout, mine), `${host}:\n${Object.values(files).join('\n--\n')}`);
    }
  };

  let count = 0;
  for (const [name, files] of Object.entries(CASES))
    test(name, async () =>
      compare(typeof files === 'string' ? { config: files } : files, HOSTS, join(folder, `case${++count}`)),
    );

  test('random configurations', async () => {
    const name = fc.constantFrom('compute1', 'net1', 'net*', '*', '!net1', '!c*', '192.0.2.?', 'x.y');
    const setting = fc.constantFrom(
      'Port 2201',
      'Port 2202',
      'User alice',
      'User bob',
      'HostName h1',
      'HostName %h.d',
      'IdentityFile /k1',
      'IdentityFile /k2',
      'ProxyJump j1',
      'ProxyJump none',
      'ProxyCommand none',
      'ProxyCommand nc %h',
      'ConnectTimeout 7',
      'StrictHostKeyChecking yes',
      'IdentitiesOnly yes',
      'HostKeyAlias alias',
    );
    const criterion = fc.constantFrom(
      'host h1',
      '!host net*',
      'user alice',
      '!user bob',
      'originalhost net1',
      'final',
      '!final',
      'canonical',
    );
    const head = fc.oneof(
      fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `Host ${names.join(' ')}`),
      fc.array(criterion, { minLength: 1, maxLength: 3 }).map((criteria) => `Match ${criteria.join(' ')}`),
    );
    const block = fc
      .tuple(head, fc.array(setting, { maxLength: 3 }))
      .map(([first, rest]) => [first, ...rest].join('\n  '));
    const config = fc.array(block, { minLength: 1, maxLength: 6 }).map((blocks) => `${blocks.join('\n')}\n`);
    const base = join(folder, 'random');
    await fc.assert(
      fc.asyncProperty(config, fc.constantFrom('compute1', 'net1', 'net2', '192.0.2.7'), async (text, host) =>
        compare({ config: text }, [host], base),
      ),
      { seed: 3, numRuns: 250 },
    );
  });

  test('random lines: quotes, escapes, comments, separators', async () => {
    const piece = fc.constantFrom('"', "'", '\\', ' ', '=', '#', 'a', 'b', '\t', ',');
    const keyword = fc.constantFrom('IdentityFile', 'User', 'HostName', 'Host', 'Match host', 'UserKnownHostsFile');
    const line = fc.tuple(
      keyword,
      fc.constantFrom(' ', '=', ' = ', '\t'),
      fc.string({ unit: piece, minLength: 1, maxLength: 8 }),
    );
    const config = fc.array(line, { minLength: 1, maxLength: 2 }).map((all) => all.map((parts) => parts.join('')));
    const file = join(folder, 'lines');
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(config, fc.constantFrom('a', 'b', 'ab'), async (lines, host) => {
        await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
        // What ssh refuses altogether is none of its configurations.
        const ran = await run('ssh', ['-G', '-F', file, host]).catch(() => undefined);
        if (!ran) return;
        compared++;
        const mine = ours(host, place(file));
        assert.deepEqual(mine, theirs(ran.stdout, mine), lines.join('\n'));
      }),
      { seed: 5, numRuns: 500 },
    );
    assert.ok(compared > 100, `${compared} were configurations`);
  });

  test('a user’s file, then the system’s, relative includes', { skip: !canMount() && 'needs root' }, async () => {
    const [home, etc] = [join(folder, 'home'), join(folder, 'etc')];
    const files: Record<string, string> = {
      'home/.ssh/config': 'Include more ~/.ssh/conf.d/*\nHost net1\n User user\n IdentityFile ~/.ssh/id_user\n',
      'home/.ssh/more': 'Host compute1\n Port 11\n',
      'home/.ssh/conf.d/a': 'Host compute1\n ConnectTimeout 11\n',
      'etc/ssh_config': 'Include ssh_config.d/*.conf\nHost *\n User system\n Port 13\n IdentityFile ~/.ssh/id_system\n',
      'etc/ssh_config.d/x.conf': 'Host net1\n HostKeyAlias x\n',
    };
    for (const [name, text] of Object.entries(files)) {
      // oxlint-disable-next-line no-await-in-loop
      await mkdir(dirname(join(folder, name)), { recursive: true });
      // oxlint-disable-next-line no-await-in-loop
      await writeFile(join(folder, name), text, { mode: 0o644 });
    }
    const script = 'mount --bind "$1" "$3" && mount --bind "$2" /etc/ssh && exec ssh -G "$4"';
    for (const host of ['compute1', 'net1', 'other']) {
      // oxlint-disable-next-line no-await-in-loop
      const { stdout } = await run('unshare', ['-m', 'sh', '-c', script, 'sh', home, etc, userInfo().homedir, host]);
      const where = place(join(home, '.ssh/config'), home, join(etc, 'ssh_config'));
      // The system's relative includes are below /etc/ssh, which is this folder only inside the namespace.
      const system = files['etc/ssh_config']!.replace('ssh_config.d', `${etc}/ssh_config.d`);
      const read: ConfigPlace['read'] = (path, own) =>
        path === where.systemFile ? { lines: configLines(system, path) } : where.read(path, own);
      const mine = ours(host, { ...where, read });
      assert.deepEqual(mine, theirs(stdout, mine), host);
    }
  });

  test('a file that others may write is left out, as ssh refuses it', async () => {
    const base = join(folder, 'open');
    await mkdir(base);
    await writeFile(join(base, 'config'), 'Port 1\n');
    await chmod(join(base, 'config'), 0o666);
    const { values, notes } = readConfig(place(join(base, 'config')), { names: ['h'] });
    assert.equal(values.get('port'), undefined);
    assert.match(notes.join(), /others than you may write it/);
  });
});

function canMount(): boolean {
  return process.getuid?.() === 0 && findProgram('unshare') !== undefined && !process.env['DVRSCOPE_NO_ROOT'];
}

test('Match exec is never run, and said', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-exec-'));
  const config = join(folder, 'config');
  await writeFile(config, `Match exec "touch ${folder}/ran"\n Port 1\nMatch tagged x\n Port 2\nHost *\n Port 3\n`, {
    mode: 0o600,
  });
  const { values, notes } = readConfig(place(config), { names: ['h'] });
  assert.deepEqual(values.get('port'), ['3']);
  assert.equal(notes.length, 2);
  assert.match(notes[0]!, /line 1: Match exec is never run/);
  assert.match(notes[1]!, /line 3: "Match tagged" is not supported/);
  await assert.rejects(run('ls', [join(folder, 'ran')]));
  await rm(folder, { recursive: true });
});

test('any text is read', () => {
  const word = fc.constantFrom(
    'Host',
    'Match',
    'Include',
    'final',
    'all',
    'host',
    '"',
    "'",
    '\\',
    '=',
    ' ',
    '\n',
    '*',
    '!',
    '%h',
    '~',
    '[',
    ']',
    '#',
    'x',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 30 }), (words) => {
      readConfig({ ...place('f'), read: () => ({ lines: configLines(words.join(''), 'f') }) }, { names: ['h'] });
    }),
    { seed: 1, numRuns: 500 },
  );
});

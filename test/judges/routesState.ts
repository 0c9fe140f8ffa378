/** Random rules, routes and settings of a namespace. What is rare in life is frequent here: each part of each is to decide now and then. */
import type { Family, Sysctl } from '../../shared/state.ts';
import type { Random } from './random.ts';
import type { Setup } from './setup.ts';

/** Devices of every random namespace. */
export const DEVICES = ['qr-a', 'qr-b', 'rfp-c'] as const;

const TABLES = ['main', '16', '77', '167772161'];

/** A setup whose name is the seed. */
export function randomSetup(random: Random, seed: number): Setup {
  const addresses = DEVICES.flatMap((dev, i) => [
    `addr add 10.${i}.0.1/${random.pick([24, 24, 16, 20])} broadcast + dev ${dev}`,
    `addr add 2001:db8:${i}::1/${random.pick([64, 64, 48])} dev ${dev} nodad`,
  ]);
  if (random.oneIn(3)) addresses.push(`addr add 10.3.1.9/32 dev ${random.pick(DEVICES)}`);
  if (random.oneIn(6)) addresses.push(`addr del 10.2.0.1/24 dev rfp-c`);
  const linesOf = (isFour: boolean): string[] => [
    // With a way in each table it is the rules that choose.
    ...TABLES.flatMap((table, n) => (random.oneIn(3) ? [] : randomDefaults(random, isFour, table, n))),
    ...(isFour || random.oneIn(2) ? [] : [randomLinkLocal(random)]),
    // Not in the table local: as long as there was never a rule of one's own, the kernel searches that and main as one.
    ...(isFour && random.oneIn(3) ? [`route add local 10.3.${random.below(3)}.0/24 dev ${random.pick(DEVICES)} table main`] : []), // prettier-ignore
    ...Array.from({ length: random.below(12) }, () => randomRoute(random, isFour)),
    ...(random.oneIn(12) ? ['rule del pref 0', 'rule add pref 20 table local'] : []),
    ...randomRules(random, isFour),
  ];
  const pool = { inet: randomPool(random, 'inet'), inet6: randomPool(random, 'inet6') };
  const sysctls = randomSysctls(random);
  return {
    name: `seed ${seed}`,
    devices: DEVICES,
    addresses,
    inet: linesOf(true),
    inet6: linesOf(false),
    sysctls,
    pool,
    ...(random.oneIn(5) && { withoutCarrier: random.below(3) }),
  };
}

const STRANGE = ['8.8.8.8', '8.8.8.8', '255.255.255.255', '224.0.0.5', '0.0.0.1', '127.0.0.5', '240.0.0.1'];
const STRANGE6 = ['2001:4860::8888', '2001:4860::8888', 'fe80::5', 'fe80::5', 'fe80::9', 'ff02::5', 'ff05::9'];

function randomPool(random: Random, family: Family): string[] {
  const own = [0, 1, 2].map((i) => (family === 'inet' ? `10.${i}.0.1` : `2001:db8:${i}::1`));
  const made = Array.from({ length: 40 }, () => {
    const [network, subnet] = [random.below(4), random.below(3)];
    const last = random.pick([0, 1, 2, 5, 9, 200, 255]);
    return family === 'inet'
      ? `10.${network}.${subnet}.${last}`
      : `2001:db8:${network}:${subnet}::${last.toString(16)}`;
  });
  return [...own, ...made, ...(family === 'inet' ? STRANGE : STRANGE6)];
}

const gatewayOf = (random: Random, isFour: boolean, i: number): string =>
  isFour ? `10.${i}.0.${random.pick([2, 3])}` : random.pick([`2001:db8:${i}::2`, `fe80::${i + 1}`]);

const hopOf = (random: Random, isFour: boolean, i: number): string =>
  `via ${gatewayOf(random, isFour, i)} dev ${DEVICES[i]!}${isFour ? ' onlink' : ''}`;

/** One way, and sometimes another that is like it. */
function randomDefaults(random: Random, isFour: boolean, table: string, n: number): string[] {
  const prefix = random.pick(
    isFour ? ['default', '0.0.0.0/1', '10.0.0.0/8', '10.0.0.0/15'] : ['default', '2000::/3', '2001:db8::/32'],
  );
  const line = (i: number): string => `route append ${prefix} ${hopOf(random, isFour, i % 3)} table ${table}`;
  const i = n + random.below(2);
  return isFour && random.oneIn(4) ? [line(i), line(i + 1), line(i + 2)] : [line(i)];
}

const randomLinkLocal = (random: Random): string =>
  `route add ${random.pick(['fe80::/16', 'fe80::/10', 'fe80::5/128'])} dev ${random.pick(DEVICES)} table ${random.pick(TABLES)} metric ${random.pick([10, 300])}`;

function randomPrefix(random: Random, isFour: boolean): string {
  const [network, subnet] = [random.below(4), random.below(3)];
  return isFour
    ? random.pick([
        'default',
        `10.${network}.0.0/16`,
        `10.${network}.${subnet}.0/24`,
        '10.0.0.0/8',
        `10.${network}.${subnet}.${random.pick([5, 9, 200])}/32`,
        '0.0.0.0/1',
        `10.${network}.0.0/${17 + random.below(14)}`,
      ])
    : random.pick([
        'default',
        `2001:db8:${network}::/48`,
        `2001:db8:${network}:${subnet}::/64`,
        '2001:db8::/32',
        `2001:db8:${network}::/${49 + random.below(15)}`,
        `2001:db8:${network}::${random.pick(['5', '9'])}/128`,
        random.pick(['fe80::/10', 'fe80::/16', 'ff00::/8', 'ff05::/16']),
      ]);
}

function randomRoute(random: Random, isFour: boolean): string {
  const prefix = randomPrefix(random, isFour);
  const i = random.below(3);
  const hop = (n: number): string => hopOf(random, isFour, n % 3);
  const table = `table ${random.pick(TABLES)}`;
  const metric = random.oneIn(3) ? ` metric ${random.pick(isFour ? [10, 50, 100, 1024] : [100, 200, 1024])}` : '';
  // Of IPv6 routes alike `ip route` does not show one that stands between two with gateways: nobody could know it.
  const metricAlone = isFour ? metric : ` metric ${random.pick([10, 50, 256])}`;
  const verb = `route ${random.pick(['add', 'append'])}`;
  if (random.oneIn(6))
    return `${verb} ${random.pick(['unreachable', 'blackhole', 'prohibit', 'throw'])} ${prefix} ${table}${metricAlone}`;
  if (random.oneIn(10))
    return `${verb} ${prefix} ${table}${metric} nexthop ${hop(i)} nexthop ${hop(i + 1)} weight 3${random.oneIn(2) ? ` nexthop ${hop(i + 2)}` : ''}`;
  if (isFour && random.oneIn(8))
    return `${verb} ${random.pick(['local', 'broadcast', 'local'])} ${prefix} dev ${DEVICES[i]!} ${table}`;
  if (!isFour && random.oneIn(20))
    return `${verb} local ${prefix} dev ${random.pick([DEVICES[i]!, 'lo'])} ${table}${metricAlone}`;
  const more = isFour && random.oneIn(8) ? ` ${random.pick(['scope link', 'scope host', `src 10.${i}.0.1`])}` : '';
  if (random.oneIn(4)) return `${verb} ${prefix} dev ${DEVICES[i]!} ${table}${metricAlone}${more}`;
  return `${verb} ${prefix} ${hop(i)} ${table}${metric}`;
}

const PRIORITIES = [5, 10, 100, 32000, 32766, 32768, 40000];

function randomRules(random: Random, isFour: boolean): string[] {
  const selectors = randomSelectors(random, isFour);
  return Array.from({ length: random.pick([0, 0, 2, 4, 8, 12]) }, () => randomRule(random, isFour, selectors));
}

type Selector = () => string;

/** What rules of one namespace look at: some of what they may, so that some rule decides. */
function randomSelectors(random: Random, isFour: boolean): Selector[] {
  const prefix = (): string =>
    isFour
      ? random.pick([
          `10.${random.below(4)}.0.0/16`,
          `10.${random.below(4)}.0.1/24`,
          `10.${random.below(4)}.${random.below(3)}.${random.pick([1, 5, 9])}`,
          `10.${random.pick([0, 2])}.0.0/15`,
        ])
      : random.pick([
          `2001:db8:${random.below(4)}::/48`,
          `2001:db8:${random.below(4)}:${random.below(3)}::/64`,
          `2001:db8:${random.below(4)}::5`,
          `2001:db8:${random.pick([0, 2])}::/47`,
        ]);
  const all: Selector[] = [
    () => `from ${prefix()}`,
    () => `from ${prefix()}`,
    () => `to ${prefix()}`,
    () => `iif ${random.pick([...DEVICES, 'lo', 'gone'])}`,
    () => `iif ${random.pick(DEVICES)}`,
    () => 'iif lo',
    () => `oif ${random.pick(DEVICES)}`,
    () => `fwmark ${random.pick(['0x1', '0x1/0xffff', '0x2/0x2', '0/0x1', '0x10001', '0x10000/0xffff0000'])}`,
    () => 'tos 0x10',
    () => `ipproto ${random.pick(['tcp', 'udp', isFour ? 'icmp' : 'ipv6-icmp', 'sctp'])}`,
    () => `ipproto ${random.pick(['tcp', 'udp'])} dport ${random.pick(['80', '53-80', '443-500'])}`,
    () => `sport ${random.pick(['1000', '1000-2000'])}`,
  ];
  return random.oneIn(4) ? all : [random.pick(all), random.pick(all), random.pick(all)];
}

/** One selector is usual, so that rules select; none and several there are, too. */
function randomRule(random: Random, isFour: boolean, selectors: readonly Selector[]): string {
  const chosen = new Map<string, string>();
  for (let n = random.pick([0, 1, 1, 1, 2, 3]); n > 0; n--) {
    const words = random.pick(selectors)();
    chosen.set(words.split(' ')[0]!, words);
  }
  const words = ['rule add pref', random.pick([0, 57481, 80000, 167772161, ...PRIORITIES, ...PRIORITIES])];
  if (chosen.size > 0 && random.oneIn(5)) words.push('not');
  words.push(...chosen.values());
  const action = random.below(12);
  if (action === 0) words.push(random.pick(['unreachable', 'blackhole', 'prohibit']));
  else if (action === 1) words.push(`goto ${random.pick([...PRIORITIES, 50000])}`);
  else if (action === 2) words.push('nop');
  else words.push(`table ${random.pick(TABLES)}`);
  if (action > 2 && random.oneIn(3))
    words.push(`suppress_prefixlength ${random.pick(isFour ? [0, 1, 8, 15, 16, 23, 24] : [0, 3, 31, 32, 47, 48, 64])}`);
  return words.join(' ');
}

function randomSysctls(random: Random): Sysctl[] {
  const set = (key: string, value: number): Sysctl => ({ key, value: String(value) });
  const all = random.pick([0, 0, 0, 1, 2]);
  const perDevice = (make: (dev: string) => Sysctl[]): Sysctl[] => DEVICES.flatMap(make);
  return [
    set('net.ipv4.ip_forward', random.oneIn(12) ? 0 : 1),
    set('net.ipv6.conf.all.forwarding', 1),
    set('net.ipv4.conf.all.rp_filter', all),
    ...perDevice((dev) => [
      set(`net.ipv4.conf.${dev}.rp_filter`, random.pick([0, 0, 1, 2])),
      set(`net.ipv4.conf.${dev}.accept_local`, random.oneIn(5) ? 1 : 0),
      set(`net.ipv4.conf.${dev}.src_valid_mark`, random.below(2)),
      ...(random.oneIn(8) ? [set(`net.ipv4.conf.${dev}.forwarding`, random.below(2))] : []),
      ...(random.oneIn(5) ? [set(`net.ipv4.conf.${dev}.route_localnet`, 1)] : []),
    ]),
    set('net.ipv4.conf.all.accept_local', random.oneIn(12) ? 1 : 0),
    // Without a word they are sent.
    ...(random.oneIn(3)
      ? []
      : [
          set('net.ipv4.conf.all.send_redirects', random.pick([0, 1])),
          ...perDevice((dev) => [set(`net.ipv4.conf.${dev}.send_redirects`, random.pick([0, 1]))]),
        ]),
  ];
}

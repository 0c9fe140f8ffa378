/** Random rules, routes and settings of a namespace. */
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
  const linesOf = (isFour: boolean): string[] => [
    ...Array.from({ length: random.below(12) }, () => randomRoute(random, isFour)),
    ...Array.from({ length: random.below(8) }, () => randomRule(random, isFour)),
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
  };
}

const STRANGE = ['8.8.8.8', '8.8.8.8', '255.255.255.255', '224.0.0.5', '0.0.0.1', '127.0.0.5', '240.0.0.1'];

function randomPool(random: Random, family: Family): string[] {
  const own = [0, 1, 2].map((i) => (family === 'inet' ? `10.${i}.0.1` : `2001:db8:${i}::1`));
  const made = Array.from({ length: 40 }, () => {
    const [network, subnet] = [random.below(4), random.below(3)];
    const last = random.pick([0, 1, 2, 5, 9, 200, 255]);
    return family === 'inet'
      ? `10.${network}.${subnet}.${last}`
      : `2001:db8:${network}:${subnet}::${last.toString(16)}`;
  });
  return [...own, ...made, ...(family === 'inet' ? STRANGE : ['2001:4860::8888'])];
}

function randomRoute(random: Random, isFour: boolean): string {
  const prefix = isFour
    ? random.pick([
        'default',
        `10.${random.below(4)}.0.0/16`,
        `10.${random.below(4)}.${random.below(3)}.0/24`,
        '10.0.0.0/8',
        `10.${random.below(4)}.${random.below(3)}.${random.pick([5, 9, 200])}/32`,
        '0.0.0.0/1',
        `10.${random.below(4)}.0.0/${17 + random.below(14)}`,
      ])
    : random.pick([
        'default',
        `2001:db8:${random.below(4)}::/48`,
        `2001:db8:${random.below(4)}:${random.below(3)}::/64`,
        '2001:db8::/32',
        `2001:db8:${random.below(4)}::${random.pick(['5', '9'])}/128`,
      ]);
  const i = random.below(3);
  const gateway = (n: number): string =>
    isFour ? `10.${n}.0.${random.pick([2, 3])}` : random.pick([`2001:db8:${n}::2`, `fe80::${n + 1}`]);
  const hop = (n: number): string => `via ${gateway(n)} dev ${DEVICES[n]!}${isFour ? ' onlink' : ''}`;
  const table = `table ${random.pick(TABLES)}`;
  const metric = random.oneIn(3) ? ` metric ${random.pick([10, 50, 100])}` : '';
  const verb = `route ${random.pick(['add', 'append'])}`;
  if (random.oneIn(6))
    return `${verb} ${random.pick(['unreachable', 'blackhole', 'prohibit', 'throw'])} ${prefix} ${table}${metric}`;
  if (random.oneIn(10))
    return `${verb} ${prefix} ${table}${metric} nexthop ${hop(i)} nexthop ${hop((i + 1) % 3)} weight 3`;
  if (isFour && random.oneIn(20))
    return `${verb} ${random.pick(['local', 'broadcast'])} ${prefix} dev ${DEVICES[i]!} ${table}`;
  if (random.oneIn(4)) return `${verb} ${prefix} dev ${DEVICES[i]!} ${table}${metric}`;
  return `${verb} ${prefix} ${hop(i)} ${table}${metric}`;
}

function randomRule(random: Random, isFour: boolean): string {
  const prefix = (): string =>
    isFour
      ? random.pick([
          `10.${random.below(4)}.0.0/16`,
          `10.${random.below(4)}.0.1/24`,
          `10.${random.below(4)}.${random.below(3)}.${random.pick([1, 5, 9])}`,
        ])
      : random.pick([
          `2001:db8:${random.below(4)}::/48`,
          `2001:db8:${random.below(4)}:${random.below(3)}::/64`,
          `2001:db8:${random.below(4)}::5`,
        ]);
  const words = [`rule add pref ${random.pick([0, 5, 10, 100, 32000, 32768, 40000, 57481, 80000, 167772161])}`];
  if (random.oneIn(8)) words.push('not');
  if (random.oneIn(2)) words.push(`from ${prefix()}`);
  if (random.oneIn(4)) words.push(`to ${prefix()}`);
  if (random.oneIn(4)) words.push(`iif ${random.pick([...DEVICES, 'lo', 'gone'])}`);
  if (random.oneIn(20)) words.push(`oif ${random.pick(DEVICES)}`);
  if (random.oneIn(5)) words.push(`fwmark ${random.pick(['0x1', '0x1/0xffff', '0x2/0x2', '0/0x1'])}`);
  if (random.oneIn(20)) words.push('tos 0x10');
  const action = random.below(16);
  if (action === 0) words.push(random.pick(['unreachable', 'blackhole', 'prohibit']));
  else if (action === 1) words.push(`goto ${random.pick([100, 32000, 32766, 40000, 50000])}`);
  else if (action === 2) words.push('nop');
  else words.push(`table ${random.pick(TABLES)}`);
  if (action > 2 && random.oneIn(4)) words.push(`suppress_prefixlength ${random.pick([0, 16, 24])}`);
  return words.join(' ');
}

function randomSysctls(random: Random): Sysctl[] {
  const set = (key: string, value: number): Sysctl => ({ key, value: String(value) });
  const all = random.pick([0, 0, 1, 2]);
  return [
    set('net.ipv4.ip_forward', 1),
    set('net.ipv6.conf.all.forwarding', 1),
    set('net.ipv4.conf.all.rp_filter', all),
    ...DEVICES.flatMap((dev) => [
      set(`net.ipv4.conf.${dev}.rp_filter`, random.pick([0, 0, 1, 2])),
      set(`net.ipv4.conf.${dev}.accept_local`, random.oneIn(8) ? 1 : 0),
      set(`net.ipv4.conf.${dev}.src_valid_mark`, random.oneIn(6) ? 1 : 0),
    ]),
    set('net.ipv4.conf.all.accept_local', 0),
    set('net.ipv4.conf.all.send_redirects', random.pick([0, 1])),
    ...DEVICES.map((dev) => set(`net.ipv4.conf.${dev}.send_redirects`, random.pick([0, 1]))),
  ];
}

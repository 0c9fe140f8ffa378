/** `ha_confs/<router>/keepalived.conf`: each line with the blocks that it is in. Expected lines are made in `shared/keepalived/`. */
import type { KeepalivedLine } from '../state.ts';
import type { NodeAspect, Parsed } from './aspect.ts';

/** Code for the lines of a file that should not be there at all. */
const STALE_FILE = 'stale-keepalived';

export const keepalived: NodeAspect<KeepalivedLine> = {
  name: 'keepalived',
  noun: 'keepalived-line',
  title: 'keepalived.conf',
  parse: parseKeepalived,
  identities: [
    explain,
    // `10.0.0.1/24 dev …` and `advert_int 2`: the first word tells which line it is; of several routes to one destination the second.
    ({ router, blocks, line }) => `${router} ${blocks} ${line.split(' ').slice(0, 3).join(' ')}`,
    ({ router, blocks, line }) => `${router} ${blocks} ${line.split(' ')[0]}`,
    ({ router, blocks, line }) => `${router} ${blocks} …${line.split(' ').slice(1).join(' ') || line.slice(0, 4)}`,
    ({ router, line }) => `${router} ${line}`,
    ({ blocks, line }) => `${blocks} ${line}`,
  ],
  explain,
  alike: false,
  dynamic: () => undefined,
  known: ({ router }, expected) =>
    (expected.keepalived ?? []).some((line) => line.router === router) ? undefined : STALE_FILE,
};

/** `ROUTER: vrrp_instance / virtual_routes / 0.0.0.0/0 via 192.0.2.1 dev qg-…`; a line that opens a block ends in `{`. */
function explain({ router, blocks, line }: KeepalivedLine): string {
  return `${router}: ${blocks === '' ? '' : `${blocks} / `}${line}`;
}

function parseKeepalived(text: string): Parsed<KeepalivedLine> {
  const parsed: Parsed<KeepalivedLine> = { items: [], problems: [] };
  for (const printed of text.split('\n')) {
    if (printed.trim() === '') continue;
    const [, router, blocks = '', line] = /^(\S+): (?:((?:\S+ \/ )*\S+) \/ )?(.+)$/.exec(printed) ?? [];
    if (router !== undefined && line !== undefined) parsed.items.push({ router, blocks, line });
    else parsed.problems.push(`not a line of keepalived.conf: ${printed.slice(0, 200)}`);
  }
  return parsed;
}

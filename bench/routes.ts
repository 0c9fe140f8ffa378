/** How many routes a second are chosen, by the trace and by the kernel behind `ip route get`, over the recorded router with the most rules. Needs root for the latter. */
import { makeNamespace } from '../test/judges/namespace.ts';
import { randomOf } from '../test/judges/random.ts';
import { recordedSetups } from '../test/judges/recordedSetup.ts';
import { type Setup, loadSetup } from '../test/judges/setup.ts';
import { withoutNamespaces } from '../test/support/routerNamespaces.ts';
import { fibOf, lookup } from '../shared/trace/fib.ts';
import { type Flow } from '../shared/trace/policy.ts';
import { type Figure, medianOf } from './figure.ts';

const LOOKUPS = 20_000;

export function routesFigures(): Figure[] {
  const reason = withoutNamespaces();
  if (reason !== false) {
    process.stderr.write(`routes: ${reason}\n`);
    return [];
  }
  const setup = recordedSetups().toSorted((a, b) => b.inet.length - a.inet.length)[0]!;
  const namespace = makeNamespace();
  try {
    const { rules = [], routes = [] } = loadSetup(namespace, setup);
    const flows = flowsOf(setup);
    const fib = fibOf(rules, routes, 'inet');
    const ours = medianOf(5, () => void flows.map((flow) => lookup(fib, flow)));
    const lines = flows.map(({ src, dst, iif }) => `route get ${dst} from ${src} iif ${iif}`);
    const kernel = medianOf(3, () => void namespace.batch(lines, ['-4', '-o']));
    const value = (LOOKUPS / ours) * 1000;
    const peer = (LOOKUPS / kernel) * 1000;
    return [
      {
        name: 'trace: route lookups (peer: ip route get)',
        value,
        unit: 'lookups/s',
        target: peer,
        more: true,
        peer,
        ratio: value / peer,
      },
    ];
  } finally {
    namespace.remove();
  }
}

function flowsOf({ pool, devices }: Setup): Flow[] {
  const random = randomOf(1);
  return Array.from({ length: LOOKUPS }, () => ({
    src: random.pick(pool.inet),
    dst: random.pick(pool.inet),
    iif: random.pick(devices),
    mark: 0,
  }));
}

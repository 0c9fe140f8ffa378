/** Broken promises as findings, for the formats that other programs read. */
import { BLANK, type Finding, type Reading, type Report } from '../report.ts';
import type { VerifyReport } from '../verified.ts';

/** A report as `check` makes it: one finding for each way of breaking, and for each written promise that does not hold. */
export function findingsReport(
  { broken, written, nodes, topology }: VerifyReport,
  { file }: Pick<Reading, 'file'>,
): Report {
  const findings: Finding[] = [
    ...broken.map(({ count, places, what, witness }): Finding => {
      const last = witness.trace.path.at(-1);
      const where = places.length > 1 ? `${places[0]} and ${places.length - 1} more places` : (places[0] ?? '');
      return {
        ...BLANK,
        code: 'promise-broken',
        severity: 'error',
        message: `${count} ${count === 1 ? 'promise' : 'promises'} broken at ${where}: ${what}. For example "${witness.promise}".`,
        kind: 'invalid',
        node: last?.node ?? null,
        namespace: last?.namespace ?? null,
        file,
        show: [witness.command],
      };
    }),
    ...written.flatMap(({ promise, verdict, what, pointer, range, file: own, witness }): Finding[] =>
      verdict === 'held'
        ? []
        : [
            {
              ...BLANK,
              code: verdict === 'broken' ? 'promise-broken' : 'promise-unknown',
              severity: verdict === 'broken' ? 'error' : 'information',
              message: `The promise "${promise}" ${verdict === 'broken' ? 'does not hold' : 'cannot be decided'}: ${what}.`,
              kind: 'invalid',
              pointer,
              range,
              file: own ?? file,
              show: witness ? [witness.command] : [],
            },
          ],
    ),
  ];
  const count = (severity: Finding['severity']) => findings.filter((finding) => finding.severity === severity).length;
  return {
    topology,
    nodes: nodes.map(({ node, error }) => ({
      node,
      status: error === null ? ('in-sync' as const) : ('not-collected' as const),
      error,
    })),
    findings,
    notChecked: [],
    knownFaults: [],
    summary: {
      error: count('error'),
      warning: 0,
      information: count('information'),
      hint: 0,
      differences: 0,
      silenced: 0,
    },
  };
}

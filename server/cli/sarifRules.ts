/** What SARIF says of each code: what it is about, why it matters, where to read on. Code hosts show it beside every result. */
import { CHECKS } from '../../shared/checks/table.ts';
import { RELEASE_MISMATCH } from '../../shared/fitRelease.ts';
import type { Severity } from '../../shared/problem.ts';
import { READER_CODES } from '../../shared/topology/codes.ts';
import { PROMISE_CODES } from '../../shared/verify/promise.ts';
import { documentation } from '../documentation.ts';

export const LEVEL: Record<Severity, string> = {
  error: 'error',
  warning: 'warning',
  information: 'note',
  hint: 'note',
};

const CHECK_OF = new Map(CHECKS.map((check) => [check.code, check]));

const DOC_OF = new Map<string, string>([
  ...Object.entries(READER_CODES),
  ...Object.entries(PROMISE_CODES),
  [RELEASE_MISMATCH.code, RELEASE_MISMATCH.doc],
  ['not-collected', 'Something of a node was not collected, so it was not compared.'],
]);

/** Codes of differences: what differs, and how (`finding.ts: findingOfDifference`). */
const DIFFERENCES: readonly [end: string, doc: (what: string) => string][] = [
  ['-missing', (what) => `On a node there is no ${what} that the topology asks for.`],
  ['-unexpected', (what) => `On a node there is a ${what} that nothing in the topology asks for.`],
  ['-different', (what) => `On a node a ${what} is not as the topology asks for.`],
  ['-misplaced', (what) => `On a node a ${what} is at another place than the topology asks for.`],
];

/**
 * GitHub asks for all of them ("SARIF support for code scanning", `reportingDescriptor`): `shortDescription`, `fullDescription` and
 * `help.text` must not be absent or empty.
 */
export function ruleOf(id: string) {
  const helpUri = documentation(id);
  const check = CHECK_OF.get(id);
  const short = check?.doc ?? DOC_OF.get(id) ?? differenceDoc(id) ?? `${id.replaceAll('-', ' ')}.`;
  const full = check?.why ?? short;
  return {
    id,
    shortDescription: { text: short },
    fullDescription: { text: full },
    ...(check && { defaultConfiguration: { level: LEVEL[check.severity] } }),
    ...(helpUri === undefined
      ? { help: { text: full } }
      : { help: { text: `${full}\n${helpUri}`, markdown: `${full}\n\n[All about it](${helpUri})` }, helpUri }),
  };
}

function differenceDoc(code: string): string | undefined {
  const found = DIFFERENCES.find(([end]) => code.endsWith(end));
  return found?.[1](code.slice(0, -found[0].length).replaceAll('-', ' '));
}

/** Where people read about what was found. */
import { CHECKS } from '../shared/checks/table.ts';
import { FAULTS } from '../shared/faults/table.ts';
import { RELEASE_MISMATCH } from '../shared/fitRelease.ts';
import { READER_CODES } from '../shared/topology/codes.ts';
import { PROMISE_CODES } from '../shared/verify/promise.ts';

/** `package.json: repository`, without its ending. */
export const REPOSITORY = 'https://github.com/dvrscope/dvrscope';

const CODES = new Set([
  ...CHECKS.map(({ code }) => code),
  ...Object.keys(READER_CODES),
  ...Object.keys(PROMISE_CODES),
  RELEASE_MISMATCH.code,
]);

const FAULT_IDS = new Set(FAULTS.map(({ id }) => id));

/** The place in `docs/` that explains a code of validation or a fault of the catalogue; `undefined` for other codes. */
export function documentation(code: string): string | undefined {
  if (FAULT_IDS.has(code)) return `${REPOSITORY}/blob/HEAD/docs/faults.md#${code.toLowerCase()}`;
  return CODES.has(code) ? `${REPOSITORY}/blob/HEAD/docs/checks.md#${code}` : undefined;
}

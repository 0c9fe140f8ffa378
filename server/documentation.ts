/** Where people read about what was found. */
import { CHECKS } from '../shared/checks/table.ts';
import { READER_CODES } from '../shared/topology/codes.ts';

/** `package.json: repository`, without its ending. */
export const REPOSITORY = 'https://github.com/dvrscope/dvrscope';

const CODES = new Set([...CHECKS.map(({ code }) => code), ...Object.keys(READER_CODES)]);

/** The place in `docs/checks.md` that explains a code of validation; `undefined` for other codes. */
export const documentation = (code: string): string | undefined =>
  CODES.has(code) ? `${REPOSITORY}/blob/HEAD/docs/checks.md#${code}` : undefined;

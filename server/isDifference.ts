/** Which findings are differences. */
import type { Finding } from './report.ts';

/** A finding that is no difference says only that something was not collected. */
export const isDifference = (finding: Finding): boolean =>
  finding.kind !== 'not-collected' && finding.kind !== 'invalid';

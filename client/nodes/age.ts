/** How old something is, in words. Knows no editor, so that it is tested without one. */

/** `vscode.l10n.t`. */
export type Translate = (message: string, ...args: (string | number)[]) => string;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** `just now`, `3 min ago`, `2 h ago`, `5 days ago`; both in milliseconds since 1970. A clock that is ahead counts as now. */
export function ageText(readAt: number, now: number, t: Translate): string {
  const age = now - readAt;
  if (age < MINUTE) return t('just now');
  if (age < HOUR) return t('{0} min ago', Math.floor(age / MINUTE));
  if (age < DAY) return t('{0} h ago', Math.floor(age / HOUR));
  const days = Math.floor(age / DAY);
  return days === 1 ? t('1 day ago') : t('{0} days ago', days);
}

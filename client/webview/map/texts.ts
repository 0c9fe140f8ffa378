/** The words of the page, in the language of VS Code; the extension puts them into it. */
import type { MapStrings } from '../../mapStrings.ts';
import type { MapFinding } from '../../../shared/map/types.ts';
import { SEVERITIES } from './marks.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the extension makes the page
export const texts = JSON.parse(document.querySelector<HTMLElement>('#texts')?.dataset['texts'] ?? '{}') as MapStrings;

/** Puts values in the place of `{0}`, `{1}`, … */
export const fill = (text: string, ...values: (string | number)[]): string =>
  text.replaceAll(/\{(\d)\}/g, (whole, i: string) => String(values[Number(i)] ?? whole));

/** `1 port`, `12 ports`. */
export const counted = (kind: keyof MapStrings['counted'], count: number): string =>
  fill(texts.counted[kind][count === 1 ? 0 : 1] ?? '{0}', count);

/** `2 errors, 1 warning`; empty where nothing was found. */
export function countText(findings: readonly Pick<MapFinding, 'severity'>[]): string {
  return SEVERITIES.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [counted(severity, count)];
  }).join(', ');
}

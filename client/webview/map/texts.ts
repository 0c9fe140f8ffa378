/** The words of the page, in the language of VS Code; the extension puts them into it. */
import type { MapStrings } from '../../mapStrings.ts';
import type { MapFinding } from '../../../shared/map/types.ts';
import { countTextIn, countedIn } from './said.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the extension makes the page
export const texts = JSON.parse(document.querySelector<HTMLElement>('#texts')?.dataset['texts'] ?? '{}') as MapStrings;

/** `1 port`, `12 ports`. */
export const counted = (kind: keyof MapStrings['counted'], count: number): string => countedIn(texts, kind, count);

/** `2 errors, 1 warning`; empty where nothing was found. */
export const countText = (findings: readonly Pick<MapFinding, 'severity'>[]): string => countTextIn(texts, findings);

/** The colours that a map is drawn in. */
import type { ThingKind } from '../../../shared/map/types.ts';
import type { Severity } from '../../../shared/problem.ts';

export interface Palette {
  background: string;
  container: string;
  cell: string;
  border: string;
  text: string;
  faint: string;
  line: string;
  /** What is selected, and what belongs to it. */
  focus: string;
  related: string;
  match: string;
  there: string;
  back: string;
  kind: Readonly<Record<ThingKind, string>>;
  severity: Readonly<Record<Severity, string>>;
  /** On a mark of a severity. */
  onMark: string;
  font: string;
}

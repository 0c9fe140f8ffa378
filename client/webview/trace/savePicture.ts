/** The pictures that are shown as SVG, in the colours and fonts that the page has now. */
import type { TraceView } from '../../../shared/picture/types.ts';
import type { Shown } from '../../traceMessages.ts';
import type { TraceStrings } from '../../traceStrings.ts';
import { measureOn } from '../measure.ts';
import { type TracePalette, traceSvg } from './svg.ts';

export function pictureSvg(view: TraceView, shown: Shown, strings: TraceStrings): string {
  const palette = paletteNow();
  const measure = measureOn(palette.font, palette.mono);
  return traceSvg(view, shown === 'both' ? ['expected', 'live'] : [shown], { strings, palette, measure });
}

/** Variables of the style sheet lean on those of the theme, which only the browser resolves. */
function paletteNow(): TracePalette {
  const probe = document.createElement('span');
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const colour = (value: string): string => {
    probe.style.color = '';
    probe.style.color = value;
    return style.color;
  };
  const palette = {
    background: colour('var(--vscode-editor-background)'),
    text: colour('var(--vscode-foreground)'),
    soft: colour('var(--soft)'),
    line: colour('var(--line)'),
    box: colour('var(--vscode-editorWidget-background, var(--vscode-editor-background))'),
    good: colour('var(--good)'),
    bad: colour('var(--bad)'),
    nat: colour('var(--nat)'),
    font: style.fontFamily,
    mono: '',
  };
  probe.style.fontFamily = 'var(--mono)';
  palette.mono = style.fontFamily;
  probe.remove();
  return palette;
}

/** The colours of the theme, as a canvas needs them. */
import type { Palette } from './colours.ts';

/** Read again whenever VS Code changes the theme. */
export function paletteOf(body: HTMLElement): Palette {
  const style = getComputedStyle(body);
  const isContrast =
    body.classList.contains('vscode-high-contrast') || body.classList.contains('vscode-high-contrast-light');
  /** The first of these variables that the theme has. */
  const colour = (fallback: string, ...names: string[]): string =>
    names.map((name) => style.getPropertyValue(`--vscode-${name}`).trim()).find((value) => value !== '') ?? fallback;
  const background = colour('#1e1e1e', 'editor-background');
  const text = colour('#cccccc', 'foreground', 'editor-foreground');
  const border = colour(
    '#808080',
    ...(isContrast ? ['contrastBorder'] : ['charts-lines', 'widget-border', 'panel-border']),
  );
  const chart = (name: string): string => colour('#808080', `charts-${name}`);
  const [blue, green] = [chart('blue'), chart('green')];
  const [purple, yellow, red] = [chart('purple'), chart('yellow'), chart('red')];
  return {
    background,
    container: isContrast ? background : colour(background, 'sideBar-background', 'editorWidget-background'),
    cell: background,
    border,
    text,
    faint: isContrast ? text : colour(text, 'descriptionForeground'),
    line: isContrast ? text : colour('#808080', 'charts-lines', 'descriptionForeground'),
    focus: colour('#0078d4', 'focusBorder'),
    related: colour(blue, 'textLink-foreground'),
    match: colour('#ea5c0055', 'editor-findMatchHighlightBackground', 'editor-findMatchHighlightBorder', 'focusBorder'),
    there: colour(blue, 'charts-blue'),
    back: yellow,
    kind: {
      node: blue,
      namespace: purple,
      carrier: green,
      'external-network': green,
      network: yellow,
      subnet: chart('foreground'),
      router: purple,
      port: blue,
      'floating-ip': green,
    },
    severity: {
      error: colour(red, 'editorError-foreground', 'errorForeground'),
      warning: colour(yellow, 'editorWarning-foreground'),
      information: colour(blue, 'editorInfo-foreground'),
      hint: colour(blue, 'editorInfo-foreground'),
    },
    onMark: background,
    font: style.getPropertyValue('--vscode-font-family').trim() || 'sans-serif',
  };
}

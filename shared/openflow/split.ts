/** The texts of flows, cut into their parts. */

/** Splits at commas and spaces outside of brackets. */
export function splitTop(text: string): string[] {
  if (!/[ ()]/.test(text)) return text.split(',').filter((part) => part !== '');
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const char = text[i] ?? ',';
    if (char === '(') depth++;
    else if (char === ')') depth = Math.max(0, depth - 1);
    else if ((char === ',' || char === ' ') && (depth === 0 || i === text.length)) {
      if (i > start) parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return parts;
}

/** `name(inside)`; undefined when it has another form. */
export function bracketOf(text: string): { name: string; inside: string } | undefined {
  const open = text.indexOf('(');
  return open > 0 && text.endsWith(')') ? { name: text.slice(0, open), inside: text.slice(open + 1, -1) } : undefined;
}

/** How deep brackets stand in brackets. */
export function nesting(text: string): number {
  let [depth, deepest] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '(') deepest = Math.max(deepest, ++depth);
    else if (char === ')') depth = Math.max(0, depth - 1);
  }
  return deepest;
}

/** How wide texts are in the fonts of the page. */
import type { Measure } from './svg.ts';

export function measureOn(font: string, mono = font): Measure {
  const context = document.createElement('canvas').getContext('2d');
  let now = '';
  return (text, { size, bold, mono: isMono }) => {
    if (!context) return text.length * size * 0.6;
    const wanted = `${bold ? '600 ' : ''}${size}px ${isMono ? mono : font}`;
    // Setting a font costs more than a comparison.
    if (wanted !== now) context.font = now = wanted;
    return context.measureText(text).width;
  };
}

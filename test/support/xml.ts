/** Reads XML as strictly as its grammar asks for, as far as our pictures use it; what is no XML throws. */

export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  /** All text in it. */
  text: string;
}

const TOKEN = /<(\/?)([a-z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;

export function readXml(source: string): XmlElement {
  const top: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(source);
    if (!found) throw new Error(`no XML at ${at}: ${source.slice(at, at + 60)}`);
    const [, end, name, attributes = '', isEmpty, text] = found;
    if (text !== undefined) {
      const plain = unescaped(text);
      for (const each of open) each.text += plain;
    } else if (end) {
      if (open.pop()?.name !== name) throw new Error(`</${name}> at ${at} closes nothing`);
    } else {
      const element = { name: name!, attributes: attributesOf(attributes), children: [], text: '' };
      open.at(-1)!.children.push(element);
      if (!isEmpty) open.push(element);
    }
  }
  if (open.length !== 1 || top.children.length !== 1) throw new Error('not one element with all in it');
  return top.children[0]!;
}

const attributesOf = (text: string): Record<string, string> => {
  const pairs = [...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, unescaped(value!)] as const);
  if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error(`twice the same attribute:${text}`);
  return Object.fromEntries(pairs);
};

/** XML 1.0, `Char`. */
const NO_CHAR = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

function unescaped(text: string): string {
  const [bare] = /&(?!(?:amp|lt|gt|quot|apos|#\d+);)/.exec(text) ?? [];
  if (bare !== undefined) throw new Error(`& alone in ${text}`);
  const plain = text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
  if (NO_CHAR.test(plain)) throw new Error(`not a character of XML in ${JSON.stringify(plain)}`);
  return plain;
}

/** An element and all in it. */
export const allOf = (element: XmlElement): XmlElement[] => [element, ...element.children.flatMap(allOf)];

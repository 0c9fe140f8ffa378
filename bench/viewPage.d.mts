/** Of the browser only what is used here: the types of Playwright want those of a browser. */
export interface Page {
  /** What a text comes to in the page. */
  evaluate<T>(expression: string): Promise<T>;
  mouse: { move(x: number, y: number): Promise<void>; wheel(dx: number, dy: number): Promise<void> };
  waitForTimeout(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface Browser {
  close(): Promise<void>;
}

export const CHROMIUM: string;
export function hasChromium(): boolean;
export function launch(): Promise<Browser>;
export function openPage(
  browser: Browser,
  name: string,
  body: (strings: string) => string,
  size?: { width: number; height: number },
): Promise<Page>;
export function escaped(text: string): string;

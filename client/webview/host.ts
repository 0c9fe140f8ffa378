/** What a page has from VS Code: messages both ways, and what is kept when the page is hidden or the window reloaded. */

interface Host {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare const acquireVsCodeApi: () => Host;

/** May be asked for once in a page. */
export const host: Host = acquireVsCodeApi();

/** Calls `receive` with each message of the extension. */
export function onMessage(receive: (message: unknown) => void): void {
  window.addEventListener('message', (event: MessageEvent<unknown>) => receive(event.data));
}

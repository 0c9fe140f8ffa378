/**
 * Whether a message may come now, and is one: JSON-RPC 2.0, sections 4 and 5, and LSP 3.17, "Server lifecycle".
 * What is not passed on is answered with the error that is written down for it.
 */

export interface RpcError {
  /** Of the request, or null where it cannot be told. */
  id: string | number | null;
  code: number;
  message: string;
}

/** A message to be worked off, an error to be answered, a sentence for the log, or nothing. */
export type Verdict = { pass: object } | { refuse: RpcError } | { log: string } | undefined;

const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;
const INVALID_PARAMS = -32_602;
const SERVER_NOT_INITIALIZED = -32_002;

type Fields = Readonly<Record<string, unknown>>;

/** Judges each message by what came before it. */
export function orderOf(): { judge: (text: string) => Verdict; isShutDown: () => boolean } {
  let state: 'new' | 'running' | 'shut down' = 'new';

  function request(id: string | number, message: Fields): Verdict {
    const { method, params } = message;
    const refuse = (code: number, sentence: string): Verdict => ({ refuse: { id, code, message: sentence } });
    if (state === 'shut down') return refuse(INVALID_REQUEST, 'the server was shut down: only exit may come now');
    if (method === 'initialize') {
      if (state !== 'new') return refuse(INVALID_REQUEST, 'initialize may come once');
      const wrong = wrongInitialize(params);
      if (wrong !== undefined) return refuse(INVALID_PARAMS, `initialize needs ${wrong}`);
      state = 'running';
      return { pass: message };
    }
    if (state === 'new') return refuse(SERVER_NOT_INITIALIZED, 'initialize has not come yet');
    if (method === 'shutdown') state = 'shut down';
    return { pass: message };
  }

  function notification(message: Fields): Verdict {
    const { method, params } = message;
    if (method === 'exit') return { pass: message };
    if (state !== 'running') return undefined;
    const wrong = WRONG[String(method)]?.(isObject(params) ? params : {});
    return wrong === undefined ? { pass: message } : { log: `${String(method)} was passed over: it needs ${wrong}` };
  }

  return {
    isShutDown: () => state === 'shut down',
    judge(text) {
      const message = parsed(text);
      if (message === undefined) return invalid(PARSE_ERROR, 'this is no JSON');
      if (!isObject(message) || Array.isArray(message))
        return invalid(INVALID_REQUEST, 'a message is an object; there are no batches in LSP');
      const { id, method } = message;
      if (!('method' in message)) return response(message);
      if (typeof method !== 'string') return invalid(INVALID_REQUEST, 'method is no text', isId(id) ? id : null);
      if (!('id' in message)) return notification(message);
      return isId(id) ? request(id, message) : invalid(INVALID_REQUEST, 'id is neither a text nor a whole number');
    },
  };
}

const invalid = (code: number, message: string, id: RpcError['id'] = null): Verdict => ({
  refuse: { id, code, message },
});

/** Who answers nothing leaves out the result, since JavaScript has no `undefined` in JSON. */
function response(message: Fields): Verdict {
  const { id, error } = message;
  if (id === null) return undefined;
  if (!isId(id)) return invalid(INVALID_REQUEST, 'this is neither a request nor an answer');
  if (isObject(error)) return { pass: message };
  return { pass: { jsonrpc: '2.0', id, result: message['result'] ?? null } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isId = (value: unknown): value is string | number => typeof value === 'string' || Number.isInteger(value);
const isMaybe = (value: unknown, is: (value: unknown) => boolean): boolean =>
  value === undefined || value === null || is(value);

/** What of it is not as it must be. Members that only say what a client can are looked at where they are used. */
function wrongInitialize(params: unknown): string | undefined {
  if (!isObject(params) || Array.isArray(params)) return 'parameters';
  const { capabilities, workspaceFolders, rootUri, processId } = params;
  if (!isObject(capabilities)) return '`capabilities`';
  const parts = ['workspace', 'textDocument', 'window', 'general', 'notebookDocument'];
  const odd = parts.find((part) => !isMaybe(capabilities[part], isObject));
  if (odd !== undefined) return `a valid \`capabilities.${odd}\``;
  if (!isMaybe(workspaceFolders, (value) => Array.isArray(value) && value.every(hasUri)))
    return 'valid `workspaceFolders`';
  if (!isMaybe(rootUri, (value) => typeof value === 'string')) return 'a valid `rootUri`';
  return isMaybe(processId, Number.isInteger) ? undefined : 'a valid `processId`';
}

const hasUri = (value: unknown): boolean => isObject(value) && typeof value['uri'] === 'string';

/** Notifications that change what the server knows: one that is wrong must not spoil all that comes after it. */
const WRONG: Readonly<Record<string, (params: Fields) => string | undefined>> = {
  '$/cancelRequest': ({ id }) => (isId(id) ? undefined : 'an `id`'),
  'textDocument/didOpen': ({ textDocument }) =>
    hasUri(textDocument) &&
    isObject(textDocument) &&
    typeof textDocument['text'] === 'string' &&
    Number.isInteger(textDocument['version'])
      ? undefined
      : 'a `textDocument` with `uri`, `version` and `text`',
  'textDocument/didChange': ({ textDocument, contentChanges }) =>
    !hasUri(textDocument)
      ? 'a `textDocument` with `uri`'
      : Array.isArray(contentChanges) && contentChanges.every(isChange)
        ? undefined
        : 'valid `contentChanges`',
  'textDocument/didClose': ({ textDocument }) => (hasUri(textDocument) ? undefined : 'a `textDocument` with `uri`'),
  'textDocument/didSave': ({ textDocument }) => (hasUri(textDocument) ? undefined : 'a `textDocument` with `uri`'),
  'workspace/didChangeWatchedFiles': ({ changes }) =>
    Array.isArray(changes) && changes.every(hasUri) ? undefined : '`changes` with `uri`',
  'workspace/didChangeWorkspaceFolders': ({ event }) =>
    isObject(event) &&
    ['added', 'removed'].every((key) => {
      const folders = event[key];
      return Array.isArray(folders) && folders.every(hasUri);
    })
      ? undefined
      : 'an `event` with `added` and `removed`',
};

function isChange(value: unknown): boolean {
  if (!isObject(value) || typeof value['text'] !== 'string') return false;
  const { range } = value;
  if (range === undefined) return true;
  return isObject(range) && [range['start'], range['end']].every(isPosition);
}

const isPosition = (value: unknown): boolean =>
  isObject(value) && [value['line'], value['character']].every((each) => Number.isInteger(each) && Number(each) >= 0);

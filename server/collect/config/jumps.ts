/** `ProxyJump`: the hosts to go through, each as `[user@]host[:port]` or as an `ssh://` URI (ssh_config(5)). Pure. */

/** One host of the list, as written. */
export interface Jump {
  host: string;
  user?: string;
  port?: number;
}

/** In the order in which they are connected to; a sentence where the text is no such list. */
export function parseJumps(text: string): Jump[] | string {
  const jumps = text.split(',').map((hop) => parseJump(hop.trim()));
  return jumps.every((jump) => jump !== undefined) ? jumps : `ProxyJump "${text}" is no list of [user@]host[:port]`;
}

function parseJump(text: string): Jump | undefined {
  const isUri = /^ssh:\/\//i.test(text);
  const [, user, host, port] = /^(?:(.+)@)?(\[[^\]@]+\]|[^:@[\]/]+)(?::(\d{1,5}))?\/?$/.exec(
    isUri ? text.slice('ssh://'.length) : text,
  ) ?? [undefined];
  if (!host || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))) return undefined;
  const name = user === undefined || !isUri ? user : decoded(user);
  return {
    host: host.replace(/^\[|\]$/g, ''),
    ...(name !== undefined && { user: name }),
    ...(port !== undefined && { port: Number(port) }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

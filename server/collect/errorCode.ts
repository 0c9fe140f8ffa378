/** Errors of the operating system: their code for the program, and in words for a person. */

/** The code of a system error (`ENOENT`, `EACCES`), or the whole text of any other thing that was thrown. */
export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

/** Of files and folders: errno(3). */
const FILES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'another program uses it',
  EEXIST: 'a file has that name already',
  EIO: 'the disk gives an error',
  EISDIR: 'it is a folder',
  ELOOP: 'symbolic links that lead in a circle',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many open files',
  ENOENT: 'no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is no folder',
  ENXIO: 'nobody is at the other end',
  EPERM: 'permission denied',
  EROFS: 'the disk takes no writing',
};

/** Of connections: errno(3), and getaddrinfo(3) where Node.js has its own code. */
const CONNECTIONS: Readonly<Record<string, string>> = {
  EACCES: 'this machine does not permit the connection',
  EADDRNOTAVAIL: 'that address cannot be reached from this machine',
  ECONNABORTED: 'the connection was broken off',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the other end broke the connection off',
  EHOSTDOWN: 'the host is down',
  EHOSTUNREACH: 'the host does not answer, or there is no route to it',
  EMFILE: 'too many connections at a time for this machine',
  ENETDOWN: 'the network is down',
  ENETUNREACH: 'this machine has no route to that network',
  ENOENT: 'nobody listens there',
  EPERM: 'this machine does not permit the connection',
  EPIPE: 'the connection is closed',
  ETIMEDOUT: 'no answer',
};

/** Why something cannot be done with a file, in words; what is no system error, or one that is not known here, says it itself. */
export const fileErrorText = (error: unknown): string =>
  inWords(error, FILES) ?? (error instanceof Error ? error.message : String(error));

/** Why there is no connection, in words. @param host as it was asked for */
export function connectionErrorText(error: unknown, host = ''): string | undefined {
  const code = errorCode(error);
  // `dns.NOTFOUND` and `EAI_AGAIN`: getaddrinfo(3).
  if (code === 'ENOTFOUND' || code === 'EAI_NONAME' || code === 'EAI_NODATA')
    return `this machine knows no address for the name ${host}`;
  if (code === 'EAI_AGAIN' || code === 'EAI_FAIL')
    return `the name ${host} could not be looked up: no name server answered`;
  return inWords(error, CONNECTIONS);
}

function inWords(error: unknown, words: Readonly<Record<string, string>>): string | undefined {
  const code = errorCode(error);
  return Object.hasOwn(words, code) ? words[code] : undefined;
}

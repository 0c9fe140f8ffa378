/** The code of a system error (`ENOENT`, `EACCES`), or the whole text of any other thing that was thrown. */
export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

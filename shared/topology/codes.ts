/** The codes of what the reader may find wrong in a topology file, and what each is about. Checks have codes of their own. */
export const READER_CODES = {
  'bad-address': 'Not an IP address.',
  'bad-id': 'Neither a UUID nor at least its first 11 characters.',
  'bad-mac': 'Not a MAC address that a port can have.',
  'bad-prefix': 'Not an IP prefix, or one with bits set behind its length.',
  'conflicting-keys': 'Two keys that say different things about one.',
  'duplicate-key': 'A key or name that is used twice in one map; the first one counts.',
  'missing-key': 'A key without which the thing means nothing; the thing is left out.',
  'unknown-ignore':
    'A comment for dvrscope that it cannot follow: no code, or one that no message has (`# dvrscope: ignore CODE`).',
  'unknown-key': 'A key that the vocabulary does not have, and so has no effect.',
  'unknown-release': 'A release that is not known; it is passed over.',
  'unused-ignore': 'A comment that silences a code which nothing at its place has.',
  'wrong-type': 'A value of another type than the key takes.',
  'yaml-error': 'Text that is not YAML; what could be understood is used.',
} as const;

export type ReaderCode = keyof typeof READER_CODES;

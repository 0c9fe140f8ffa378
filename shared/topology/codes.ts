/** The codes of what the reader may find wrong in a topology file, and what each is about. Checks have codes of their own. */
export const READER_CODES = {
  'bad-address': 'Not an IP address.',
  'bad-id': 'Neither a UUID nor at least its first 11 characters.',
  'bad-mac': 'Not a MAC address that a port can have.',
  'bad-prefix': 'Not an IP prefix, or one with bits set behind its length.',
  'conflicting-keys': 'Two keys that say different things about one.',
  'duplicate-key': 'A key or name that is used twice, in one map or in two files of one cloud; the first one counts.',
  'include-cycle': 'A file that includes itself, by way of others or directly; it is read once.',
  'include-differs': 'A value for the whole cloud that two of its files give differently; the first file counts.',
  'include-missing': 'A path in `include` behind which no file is, or a pattern that no file fits.',
  'include-path':
    'A path in `include` that cannot be followed: absolute, a URL, with backslashes, or by way of a link out of the folder. Paths are relative to the folder of the file, with `/` on all systems; `..` leads up.',
  'include-twice': 'A file that is included twice; it is read once.',
  'include-unreadable':
    'A path in `include` behind which is no text that can be read: a folder, more than 1 MB, no permission; or more files than are read.',
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

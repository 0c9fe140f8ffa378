/**
 * One count of offsets over all files of a topology: those of its first file are what they are in the text, those of the others begin at
 * multiples of a number that no text reaches. So a `Range` says which file it is in, and an edit of one file moves nothing in another.
 */
import type { Pointer, Range } from '../problem.ts';

/** More than the longest string that V8 makes (`v8: include/v8-primitive.h: String::kMaxLength`, 2^29 - 24). */
export const FILE_SPAN = 2 ** 30;

/** Number of the file that an offset is in. */
export const fileOf = (offset: number): number => Math.floor(offset / FILE_SPAN);

/** The offset in the text of its file. */
export const ownOffset = (offset: number): number => offset % FILE_SPAN;

/** The range in the text of its file. */
export const ownRange = ([start, end]: Range): Range => [ownOffset(start), ownOffset(end)];

/** The range of a file's text among all files. */
export const rangeIn = ([start, end]: Range, file: number): Range => [start + file * FILE_SPAN, end + file * FILE_SPAN];

/** The pointer over all files of what a file has at a pointer: its lines of `promises` come behind those of the files before it. */
export function promisePointer(pointer: Pointer, by: number): Pointer {
  if (by === 0 || !pointer.startsWith('/promises/')) return pointer;
  const [, , index = '', ...rest] = pointer.split('/');
  return ['', 'promises', Number(index) + by, ...rest].join('/');
}

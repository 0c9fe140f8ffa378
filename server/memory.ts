/**
 * Keeps the language server small: it lives as long as the editor, and what one edit leaves behind is worth nothing. Left to itself V8
 * lets the heap of a process that was large for a moment grow to several times what is in use. Imported before anything else.
 */
import { setFlagsFromString } from 'node:v8';

// The space for what is new stays small, so that little of it is old by chance when it is cleaned;
setFlagsFromString('--semi-space-growth-factor=1');
// and the old one is cleaned when it has grown by so many percent.
setFlagsFromString('--heap-growing-percent=40');

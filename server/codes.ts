/** All codes that a message can have, for whoever silences one. */
import { FAULTS } from '../shared/faults/table.ts';
import { CHECKS } from '../shared/checks/table.ts';
import { RELEASE_MISMATCH } from '../shared/fitRelease.ts';
import type { Codes } from '../shared/silence.ts';
import { READER_CODES } from '../shared/topology/codes.ts';
import { KNOWN_CODES } from './known.ts';
import { PROMISE_CODES } from '../shared/verify/promise.ts';

/** Codes of differences are made of what differs and how (`finding.ts: findingOfDifference`). */
const DIFFERENCE = /^[a-z-]+-(?:missing|unexpected|different|misplaced)$/;

const LIVE: ReadonlySet<string> = new Set([
  ...KNOWN_CODES,
  RELEASE_MISMATCH.code,
  'not-collected',
  'promise-broken',
  'promise-unknown',
  ...FAULTS.map(({ id }) => id),
]);

export const CODES: Codes = {
  ofText: new Set([...CHECKS.map(({ code }) => code), ...Object.keys(READER_CODES), ...Object.keys(PROMISE_CODES)]),
  isLive: (code) => LIVE.has(code) || DIFFERENCE.test(code),
};

/** Whether a message can have this code. */
export const isCode = (code: string): boolean => CODES.ofText.has(code) || CODES.isLive(code);

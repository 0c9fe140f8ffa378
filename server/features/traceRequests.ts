/** The requests about traces, by their methods: each is answered from one document and its last comparison. */
import { REQUEST, type TextResult } from '../../shared/protocol.ts';
import type { Document } from '../document.ts';
import type { LiveComparison } from './compare.ts';
import { statePlace } from './statePlace.ts';
import { traceExport, traceText } from './trace.ts';
import { traceChoices } from './traceChoices.ts';
import { traceView } from './traceView.ts';

/** Each reads what is its own of the parameters. */
type Answer = (document: Document, params: never, comparison: LiveComparison | undefined) => unknown;

const text =
  <P>(make: (document: Document, params: P, comparison: LiveComparison | undefined) => string) =>
  (document: Document, params: P, comparison: LiveComparison | undefined): TextResult => ({
    text: make(document, params, comparison),
  });

export const TRACE_REQUESTS: Readonly<Record<string, Answer>> = {
  [REQUEST.trace]: text(traceText),
  [REQUEST.traceExport]: text(traceExport),
  [REQUEST.traceView]: traceView,
  [REQUEST.traceChoices]: traceChoices,
  [REQUEST.statePlace]: statePlace,
};

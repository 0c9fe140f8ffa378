/** `dvrscope/compare`: live states of nodes compared with what is expected, kept until the next time; progress and questions meanwhile. */
import { REQUEST, type CompareParams, type CompareResult, type LiveSource } from '../../shared/protocol.ts';
import type { Ask } from '../collect/ask.ts';
import type { Meanwhile } from './compare.ts';
import { refuseDemo } from './demo.ts';
import { silencedNote } from './diagnostics.ts';
import { isObject } from './feature.ts';
import { isOneOf, isText, isTexts, maybe, type OwnContext, type OwnRequest } from './ownRequest.ts';

export const compareRequest: OwnRequest<CompareParams> = {
  method: REQUEST.compare,
  params: { uri: isText, source: isSource, nodes: maybe(isTexts) },
  async answer(params, context): Promise<CompareResult> {
    const document = context.document(params.uri);
    const progress = context.progress(params.workDoneToken, 'Comparing with live nodes');
    let needsAnswers = false;
    try {
      const settings = await context.settings(params.uri);
      if (params.source.kind === 'ssh') await context.demo.prepare(params.uri).catch(refuseDemo);
      // Loaded only here: SSH takes a tenth of a second and 20 MB, and most never compare.
      const { compareLive } = await import('./compare.ts');
      const meanwhile: Meanwhile = {
        progress: progress.report,
        step: (node, state) => context.collecting?.({ uri: params.uri, node, state }),
        ...(context.accepted && { accepted: context.accepted }),
        ask: askIn(params, context, () => (needsAnswers = true)),
      };
      const previous = () => context.comparison(params.uri);
      const comparison = await compareLive(document, params, settings, context.signal, meanwhile, previous);
      // The connection says so.
      context.signal.throwIfAborted();
      context.compared(params.uri, comparison);
      const { nodes, differences, notes, problems, older } = comparison;
      const silenced = silencedNote(document, comparison, context.severities(params.uri));
      const told = {
        nodes,
        differences,
        notes: [...notes, ...silenced],
        ...(problems && { problems }),
        ...(older && { older }),
      };
      return needsAnswers ? { ...told, needsAnswers } : told;
    } finally {
      progress.done();
    }
  },
};

function isSource(value: unknown): value is LiveSource {
  if (!isObject(value) || !isOneOf('ssh', 'snapshots')(value['kind'])) return false;
  return value['kind'] === 'ssh' || isTexts(value['paths']);
}

/** @param missAnswer called instead of a question where nobody sits */
function askIn({ isUnattended }: CompareParams, { ask }: OwnContext, missAnswer: () => void): Ask | undefined {
  if (!isUnattended) return ask;
  return async () => {
    missAnswer();
    return Promise.resolve(undefined);
  };
}

/**
 * `textDocument/codeAction`: quick fixes of what is wrong at a place, "take the live value" of what differs there, "ignore this here",
 * and `source.fixAll.dvrscope`, whose edits are made when it is chosen, where the client can wait for them.
 */
import type {
  ClientCapabilities,
  CodeAction,
  CodeActionContext,
  Diagnostic,
  Range as LspRange,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver';
import { compareNode } from '../../shared/compareNode.ts';
import { type Edit, type Edits, applyEdits } from '../../shared/fixes/edits.ts';
import type { Read } from '../../shared/fixes/fix.ts';
import { dropIgnore, ignoreHere } from '../../shared/fixes/ignore.ts';
import { fixAll, fixesOf } from '../../shared/fixes/table.ts';
import { takeLive, takeLiveNode } from '../../shared/fixes/takeLive.ts';
import type { Problem, Range } from '../../shared/problem.ts';
import { COMMAND } from '../../shared/protocol.ts';
import type { FindingParams } from '../../shared/protocolNodes.ts';
import type { Severities } from '../../shared/silence.ts';
import type { NodeState } from '../../shared/state.ts';
import { finished, type Steps } from '../../shared/steps.ts';
import { locate } from '../../shared/topology/sourceMap.ts';
import type { Document } from '../document.ts';
import type { Finding } from '../report.ts';
import type { LiveComparison } from './compare.ts';
import { placeOf, toldFindings, toldProblems } from './diagnostics.ts';
import { findingId } from './findingEntry.ts';
import { isObject, isRange, type Context, type Feature } from './feature.ts';
import { lspRange } from './range.ts';
import { workspaceEdits } from './rename.ts';

const FIX_ALL = 'source.fixAll.dvrscope';
const QUICK_FIX = 'quickfix';

interface CodeActionParams {
  textDocument: { uri: string };
  range: LspRange;
  context?: Partial<CodeActionContext>;
}

export const codeAction: Feature<CodeActionParams> = {
  method: 'textDocument/codeAction',
  needs: ['textDocument', 'range'],
  announce: (client) =>
    // A client without it takes commands alone, and we have none.
    client.textDocument?.codeAction?.codeActionLiteralSupport
      ? { codeActionProvider: { codeActionKinds: [QUICK_FIX, FIX_ALL], resolveProvider: canResolve(client) } }
      : {},
  answer: (params, context) => finished(codeAction.steps!(params, context)),
  *steps({ textDocument: { uri }, range, context: asked }, context) {
    const document = context.document(uri);
    const diagnostics = Array.isArray(asked?.diagnostics) ? asked.diagnostics.filter(isDiagnostic) : [];
    const only = Array.isArray(asked?.only) ? asked.only : undefined;
    const isWanted = (kind: string): boolean =>
      only?.some((each) => kind === each || kind.startsWith(`${each}.`)) ?? true;
    const quick = isWanted(QUICK_FIX) ? yield* quickFixes(document, range, diagnostics, context) : [];
    // Edits have places in the text that they were made for; of another one the editor asks again.
    if (context.document(uri).text.version !== document.text.version) return [];
    // Without being asked for, it is offered beside a fix that it would do as well.
    const isOffered = only !== undefined || quick.some(({ isPreferred }) => isPreferred);
    return [...quick, ...(isOffered && isWanted(FIX_ALL) ? fixAllAction(document, context) : [])];
  },
};

/** An editor may send anything. */
const isDiagnostic = (each: unknown): each is Diagnostic => isObject(each) && isRange(each['range']);

export const codeActionResolve: Feature<CodeAction> = {
  method: 'codeAction/resolve',
  needs: [],
  announce: () => ({}),
  answer: (action, context) => {
    const data: unknown = action.data;
    if (!isOurs(data)) return action;
    const document = context.document(data.uri);
    return { ...action, edit: workspaceEdit(document, fixAllEdits(document, context), context) };
  },
};

const isOurs = (data: unknown): data is { uri: string } =>
  typeof data === 'object' && data !== null && 'uri' in data && typeof data.uri === 'string';

const canResolve = ({ textDocument }: ClientCapabilities): boolean =>
  textDocument?.codeAction?.resolveSupport?.properties.includes('edit') === true &&
  textDocument.codeAction.dataSupport === true;

function* quickFixes(
  document: Document,
  asked: LspRange,
  diagnostics: readonly Diagnostic[],
  context: Context,
): Steps<CodeAction[]> {
  const [start, end] = [document.text.offsetAt(asked.start), document.text.offsetAt(asked.end)];
  const meets = (range: Range | undefined): range is Range =>
    range !== undefined && range[0] <= end && start <= range[1];
  const read = readOf(document);
  const { problems } = toldProblems(document, severitiesOf(document, context));
  const here = problems.flatMap((problem) => {
    const range = problem.range ?? locate(read.sourceMap, problem.pointer, problem.at);
    return meets(range) ? [{ problem, range }] : [];
  });
  const comparison = context.comparison(document.text.uri);
  const findings = comparison ? toldFindings(document, comparison, severitiesOf(document, context)) : [];
  const live = findings.flatMap((finding) => {
    const isHere = document.home(placeOf(finding)) === document;
    const range = isHere ? locate(read.sourceMap, placeOf(finding), 'key') : undefined;
    return meets(range) ? [{ finding, range }] : [];
  });
  const action = (title: string, edits: Edits, code: string, range: Range, isPreferred?: boolean): CodeAction[] =>
    actionOf(
      { title, edits, ...(isPreferred && { isPreferred }) },
      fixed(diagnostics, document, code, range),
      document,
      context,
    );
  const values: CodeAction[] = [];
  const counts = new Map<NodeState, number>();
  for (const { finding, range } of live)
    for (const { title, edits } of yield* liveValues(finding, document, read, comparison!, counts))
      values.push(...action(title, edits, finding.code, range));
  return [
    ...here.flatMap(({ problem, range }) =>
      mend(problem, read).flatMap(({ title, edits, isPreferred }) =>
        action(title, edits, problem.code, range, isPreferred),
      ),
    ),
    ...values,
    ...(context.commands?.includes(COMMAND.explain) ? live.map(explainAction(document, diagnostics)) : []),
    ...[
      ...here.map(({ problem: { code }, range }) => ({ code, range })),
      ...live.map(({ finding: { code }, range }) => ({ code, range })),
    ]
      // A comment on a line that is no YAML may be taken for something else.
      .filter(({ code }, i, all) => !NEVER_IGNORED.has(code) && all.findIndex((each) => each.code === code) === i)
      .flatMap(({ code, range }) =>
        action(`Ignore ${code} here, by a comment`, ignoreHere(read.text, range[0], code), code, range),
      ),
  ];
}

/** Opens the page of a finding. */
const explainAction =
  (document: Document, diagnostics: readonly Diagnostic[]) =>
  ({ finding, range }: { finding: Finding; range: Range }): CodeAction => {
    const title = `Explain ${finding.fault ?? finding.code}${finding.node === null ? '' : ` on ${finding.node}`}`;
    const argument: FindingParams = { uri: document.text.uri, finding: findingId(finding) };
    const mended = fixed(diagnostics, document, finding.code, range);
    const command = { title, command: COMMAND.explain, arguments: [argument] };
    return { title, kind: QUICK_FIX, ...(mended.length > 0 && { diagnostics: mended }), command };
  };

const NEVER_IGNORED: ReadonlySet<string> = new Set(['yaml-error', 'unused-ignore', 'unknown-ignore']);

interface Titled {
  title: string;
  edits: Edits;
  isPreferred?: boolean;
}

function mend(problem: Problem, read: Read): Titled[] {
  if (problem.code !== 'unused-ignore' || !problem.range) return fixesOf(problem, read);
  return [{ title: 'Take the comment out', edits: dropIgnore(read.text, problem.range), isPreferred: true }];
}

/**
 * Offered only where, with the live value in the file, the node has fewer differences. To see that takes a comparison for each value.
 * @param counts differences of nodes that were counted already
 */
function* liveValues(
  finding: Finding,
  document: Document,
  read: Read,
  comparison: LiveComparison,
  counts: Map<NodeState, number>,
): Steps<Titled[]> {
  const state = comparison.live.get(finding.node ?? '');
  if (!state) return [];
  const offered = new Map<string, Titled>();
  for (const difference of [finding, ...(finding.differences ?? [])])
    for (const fix of [...takeLive(difference, read), ...takeLiveNode(difference, read)]) offered.set(fix.title, fix);
  const kept: Titled[] = [];
  for (const fix of offered.values()) {
    if (!fix.edits) continue;
    const before = counts.get(state) ?? compareNode(read.topology, state).comparison.differences.length;
    counts.set(state, before);
    const { topology } = document.readWith(new Map([[document, applyEdits(read.text, fix.edits)]]));
    if (compareNode(topology, state).comparison.differences.length < before) kept.push(fix);
    yield;
  }
  return kept;
}

/** The diagnostics of the request that an action mends. */
const fixed = (diagnostics: readonly Diagnostic[], document: Document, code: string, range: Range): Diagnostic[] => {
  const { start } = lspRange(document, range);
  return diagnostics.filter(
    (each) =>
      each.code === code && each.range.start.line === start.line && each.range.start.character === start.character,
  );
};

function actionOf(
  { title, edits, isPreferred }: Titled,
  diagnostics: Diagnostic[],
  document: Document,
  context: Context,
): CodeAction[] {
  const base = { title, kind: QUICK_FIX, ...(diagnostics.length > 0 && { diagnostics }) };
  if (edits) return [{ ...base, ...(isPreferred && { isPreferred }), edit: workspaceEdit(document, edits, context) }];
  // What cannot be shown greyed out is not shown at all.
  return context.client.textDocument?.codeAction?.disabledSupport
    ? [
        {
          ...base,
          disabled: {
            reason: 'This comes from an anchor, an alias or a merge key, or a comment is in the way: edit it by hand.',
          },
        },
      ]
    : [];
}

function fixAllAction(document: Document, context: Context): CodeAction[] {
  const base = { title: 'Fix all that can be fixed without a choice', kind: FIX_ALL };
  if (canResolve(context.client)) return [{ ...base, data: { uri: document.text.uri } }];
  const edits = fixAllEdits(document, context);
  return edits.length === 0 ? [] : [{ ...base, edit: workspaceEdit(document, edits, context) }];
}

const fixAllEdits = (document: Document, context: Context): Edit[] =>
  fixAll(toldProblems(document, severitiesOf(document, context)).problems, readOf(document)).edits;

/** Without settings every code is worth what it is. */
const severitiesOf = ({ text }: Document, { severities }: Context): Severities => severities?.(text.uri) ?? new Map();

const readOf = (document: Document): Read => {
  const { topology, sourceMap } = document.reading();
  return { text: document.text.getText(), topology, sourceMap };
};

function workspaceEdit(document: Document, edits: readonly Edit[], context: Context): WorkspaceEdit {
  const changes = edits.map(({ range, text }): TextEdit => ({ range: lspRange(document, range), newText: text }));
  return workspaceEdits(new Map([[document, changes]]), context);
}

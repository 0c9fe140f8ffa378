/** Help in documents of states: a hover that says why a line is there, the way to the line of the topology, and sections to fold. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { REQUEST, STATE_SCHEME } from '../shared/protocol.ts';
import type { FindingParams, LineExplanation, LineParams } from '../shared/protocolNodes.ts';
import { stateParamsOf } from './stateDocuments.ts';

const DOCUMENTS: vscode.DocumentSelector = { scheme: STATE_SCHEME };

export function helpInStates(client: LanguageClient): vscode.Disposable {
  const explain = async (
    { uri }: vscode.TextDocument,
    { line }: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<LineExplanation | undefined> => {
    const params = stateParamsOf(uri);
    if (!params) return undefined;
    const asked: LineParams = { ...params, line };
    return (await client.sendRequest<LineExplanation | null>(REQUEST.line, asked, token)) ?? undefined;
  };
  return vscode.Disposable.from(
    vscode.languages.registerHoverProvider(DOCUMENTS, {
      provideHover: async (document, position, token) => {
        const found = await explain(document, position, token);
        const uri = stateParamsOf(document.uri)?.uri;
        return found && uri ? new vscode.Hover(hoverText(found, uri), document.lineAt(position).range) : undefined;
      },
    }),
    vscode.languages.registerDefinitionProvider(DOCUMENTS, {
      provideDefinition: async (document, position, token) => {
        const { target } = (await explain(document, position, token)) ?? {};
        if (!target) return undefined;
        const at = new vscode.Position(target.line, target.character);
        return [
          {
            originSelectionRange: document.lineAt(position).range,
            targetUri: vscode.Uri.parse(target.uri),
            targetRange: new vscode.Range(at, at),
          },
        ];
      },
    }),
    vscode.languages.registerFoldingRangeProvider(DOCUMENTS, { provideFoldingRanges: sections }),
  );
}

/** Only our own command may be run from it. */
function hoverText({ markdown, target, finding }: LineExplanation, uri: string): vscode.MarkdownString {
  const text = new vscode.MarkdownString(markdown);
  text.isTrusted = { enabledCommands: ['dvrscope.explain'] };
  const params: FindingParams | undefined = finding === undefined ? undefined : { uri, finding };
  const links = [
    ...(params
      ? [
          `[${vscode.l10n.t('Explain this finding')}](command:dvrscope.explain?${encodeURIComponent(JSON.stringify([params]))})`,
        ]
      : []),
    ...(target
      ? [
          `[${vscode.l10n.t('Line {0} of the topology', target.line + 1)}](${vscode.Uri.parse(target.uri)
            .with({ fragment: `L${target.line + 1}` })
            .toString()})`,
        ]
      : []),
  ];
  return links.length > 0 ? text.appendMarkdown(`\n\n${links.join(' · ')}`) : text;
}

/** From each heading to the line before the next one; tables of iptables-save inside of them. */
function sections(document: vscode.TextDocument): vscode.FoldingRange[] {
  const ranges: vscode.FoldingRange[] = [];
  let [heading, table] = [-1, -1];
  const close = (start: number, end: number): void => {
    let last = end;
    while (last > start && document.lineAt(last).isEmptyOrWhitespace) last--;
    if (start >= 0 && last > start) ranges.push(new vscode.FoldingRange(start, last));
  };
  for (let line = 0; line < document.lineCount; line++) {
    const { text } = document.lineAt(line);
    if (/^# \S+: /.test(text)) {
      close(heading, line - 1);
      heading = line;
    } else if (/^\*\S+$/.test(text)) table = line;
    else if (text === 'COMMIT') {
      close(table, line);
      table = -1;
    }
  }
  close(heading, document.lineCount - 1);
  return ranges;
}

/** The words of the web views outside of VS Code: its `l10n.t` without a bundle gives a text back as it is written. */
import { registerHooks } from 'node:module';
import type { MapStrings } from '../../client/mapStrings.ts';
import type { TraceStrings } from '../../client/traceStrings.ts';

const VSCODE = 'data:text/javascript,export const l10n = { t: (text) => text };';

const hooks = registerHooks({
  resolve: (name, context, next) =>
    name === 'vscode' ? { url: VSCODE, shortCircuit: true, format: 'module' } : next(name, context),
});
const { mapStrings } = await import('../../client/mapStrings.ts');
const { traceStrings } = await import('../../client/traceStrings.ts');
hooks.deregister();

export const mapWords: MapStrings = mapStrings();
export const traceWords: TraceStrings = traceStrings();

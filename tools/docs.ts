/** `npm run docs`: writes the pages of the documentation that are made from the code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { checksPage } from './checksPage.ts';
import { editorPage } from './editorPage.ts';
import { faultsPage } from './faultsPage.ts';
import { bundle } from './l10n.ts';
import { notModelledPage } from './notModelledPage.ts';
import { schemaText } from './schema.ts';

const folder = new URL('../docs/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('checks.md', folder), checksPage());
writeFileSync(new URL('faults.md', folder), faultsPage());
writeFileSync(new URL('not-modelled.md', folder), notModelledPage());
writeFileSync(new URL('editor.md', folder), editorPage());
writeFileSync(new URL('../schemas/dvr-topology.schema.json', folder), schemaText());
mkdirSync(new URL('../l10n/', folder), { recursive: true });
writeFileSync(new URL('../l10n/bundle.l10n.json', folder), bundle());

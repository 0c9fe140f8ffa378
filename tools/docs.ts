/** `npm run docs`: writes the pages of the documentation that are made from the code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { checksPage } from './checksPage.ts';
import { faultsPage } from './faultsPage.ts';
import { notModelledPage } from './notModelledPage.ts';

const folder = new URL('../docs/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('checks.md', folder), checksPage());
writeFileSync(new URL('faults.md', folder), faultsPage());
writeFileSync(new URL('not-modelled.md', folder), notModelledPage());

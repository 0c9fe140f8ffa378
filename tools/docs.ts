/** `npm run docs`: writes the pages of the documentation that are made from the code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { checksPage } from './checksPage.ts';

const folder = new URL('../docs/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('checks.md', folder), checksPage());

/** The API answers of each recorded cloud. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../recordings/', import.meta.url));

/** S1, S2, … */
export const scenarios: string[] = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** The folder with the answers of a scenario. */
export const apiFolder = (scenario: string): string => `${root}${scenario}/api`;

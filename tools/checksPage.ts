/** The page about checks, made from what the checks say of themselves. */
import { KNOWN_FAULTS } from '../shared/checks/known/table.ts';
import { CHECKS } from '../shared/checks/table.ts';
import type { Check } from '../shared/checks/check.ts';
import { UNCHECKED } from '../shared/checks/unchecked.ts';
import { RELEASE_MISMATCH } from '../shared/fitRelease.ts';
import { READER_CODES } from '../shared/topology/codes.ts';
import { PROMISE_CODES } from '../shared/verify/promise.ts';

/** Headings are codes alone, because links lead to them. */
export const checksPage = (): string =>
  `${[
    HEAD,
    ...CHECKS.map(section),
    '## Known faults of Neutron\n\nNo mistake of whoever wrote the file, and no finding: `check` tells them apart (`knownFaults` in its JSON).',
    ...KNOWN_FAULTS.map((fault) => section(fault).replace('## ', '### ')),
    `## What only live nodes show\n\n### ${RELEASE_MISMATCH.code}\n\n${RELEASE_MISMATCH.doc}`,
    '## What only packets show\n\nPromises of the file are tested with packets: over the expected state as you type, over the live state when nodes are compared.',
    ...Object.entries(PROMISE_CODES).map(([code, doc]) => `### ${code}\n\n${doc}`),
    '## Problems of the text itself\n\nWhat the reader finds before any check looks.',
    ...Object.entries(READER_CODES).map(([code, doc]) => `### ${code}\n\n${doc}`),
    '## What no check looks at\n\nRules of Neutron that a topology cannot break, or cannot show.',
    ['| rule | Neutron | why there is no check |', '|---|---|---|', ...UNCHECKED.map(row)].join('\n'),
  ].join('\n\n')}\n`;

const HEAD = `<!-- Made by \`npm run docs\` from shared/checks/. Do not edit. -->

# Checks

What is checked in a topology file, as you type and by \`dvrscope check\`.
An **error** is what Neutron refuses, so that such a cloud cannot be; a **warning** is what Neutron accepts but DVR does not work with; **information** is what is allowed and seldom meant.
What a file leaves out is never held against it.
In the examples, \`^^^\` under a line marks what is underlined; both examples of each check are its tests.

To silence one, write its code in a comment: \`# dvrscope: ignore CODE\` behind the line that is underlined or above it, \`# dvrscope: ignore-file CODE\` anywhere for the whole file.
Several codes are parted by commas; a reason goes behind \`--\`.
\`dvrscope.checks.severity\` in the editor's settings and \`--severity CODE=LEVEL\` of \`dvrscope check\` give a code another severity, or turn it \`off\`.
Findings on nodes are silenced in the same ways, by their code or by the id of a fault.
What is silenced is counted, and a comment that silences nothing is told.`;

const section = ({ code, severity, doc, why, wrong, right }: Check): string =>
  [`## ${code}`, `**${severity}** · ${doc}`, why, 'Wrong:', example(wrong), 'Right:', example(right)].join('\n\n');

const example = (text: string): string => `\`\`\`yaml\n${text.trim()}\n\`\`\``;

const row = ({ rule, neutron, reason }: (typeof UNCHECKED)[number]): string => `| ${rule} | ${neutron} | ${reason} |`;

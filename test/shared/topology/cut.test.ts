import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cut } from '../../../shared/topology/cut.ts';

/** A text, and the first line of each block: `=` a section, `>` the head of one, `-` a thing. `undefined`: read as a whole. */
const cases: Record<string, { text: string; blocks: string[] | undefined }> = {
  'sections, heads and things': {
    text: 'dvr: 1\nnodes:\n  a: {}\n  b:\n    agent_mode: dvr\nports: {}\n',
    blocks: ['= dvr: 1', '> nodes:', '-   a: {}', '-   b:', '= ports: {}'],
  },
  'comments and empty lines belong to what is before them': {
    text: '# top\n\nnodes: # all\n\n  # first\n  a: {}\n\n# end\n  b: {}\n',
    blocks: ['> nodes: # all', '-   a: {}', '-   b: {}'],
  },
  'any indentation': {
    text: 'nodes:\n      a: {}\n      b: {}\n',
    blocks: ['> nodes:', '-       a: {}', '-       b: {}'],
  },
  'closing brackets and dashes under a key go on with it': {
    text: 'ports:\n  p: {\n    network: n\n  }\n  q:\n  - a\n  r: {}\n',
    blocks: ['> ports:', '-   p: {', '-   q:', '-   r: {}'],
  },
  'a list of things is one section': { text: 'nodes:\n  - a\n  - b\ndvr: 1\n', blocks: ['= nodes:', '= dvr: 1'] },
  'only sections of things have things': {
    text: 'promises:\n  - a to b\nx-a:\n  b: c\n',
    blocks: ['= promises:', '= x-a:'],
  },
  'a line with too little indentation stays with the thing before it': {
    text: 'nodes:\n  a: {}\n b: {}\n  c: {}\n',
    blocks: ['> nodes:', '-   a: {}', '-   c: {}'],
  },
  'block scalars': {
    text: 'nodes:\n  a: |\n    b: c\n    d: e\n  f: {}\n',
    blocks: ['> nodes:', '-   a: |', '-   f: {}'],
  },
  'carriage returns': { text: 'nodes:\r\n  a: {}\r\n', blocks: ['> nodes:', '-   a: {}'] },
  'a byte order mark and a marker at the top': {
    text: '\uFEFF---\nnodes:\n  a: {}\n',
    blocks: ['> nodes:', '-   a: {}'],
  },
  'a second document': { text: 'nodes:\n  a: {}\n---\nnodes: {}\n', blocks: undefined },
  'an explicit key': { text: 'nodes:\n  ? a\n  : {}\n', blocks: undefined },
  'a directive': { text: '%YAML 1.2\n---\nnodes: {}\n', blocks: undefined },
  'no map of sections': { text: '{nodes: {}}\n', blocks: undefined },
  'a first section that is indented': { text: ' nodes:\n   a: {}\nports: {}\n', blocks: undefined },
  'a return that ends no line': { text: 'nodes:\n  a: {}\r  b: {}\n\r', blocks: undefined },
  'nothing at all': { text: '# later\n', blocks: undefined },
};

for (const [name, { text, blocks }] of Object.entries(cases))
  test(name, () => {
    const cuts = cut(text);
    const lines = cuts?.map(({ section, isHead, start }) => {
      const mark = isHead ? '>' : section === undefined ? '=' : '-';
      return `${mark} ${text.slice(start).split(/\r?\n/)[0]}`;
    });
    assert.deepEqual(lines, blocks);
    // Together they are the text from the first of them on.
    if (cuts) assert.equal(cuts.map(({ start, end }) => text.slice(start, end)).join(''), text.slice(cuts[0]!.start));
  });

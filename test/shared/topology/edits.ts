/** Random edits of a topology's text as people and editors make them, and as nobody would; the same for the same seed. */

export interface Random {
  /** An integer from 0 to below `n`. */
  below(n: number): number;
  pick<T>(list: readonly T[]): T;
}

/** Numbers that are the same each time (Numerical Recipes' generator). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  return { below, pick: (list) => list[below(list.length)]! };
}

/** What is typed or pasted: pieces of topologies, and whatever has a meaning of its own in YAML. */
const PIECES = [
  '\n',
  '\n  ',
  '\n    ',
  ' ',
  '  ',
  ':',
  ': ',
  ',',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '- ',
  '#',
  ' # x\n',
  '\t',
  '\r\n',
  '&a ',
  '*a',
  '<<: *a',
  '!t ',
  '|\n',
  '>\n',
  '? ',
  '---\n',
  '...\n',
  '%',
  '\0',
  '\uFEFF',
  'é',
  '\\',
  '\r',
  '<<<<<<< HEAD\n',
  '=======\n',
  '>>>>>>> topic\n',
  'x-common: &a {agent_mode: dvr}\n',

  'nodes:\n',
  'networks:\n',
  'routers:\n',
  'ports:\n',
  'floating_ips:\n',
  'release: zed\n',
  'dvr: 1\n',
  'a',
  '1',
  'x:y',

  '  n1: {agent_mode: dvr}\n',
  '  n1:\n    agent_mode: dvr\n',
  '  192.0.2.7: {}\n',
  '    mtu: 1450\n',
  '  - x\n',
  '- x\n',

  '  r9: {external_gateway: {network: n, ip_address: 192.0.2.1}}\n',
  '  p9:\n    network: n\n    fixed_ips:\n      - ip_address: 10.0.0.9\n',

  'nodes: {a: {agent_mode: dvr}, b: }\n',
  '  "q": {}\n',
  "  'q': {}\n",
  'promises:\n  - a to b\n',
  '  a: {\n  }\n',
  '  a:\n  - b\n',
];

/** The text after one edit. */
export function edited(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  switch (random.below(12)) {
    case 0: // Typing on.
    case 1:
    case 2:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at);
    case 3:
    case 4:
      return text.slice(0, at) + text.slice(at + 1 + random.below(4));
    case 5:
      return text.slice(0, at) + String.fromCharCode(32 + random.below(95)) + text.slice(at + 1);
    case 6:
      return text.slice(0, at) + text.slice(at + random.below(200));
    default:
      return editedLines(text, random);
  }
}

/** Lines are taken out, doubled, moved, indented, pasted or commented out. */
function editedLines(text: string, random: Random): string {
  const lines = text.split('\n');
  const from = random.below(lines.length);
  const some = lines.slice(from, from + 1 + random.below(5));
  const to = random.below(lines.length);
  switch (random.below(7)) {
    case 0:
      lines.splice(from, some.length);
      break;
    case 1:
      lines.splice(from, 0, ...some);
      break;
    case 2:
      lines.splice(from, some.length);
      lines.splice(to, 0, ...some);
      break;
    case 3:
      lines.splice(from, some.length, ...some.map((line) => `${' '.repeat(1 + random.below(3))}${line}`));
      break;
    case 4:
      lines.splice(from, some.length, ...some.map((line) => line.slice(1 + random.below(3))));
      break;
    case 5:
      lines.splice(from, some.length, ...some.map((line) => `# ${line}`));
      break;
    default:
      lines.splice(to, 0, ...random.pick(PIECES).split('\n'));
  }
  return lines.join('\n');
}

/**
 * The snapshot format: what a collector read from one node at one time, as text. Reading is total: any text gives sections and problems.
 *
 *     dvrscope-snapshot 1
 *     node: compute1
 *
 *     @@ begin - ip -j addr
 *     …standard output…
 *     @@ stderr some warning
 *     @@ end 0
 */
export interface Section {
  /** `-` is the node's own namespace. */
  namespace: string;
  command: string;
  stdout: string;
  stderr: string[];
  /** Exit status; absent when the snapshot was cut short inside this section. */
  status?: number;
  /** Of a source that is no snapshot: why it does not hold the output of this command. The rest is empty then. */
  missing?: string;
}

export interface Snapshot {
  node?: string;
  collectedAt?: string;
  /** All header lines, unknown keys included. */
  header: Record<string, string>;
  sections: Section[];
  problems: string[];
}

const FIRST_LINE = /^dvrscope-snapshot (\d+)$/;

export const isSnapshot = (text: string): boolean => text.startsWith('dvrscope-snapshot ');

export function parseSnapshot(text: string): Snapshot {
  const lines = text.split(/\r?\n/);
  const header: Snapshot['header'] = Object.create(null);
  const snapshot: Snapshot = { header, sections: [], problems: [] };
  const version = FIRST_LINE.exec(lines[0] ?? '')?.[1];
  if (version === undefined)
    snapshot.problems.push('this is not a snapshot: its first line is not "dvrscope-snapshot 1"');
  else if (version !== '1')
    snapshot.problems.push(`snapshot version ${version} is newer than this program, which reads version 1`);
  const body = readHeader(lines, snapshot);
  readSections(lines, body, snapshot);
  return snapshot;
}

/** Reads `key: value` lines up to the empty line; returns the index of the first line behind it. */
function readHeader(lines: string[], snapshot: Snapshot): number {
  let i = 1;
  for (; i < lines.length && lines[i] !== '' && !lines[i]!.startsWith('@@ '); i++) {
    const match = /^([^:]+):\s*(.*)$/.exec(lines[i]!);
    if (match) snapshot.header[match[1]!] = match[2]!;
    else snapshot.problems.push(`line ${i + 1}: a header line is "key: value"`);
  }
  if (snapshot.header['node']) snapshot.node = snapshot.header['node'];
  if (snapshot.header['collected_at']) snapshot.collectedAt = snapshot.header['collected_at'];
  return i;
}

function readSections(lines: string[], from: number, snapshot: Snapshot): void {
  let open: Section | undefined;
  let stdout: string[] = [];
  const close = (status?: number): void => {
    if (!open) return;
    // Standard output ends in a newline of its own; the join leaves that one out.
    open.stdout = stdout.join('\n');
    if (status !== undefined) open.status = status;
    snapshot.sections.push(open);
    open = undefined;
    stdout = [];
  };
  for (let i = from; i < lines.length; i++) {
    const line = lines[i]!;
    const begin = /^@@ begin (\S+) (.+)$/.exec(line);
    const end = /^@@ end (\d+)$/.exec(line);
    if (begin) {
      if (open) snapshot.problems.push(`line ${i + 1}: section "${open.command}" of ${open.namespace} has no end`);
      close();
      open = { namespace: begin[1]!, command: begin[2]!, stdout: '', stderr: [] };
    } else if (end && open) close(Number(end[1]));
    else if (open && line.startsWith('@@ stderr ')) open.stderr.push(line.slice('@@ stderr '.length));
    else if (open) stdout.push(line);
    else if (line.trim() !== '') snapshot.problems.push(`line ${i + 1}: text outside a section`);
  }
  if (open) snapshot.problems.push(`cut short inside section "${open.command}" of ${open.namespace}`);
  close();
}

/** How fast snapshots are parsed. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { aspectNamed } from '../shared/aspects/table.ts';
import { readNodeState } from '../shared/live.ts';
import { parseSnapshot } from '../shared/snapshot.ts';
import { type Figure, medianOf } from './figure.ts';

const S3 = join(import.meta.dirname, '../test/recordings/S3');

export function parseFigures(): Figure[] {
  const texts = readdirSync(S3)
    .filter((name) => name.endsWith('.snapshot'))
    .map((name) => readFileSync(join(S3, name), 'utf8'));
  const megabytes = texts.reduce((sum, text) => sum + text.length, 0) / 1e6;
  const snapshot = medianOf(20, () => void texts.map((text) => readNodeState(parseSnapshot(text))));
  const save = parseSnapshot(texts[0] ?? '').sections.find(
    ({ command, stdout }) => command === 'iptables-save' && stdout !== '',
  )!.stdout;
  const many = save.repeat(2000);
  const lines = many.split('\n').length;
  const iptables = medianOf(5, () => void aspectNamed('iptables').parse(many, 'iptables-save'));
  return [
    { name: "parse: a node's snapshot", value: snapshot / texts.length, unit: 'ms' },
    { name: 'parse: snapshots', value: megabytes / (snapshot / 1000), unit: 'MB/s' },
    { name: 'parse: iptables-save', value: lines / (iptables / 1000), unit: 'lines/s', target: 1_000_000, more: true },
  ];
}

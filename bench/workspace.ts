/** How fast a workspace of a thousand topologies is told what is wrong in it: files by themselves, and one root that includes all. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { spawn } from 'node:child_process';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type ProtocolConnection,
  type WorkspaceDiagnosticReport,
} from 'vscode-languageserver/node';
import type { Figure } from './figure.ts';
import { buildServer } from './lsp.ts';

const FILES = 1000;

/** First full diagnostics, in milliseconds. */
const TARGET = 2000;

export async function workspaceFigures(isIncluded: boolean): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dvrscope-bench-'));
  const how = isIncluded ? 'that one root includes' : 'by themselves';
  const name = `workspace of ${FILES.toLocaleString('en')} files of 100 lines, ${how}`;
  try {
    const cli = await buildServer(join(folder, 'dist'));
    const tenants = join(folder, 'clouds');
    mkdirSync(join(tenants, 't'), { recursive: true });
    for (let i = 0; i < FILES; i++) writeFileSync(join(tenants, 't', `${i}.dvr.yaml`), tenant(i, isIncluded));
    const root = join(tenants, 'root.dvr.yaml');
    writeFileSync(root, `release: zed\n${isIncluded ? 'include: [t/*.dvr.yaml]\n' : ''}${NODES}`);
    // The first start on a machine compiles for all later ones.
    await diagnosed(cli, folder, tenants, isIncluded);
    const { first, again, edited } = await diagnosed(cli, folder, tenants, isIncluded);
    return [
      { name: `${name}: first full diagnostics`, value: first, unit: 'ms', target: TARGET },
      { name: `${name}: all again, nothing changed`, value: again, unit: 'ms' },
      { name: `${name}: edit of a port to the diagnostics of its file`, value: edited, unit: 'ms' },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const NODES = `nodes:\n${Array.from({ length: 20 }, (_, i) => `  n${i}: {agent_mode: dvr}\n`).join('')}  net1: {agent_mode: dvr_snat}\n`;

/** A hundred lines: a network, a router, and ports one of which has a mistake. */
function tenant(i: number, isIncluded: boolean): string {
  const prefix = `10.${Math.floor(i / 250)}.${i % 250}`;
  const lines = [
    ...(isIncluded ? [] : NODES.trimEnd().split('\n')),
    'networks:',
    `  net-${i}:`,
    '    network_type: vxlan',
    `    segmentation_id: ${i + 1}`,
    '    subnets:',
    `      sub-${i}: {cidr: ${prefix}.0/24, gateway_ip: ${prefix}.1}`,
    'routers:',
    `  r-${i}:`,
    '    interfaces:',
    `      sub-${i}: {}`,
    'ports:',
  ];
  for (let k = 2; lines.length < 99; k++)
    lines.push(
      `  vm-${i}-${k}: {node: n${k % 20}, network: net-${i}, fixed_ips: [{subnet: sub-${i}, ip_address: ${prefix}.${k}}]}`,
    );
  lines.push(`  vm-${i}: {node: nowhere, network: net-${i}}`);
  return `${lines.join('\n')}\n`;
}

interface Times {
  first: number;
  again: number;
  edited: number;
}

/** With a client that asks for diagnostics, as VS Code does. The first one is from the opening of a file on. */
async function diagnosed(cli: string, cache: string, folder: string, isIncluded: boolean): Promise<Times> {
  const child = spawn(process.execPath, [cli, 'lsp', '--stdio'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, XDG_CACHE_HOME: cache },
  });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.listen();
  try {
    await connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities: { textDocument: { diagnostic: {} } },
    });
    await connection.sendNotification('initialized', {});
    return await timed(connection, join(folder, 't', '500.dvr.yaml'), tenant(500, isIncluded));
  } finally {
    connection.dispose();
    child.kill();
  }
}

async function timed(connection: ProtocolConnection, file: string, text: string): Promise<Times> {
  const uri = pathToFileURL(file).href;
  const all = async (previousResultIds: object[]): Promise<WorkspaceDiagnosticReport> =>
    connection.sendRequest('workspace/diagnostic', { previousResultIds });
  let start = performance.now();
  await connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'dvr-topology', version: 1, text },
  });
  const { items } = await all([]);
  const first = performance.now() - start;
  const wrong = items.filter((item) => item.kind === 'full' && item.items.length > 0).length;
  if (wrong !== FILES) throw new Error(`${wrong} files with a mistake were found, of ${FILES}`);
  start = performance.now();
  await all(items.map((item) => ({ uri: item.uri, value: item.resultId })));
  const again = performance.now() - start;
  const times: number[] = [];
  for (let version = 2; version < 23; version++) {
    start = performance.now();
    const contentChanges = [{ text: text.replace('ip_address: 10.2.0.7}', `ip_address: 10.2.0.${100 + version}}`) }];
    // oxlint-disable-next-line no-await-in-loop -- one edit after the other
    await connection.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges });
    // oxlint-disable-next-line no-await-in-loop -- as above
    await connection.sendRequest('textDocument/diagnostic', { textDocument: { uri } });
    times.push(performance.now() - start);
  }
  const edited = times.toSorted((a, b) => a - b)[10]!;
  return { first, again, edited };
}

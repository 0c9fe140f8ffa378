/** `dvrscope/import`: a topology from saved answers of the Neutron API, or the nodes of an Ansible inventory. */
import { readFile } from 'node:fs/promises';
import type { ImportParams, ImportResult } from '../../shared/protocol.ts';
import { readTopology } from '../../shared/topology/read.ts';
import { writeTopology } from '../../shared/topology/write.ts';
import { readInventory } from '../ansible/inventory.ts';
import { mergeInventory } from '../ansible/merge.ts';
import { fileErrorText } from '../collect/errorCode.ts';
import { importFromFolder } from '../neutron/apiFolder.ts';

/** A sentence in place of a topology where there is nothing to make one of. */
export async function importCloud({ kind, path }: ImportParams): Promise<ImportResult | { error: string }> {
  return kind === 'api' ? importFromFolder(path) : importInventory(path);
}

async function importInventory(path: string): Promise<ImportResult | { error: string }> {
  try {
    const inventory = readInventory(await readFile(path, 'utf8'));
    if (inventory.hosts.length === 0) return { error: `${path}: ${inventory.notes.join('; ')}` };
    const { topology, notes } = mergeInventory(readTopology('dvr: 1\n').topology, inventory);
    return { text: writeTopology(topology), notes };
  } catch (error) {
    return { error: `${path} cannot be read: ${fileErrorText(error)}` };
  }
}

/** The files of a demo, and its topology. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRecordings } from './recordings.ts';

/** Where a demo is. */
export interface DemoPlace {
  /** Made when it is missing; files of other names in it are left alone. */
  folder: string;
  /** The packed recordings. */
  recordings: string;
}

/** Paths of a demo. */
export interface DemoFiles {
  topology: string;
  /** For `--ssh-config`: login, addresses and host keys of the nodes. */
  sshConfig: string;
}

export const demoFiles = (folder: string): DemoFiles => ({
  topology: join(folder, 'demo.dvr.yaml'),
  sshConfig: join(folder, 'ssh_config'),
});

/** Writes the topology unless there is one; whether that one is another than ours. @param isReset it is written in any case */
export async function writeDemoTopology(
  { folder, recordings }: DemoPlace,
  isReset: boolean,
): Promise<{ isChanged: boolean }> {
  const file = demoFiles(folder).topology;
  const { topology } = await readRecordings(recordings);
  await mkdir(folder, { recursive: true });
  const found = isReset ? undefined : await readFile(file, 'utf8').catch(() => undefined);
  if (found === undefined) await writeFile(file, topology);
  return { isChanged: found !== undefined && found !== topology };
}

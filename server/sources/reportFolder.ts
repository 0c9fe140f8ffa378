/** A sosreport that was unpacked: the files that are read, from the few folders where they are. Links are not followed. */
import { lstat, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileErrorText } from '../collect/errorCode.ts';
import { mapLimit } from './mapLimit.ts';
import {
  CONNTRACK,
  DATABASES,
  HOST_NAMES,
  MANIFEST,
  NETWORKING,
  OPENVSWITCH,
  REPORT_LIMITS,
  type ReportFile,
  type ReportFiles,
  STATE_FOLDER,
  isRead,
  isStateOfAgent,
} from './report.ts';

/** Never rejects: what cannot be read is in the result with its reason. @param folder the one that has `sos_commands` */
export async function readReportFolder(folder: string): Promise<ReportFiles> {
  const files: ReportFiles = new Map();
  const single = [...DATABASES, ...HOST_NAMES, MANIFEST];
  const lists = [
    NETWORKING,
    `${NETWORKING}/namespaces/*`,
    OPENVSWITCH,
    CONNTRACK,
    STATE_FOLDER,
    `${STATE_FOLDER}/ha_confs/*`,
  ];
  const found = await Promise.all(lists.map(async (list) => pathsOf(folder, list)));
  let bytes = 0;
  const paths = [...single, ...found.flat()].filter(isRead).slice(0, REPORT_LIMITS.files);
  await mapLimit(paths, 16, async (path) => {
    const file = await readOne(join(folder, path), REPORT_LIMITS.reportBytes - bytes);
    bytes += file?.text?.length ?? 0;
    if (file) files.set(path, file);
  });
  const state = await readdir(join(folder, STATE_FOLDER)).catch(() => []);
  if (state.some((name) => isStateOfAgent(`${STATE_FOLDER}/${name}`))) files.set(STATE_FOLDER, { modified: 0 });
  return files;
}

export const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );

/** Names of the files and links of a folder, or of all folders in it. */
async function pathsOf(root: string, list: string): Promise<string[]> {
  if (!list.endsWith('/*')) {
    const entries = await readdir(join(root, list), { withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => `${list}/${name}`);
  }
  const parent = list.slice(0, -2);
  const folders = await readdir(join(root, parent), { withFileTypes: true }).catch(() => []);
  const inner = folders.filter((entry) => entry.isDirectory()).slice(0, REPORT_LIMITS.files);
  const all = await mapLimit(inner, 16, async ({ name }) => pathsOf(root, `${parent}/${name}`));
  return all.flat();
}

/** `undefined`: there is no such file. */
async function readOne(path: string, room: number): Promise<ReportFile | undefined> {
  try {
    const info = await lstat(path);
    const modified = info.mtimeMs / 1000;
    if (info.isSymbolicLink()) return { modified, reason: 'only a link: sos had to cut it' };
    if (!info.isFile()) return { modified, reason: 'not a regular file' };
    if (info.size > Math.min(REPORT_LIMITS.fileBytes, room))
      return { modified, reason: `${info.size} bytes, more than is read` };
    return { modified, text: await readFile(path, 'utf8') };
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? undefined
      : { modified: 0, reason: `cannot be read: ${fileErrorText(error)}` };
  }
}

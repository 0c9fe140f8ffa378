/** Saved answers of the Neutron API in a folder: one JSON file per question, `networks.json`, `ports.json`, … */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileErrorText } from '../collect/errorCode.ts';
import { writeTopology } from '../../shared/topology/write.ts';
import { answerOf, type Answers } from './answers.ts';
import { ANSWER_FILES, importTopology } from './import.ts';

/** The topology of a folder as YAML text, with notes on what was left out; an error when the folder holds no answers. */
export async function importFromFolder(
  dir: string,
  options: { release?: string } = {},
): Promise<{ text: string; notes: string[] } | { error: string }> {
  const folder = await readApiFolder(dir);
  if ('error' in folder) return folder;
  const { topology, notes } = importTopology(folder.answers, options);
  return { text: writeTopology(topology), notes: [...folder.notes, ...missingFiles(folder.answers), ...notes] };
}

/** The JSON files of a folder by their names without `.json`. A file that cannot be read is noted and counts as missing. */
export async function readApiFolder(dir: string): Promise<{ answers: Answers; notes: string[] } | { error: string }> {
  const files = await namesIn(dir);
  if (typeof files === 'string') return { error: files };
  const notes: string[] = [];
  const documents: [string, unknown][] = [];
  for (const file of files.filter((name) => name.endsWith('.json')).toSorted()) {
    const document = await readJson(join(dir, file));
    if ('error' in document) notes.push(`${file}: ${document.error}`);
    else documents.push([basename(file, '.json'), document.value]);
  }
  const answers = Object.fromEntries(documents);
  if (ANSWER_FILES.some((file) => answerOf(answers, file) !== undefined)) return { answers, notes };
  return {
    error: [
      `${dir}: no answers of the Neutron API; expected networks.json, subnets.json, ports.json, …`,
      ...notes,
    ].join('\n'),
  };
}

/** The answers without which a topology lacks whole sections; the others are there only where they are needed. */
const MAIN_FILES = ['networks', 'subnets', 'routers', 'ports', 'floatingips', 'agents', 'router-l3-agents'];

const missingFiles = (answers: Answers): string[] =>
  MAIN_FILES.filter((file) => answerOf(answers, file) === undefined).map(
    (file) => `${file}.json: not there, so what it holds is not known`,
  );

/** The names in a folder, or what is wrong with it. */
async function namesIn(dir: string): Promise<string[] | string> {
  try {
    return await readdir(dir);
  } catch (error) {
    return `${dir}: cannot be read as a folder: ${fileErrorText(error)}`;
  }
}

async function readJson(path: string): Promise<{ value: unknown } | { error: string }> {
  try {
    const text = await readFile(path, 'utf8');
    return { value: JSON.parse(text.replace(/^\uFEFF/, '')) as unknown };
  } catch (error) {
    return { error: `cannot be read, passed over: ${fileErrorText(error)}` };
  }
}

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { TemporaryFolder } from '../support/temporary-folder.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** The text of the fenced blocks of this language in a file of the repository, in their order. */
export function fencedBlocks(path: string, language: string): string[] {
  const text = readFileSync(`${root}/${path}`, 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1]!);
}

/**
 * Runs a program as a reader of the repository would: `cnt-ann` and paths that begin with `./` are taken from the root.
 *
 * @returns what it prints
 * @throws {Error} with its output if it fails
 */
export async function runProgram(program: string): Promise<string> {
  const here = pathToFileURL(`${root}/`).href;
  const resolved = program
    .replaceAll(/(from|import\() ?'cnt-ann'/g, `$1 '${here}src/index.ts'`)
    .replaceAll(/(from|import\() ?'cnt-ann\/node'/g, `$1 '${here}src/node.ts'`)
    .replaceAll(/(from|import\() ?'\.\//g, `$1 '${here}`);
  const file = new TemporaryFolder().file('program.mts', resolved);
  const { stdout } = await run(process.execPath, ['--import', 'tsx', file], { cwd: root });
  return stdout;
}

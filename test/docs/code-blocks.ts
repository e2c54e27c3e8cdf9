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

/** Between what two programs print. */
const END = '\u0000';

/**
 * Runs programs as a reader of the repository would, one after the other in one process: `cnt-ann` and paths that begin with
 * `./` are taken from the root.
 *
 * @returns what each prints
 * @throws {Error} with the output if one fails
 */
export async function runPrograms(programs: readonly string[]): Promise<string[]> {
  const here = pathToFileURL(`${root}/`).href;
  const folder = new TemporaryFolder();
  const names = programs.map((program, i) => {
    const resolved = program
      .replaceAll(/(from|import\() ?'cnt-ann'/g, `$1 '${here}src/index.ts'`)
      .replaceAll(/(from|import\() ?'cnt-ann\/node'/g, `$1 '${here}src/node.ts'`)
      .replaceAll(/(from|import\() ?'\.\//g, `$1 '${here}`);
    folder.file(`program-${i}.mts`, resolved);
    return `await import('./program-${i}.mts'); process.stdout.write('\\0');`;
  });
  const { stdout } = await run(process.execPath, ['--import', 'tsx', folder.file('all.mts', names.join('\n'))], {
    cwd: root,
  });
  return stdout.split(END).slice(0, -1);
}

/** @returns what it prints */
export async function runProgram(program: string): Promise<string> {
  const [printed] = await runPrograms([program]);
  return printed!;
}

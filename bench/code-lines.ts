/**
 * Counts the lines of code of `src` and `kernels`: those that hold more than comments and blanks, as TypeScript's own parser sees them.
 * `node --import tsx bench/code-lines.ts` prints a row for each folder, the total, and the total without the algorithms as printed
 * (`reference.ts`, of src only: those of the kernels always were there); with folders as words it counts these.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { textTable } from '../src/report/table.ts';
import { benchArguments } from './arguments.ts';

const { all } = benchArguments(['[FOLDER…]'], {});
const folders = all.length > 0 ? all : ['src', 'kernels'];

/** Lines on which a token of the file lies, or a part of one. */
function codeLines(path: string): number {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  const lines = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const parts = node.getChildren(file);
    for (const part of parts) visit(part);
    if (parts.length > 0 || node.getEnd() === node.getStart(file)) return;
    const first = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
    const token = file.text.slice(node.getStart(file), node.getEnd()).split('\n');
    for (const [i, text] of token.entries()) if (text.trim() !== '') lines.add(first + i);
  };
  visit(file);
  return lines.size;
}

const counts = new Map<string, { files: number; lines: number }>();
const total = { files: 0, lines: 0 };
const printed = { files: 0, lines: 0 };
for (const folder of folders) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.ts'))) {
    const path = join(folder, name);
    const lines = codeLines(path);
    const own = counts.get(dirname(path)) ?? { files: 0, lines: 0 };
    counts.set(dirname(path), own);
    const reference = basename(name) === 'reference.ts' && folder !== 'kernels';
    for (const count of reference ? [own, total, printed] : [own, total]) {
      count.files++;
      count.lines += lines;
    }
  }
}
const row = (name: string, { files, lines }: { files: number; lines: number }) => [name, String(files), String(lines)];
console.log(
  textTable([
    ['folder', 'files', 'lines of code'],
    ...[...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([folder, count]) => row(relative('', folder), count)),
    row('total', total),
    row('without reference.ts of src', { files: total.files - printed.files, lines: total.lines - printed.lines }),
  ]),
);

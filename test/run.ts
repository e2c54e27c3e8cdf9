/**
 * Runs every `*.test.ts` in its own process, as many at a time as there are cores, and ends with `N passed, N failed`.
 * Arguments narrow the choice: `npm test -- hnsw` runs the files whose path contains "hnsw".
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Outcome {
  readonly output: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(fileURLToPath(new URL('.', import.meta.url)), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/${file.replaceAll('\\', '/')}`)
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

function runFile(file: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file], { cwd: root, env: process.env });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('close', (code) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: uvu colors its summary
      const plain = output.replace(/\u001b\[[0-9;]*m/g, '');
      const figure = (label: string) => {
        const found = [...plain.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))];
        return found.reduce((sum, match) => sum + Number(match[1]), 0);
      };
      const total = figure('Total');
      const passed = figure('Passed');
      const skipped = figure('Skipped');
      // A file that crashed, or ran no test at all (a forgotten test.run()), counts as one failure.
      const lost = total + skipped === 0 || (code !== 0 && total === passed) ? 1 : 0;
      resolve({ output: plain, passed, failed: total - passed + lost, skipped });
    });
  });
}

const started = process.hrtime.bigint();
const sum = { passed: 0, failed: 0, skipped: 0 };
let next = 0;
async function worker(): Promise<void> {
  while (next < files.length) {
    const file = files[next++]!;
    const begin = process.hrtime.bigint();
    const outcome = await runFile(file);
    const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
    const line = `${outcome.failed ? 'FAIL' : 'ok  '} ${relative('.', file)}  ${outcome.passed} passed`;
    const skipped = outcome.skipped ? `, ${outcome.skipped} skipped` : '';
    console.log(`${line}${outcome.failed ? `, ${outcome.failed} failed` : ''}${skipped}  (${seconds.toFixed(1)} s)`);
    if (outcome.failed) console.log(outcome.output);
    else for (const [note] of outcome.output.matchAll(/skip: .*/g)) console.log(`     ${note}`);
    sum.passed += outcome.passed;
    sum.failed += outcome.failed;
    sum.skipped += outcome.skipped;
  }
}
await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, worker));
console.log(`\n${files.length} files in ${(Number(process.hrtime.bigint() - started) / 1e9).toFixed(1)} s`);
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ''}`);
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;

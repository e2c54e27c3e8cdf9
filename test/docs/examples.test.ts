import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { root, runPrograms } from './code-blocks.ts';

interface Example {
  readonly place: string;
  readonly program: string;
}

/** The block after each `@example` of a doc comment. */
function examples(): Example[] {
  const files = ['src', 'kernels'].flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`),
  );
  return files.flatMap((place) => {
    const text = readFileSync(`${root}/${place}`, 'utf8');
    return [...text.matchAll(/^ *\* @example\n *\* ```ts\n(.*?)^ *\* ```$/gms)].map(([, block]) => ({
      place,
      program: block!.replaceAll(/^ *\* ?/gm, ''),
    }));
  });
}

/** What the comments behind `console.log(…);` say. */
function expected(program: string): string {
  return [...program.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, printed]) => `${printed}\n`).join('');
}

test('every example of a doc comment prints what its comments say', async () => {
  const all = examples();
  assert.ok(all.length >= 10, `${all.length} examples`);
  const printed = await runPrograms(all.map(({ program }) => program));
  for (const [i, { place, program }] of all.entries()) {
    assert.ok(expected(program), `${place}: an example that prints nothing shows nothing`);
    assert.is(printed[i], expected(program), place);
  }
});

test.run();

/** Which tests can notice a change of a source: those that import it, the nearest first. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** The paths of all `.ts` files of a folder of the repository, in alphabetical order. */
export function sourcesOf(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .sort();
}

/** What a file imports, starts as a thread or runs as a program, of the repository's own files. */
function importsOf(root: string, file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const imported = [...text.matchAll(/(?:from|import|new URL)\s*\(?\s*'(\.[^']+\.ts)'/g)].map((match) =>
    posix.join(posix.dirname(file), match[1]!),
  );
  const named = [...text.matchAll(/['/]((?:src|kernels)\/[\w/-]+\.ts)'/g)].map((match) => match[1]!);
  return [...imported, ...named];
}

/** `src/a/b.ts` and `kernels/a/b.ts` are tested in `test/a/b.test.ts` and `test/kernels/a.test.ts`, or beside these. */
function nearnessByName(file: string, test: string): number | undefined {
  const path = file
    .replace(/^src\//, 'test/')
    .replace(/^kernels\//, 'test/kernels/')
    .replace(/\.ts$/, '');
  if (test === `${path}.test.ts` || test === `${dirname(path)}.test.ts`) return 0;
  return dirname(test) === dirname(path) ? 0.5 : undefined;
}

/** Sees any changed result. */
const WHOLE_RUN = 'test/digests.test.ts';

/**
 * For a source the tests that reach it through imports: first those named after it, then by the number of imports between.
 *
 * @param root of the repository, whose files are read once
 */
export function fittingTests(root: string): (file: string) => string[] {
  const tests = sourcesOf(root, 'test').filter((file) => file.endsWith('.test.ts'));
  const files = ['kernels', 'src', 'test'].flatMap((folder) => sourcesOf(root, folder));
  const known = new Set(files);
  const imports = new Map(files.map((file) => [file, importsOf(root, file).filter((path) => known.has(path))]));
  const distances = new Map(
    tests.map((test) => {
      const away = new Map([[test, 0]]);
      for (const [file, distance] of away) {
        for (const next of imports.get(file)!) if (!away.has(next)) away.set(next, distance + 1);
      }
      return [test, away] as const;
    }),
  );
  return (file) => {
    const reaching = tests.filter((test) => distances.get(test)!.has(file));
    const order = (test: string) => {
      const byName = nearnessByName(file, test);
      return byName ?? (test === WHOLE_RUN ? 1 : distances.get(test)!.get(file)!);
    };
    return reaching.sort((a, b) => order(a) - order(b));
  };
}

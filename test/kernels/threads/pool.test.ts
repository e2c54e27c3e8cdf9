import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels } from '../../../kernels/backend.ts';
import { along, ROWS } from '../../../kernels/threads/job.ts';
import { awaitThreads } from '../../../kernels/threads/pool.ts';
import { SCRATCH_BYTES } from '../../../kernels/wasm/memory.ts';
import { markingTeam, ROW_COUNT, rowByRow, SCRATCH } from '../../support/marking-team.ts';

test('every chunk is run once, by this thread and by the others, each with scratch of its own', () => {
  const { out, team: three } = markingTeam(3);
  assert.is(awaitThreads(30_000), 3);
  const places = [0, 1, 2].map((thread) => SCRATCH + thread * SCRATCH_BYTES + 1);
  const seen = new Set<number>();
  for (let attempt = 0; attempt < 2000 && seen.size < 3; attempt++) {
    out.fill(0);
    three.run(0, rowByRow, [along(0, 4), { scratch: 0 }, ROWS, 20_000]);
    for (const place of out) {
      assert.ok(places.includes(place), `row computed with scratch ${place}`);
      seen.add(place);
    }
  }
  assert.is(seen.size, 3, 'threads that took part');
});

test('an error in a chunk, on whatever thread, is one clear line, and the threads go on', () => {
  const { out, bytes, team: three } = markingTeam(3);
  for (let attempt = 0; attempt < 20; attempt++) {
    // Only the last chunks read beyond the memory.
    const reading = () => three.run(1, rowByRow, [along(0, 4), along(bytes - 4 * (ROW_COUNT - 2), 4)]);
    assert.throws(reading, /^Kernels: expected a chunk to succeed, got memory access out of bounds\.$/);
    out.fill(0);
    three.run(0, rowByRow, [along(0, 4), { scratch: 0 }, ROWS, 0]);
    assert.ok(out.every((place) => place > 0));
  }
});

test('what is thrown meanwhile is thrown when the job is done, and the threads go on', () => {
  const { out, team: three } = markingTeam(3);
  for (let attempt = 0; attempt < 20; attempt++) {
    out.fill(0);
    const failing = () =>
      three.run(0, rowByRow, [along(0, 4), { scratch: 0 }, ROWS, 0], () => {
        throw new Error('meanwhile');
      });
    assert.throws(failing, /^meanwhile$/);
    assert.ok(out.every((place) => place > 0));
  }
  const seen = new Set<number>();
  for (let attempt = 0; attempt < 2000 && seen.size < 3; attempt++) {
    three.run(0, rowByRow, [along(0, 4), { scratch: 0 }, ROWS, 20_000]);
    for (const place of out) seen.add(place);
  }
  assert.is(seen.size, 3, 'threads that took part afterwards');
});

test('numbers of threads out of range are refused', () => {
  for (const threads of [0, -1, 1.5, 257, Number.NaN]) {
    assert.throws(
      () => createKernels({ bytes: 64, threads }),
      new RegExp(`^threads: expected a whole number from 1 to 256, got ${threads}\\.$`),
    );
  }
  assert.is(createKernels({ backend: 'reference', bytes: 64, threads: 3 }).threads, 1);
});

test('closed kernels leave their memory, zeroed, to the next of as many threads, and compute no more', () => {
  const first = createKernels({ backend: 'simd', bytes: 4096, threads: 2 });
  const x = first.floats(1000).fill(7);
  first.close();
  first.close();
  assert.throws(() => first.fill(x, 1, 1000), /got another array/);
  assert.throws(() => first.floats(1));
  const three = createKernels({ backend: 'simd', bytes: 4096, threads: 3 });
  assert.is.not(three.floats(1).buffer, x.buffer);
  const larger = createKernels({ backend: 'simd', bytes: 4160, threads: 2 });
  assert.is.not(larger.floats(1).buffer, x.buffer);
  const next = createKernels({ backend: 'simd', bytes: 4000, threads: 2 });
  const y = next.floats(1000);
  assert.is(y.buffer, x.buffer);
  assert.ok(y.every((value) => value === 0));
  assert.throws(() => next.floats(1), /expected at most 0 bytes/);
  next.fill(y, 2, 1000);
  assert.ok(y.every((value) => value === 2));
  assert.throws(() => next.share(), /^Kernels.share: expected kernels created with attachable places, got none\.$/);
});

/** Runs a program that has kernels on three threads as `k`. */
function program(rest: string) {
  const backend = new URL('../../../kernels/backend.ts', import.meta.url).href;
  const pool = new URL('../../../kernels/threads/pool.ts', import.meta.url).href;
  const text = [
    `const { createKernels } = await import(${JSON.stringify(backend)});`,
    `const { awaitThreads } = await import(${JSON.stringify(pool)});`,
    'const k = createKernels({ bytes: 4e6, threads: 3 });',
    'const x = k.floats(4e5);',
    'k.fill(x, 1, x.length);',
    rest,
  ].join('\n');
  const argv = ['--import', 'tsx', '--input-type=module', '--eval', text];
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  return spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 60_000, cwd });
}

test('a process ends by itself, whether its threads have come up or not, and after an error', () => {
  const early = program('console.log(x[399999]);');
  assert.equal([early.status, early.stdout], [0, '1\n'], early.stderr);
  const late = program('awaitThreads(30000); k.add(x, x, x.length); console.log(x[399999]);');
  assert.equal([late.status, late.stdout], [0, '2\n'], late.stderr);
  const failed = program("awaitThreads(30000); throw new Error('stop');");
  assert.is(failed.status, 1);
  assert.match(failed.stderr, /Error: stop/);
});

test.run();

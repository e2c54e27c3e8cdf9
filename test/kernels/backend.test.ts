import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type BackendChoice, createKernels, referenceKernels, simdSupported } from '../../kernels/backend.ts';
import { KernelMemory } from '../../kernels/wasm/memory.ts';
import { assertSame } from '../support/same.ts';

test('operands of the reference are shared memory where another thread may attach, and only there', () => {
  const memoryOf = (attachable: number) =>
    createKernels({ backend: 'reference', bytes: 64, attachable }).floats(4).buffer.constructor.name;
  assert.equal([0, 1, 2].map(memoryOf), ['ArrayBuffer', 'SharedArrayBuffer', 'SharedArrayBuffer']);
});

test('auto runs simd where the engine has it, and each choice says what runs', () => {
  assert.ok(simdSupported());
  assert.is(createKernels({ bytes: 1000 }).backend, 'simd');
  assert.is(createKernels({ backend: 'simd', bytes: 1000 }).backend, 'simd');
  assert.is(createKernels({ backend: 'reference', bytes: 1000 }).backend, 'reference');
  assert.is(createKernels({ bytes: 1000 }).precision, 'float32');
  assert.is(referenceKernels().precision, 'float32');
  assert.is(referenceKernels({ precision: 'float64' }).precision, 'float64');
  assert.instance(referenceKernels({ precision: 'float64' }).floats(1), Float64Array);
  assert.throws(
    () => createKernels({ backend: 'gpu' as BackendChoice, bytes: 1000 }),
    /^createKernels: expected backend auto, reference or simd, got gpu\.$/,
  );
});

/** In a process of its own, after the import (the loader itself needs WebAssembly) and before the first use. */
function withoutSimd(prelude: string, code: string): string {
  const url = new URL('../../kernels/backend.ts', import.meta.url).href;
  const program = `const k = await import('${url}'); ${prelude}; ${code}`;
  return execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

const NO_ENGINE = 'an engine without it.';
for (const [title, prelude, got] of [
  ['without WebAssembly', 'delete globalThis.WebAssembly', NO_ENGINE],
  ['where SIMD does not validate', 'WebAssembly.validate = () => false', NO_ENGINE],
  [
    'where it validates and may not be compiled',
    'WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("refused"); } }',
    "a Content-Security-Policy that forbids it; add 'wasm-unsafe-eval' to its script-src, or take backend auto.",
  ],
] as const) {
  test(`${title}, auto falls back to the reference and simd says what is missing`, () => {
    assert.is(withoutSimd(prelude, 'console.log(k.createKernels({ bytes: 8 }).backend)'), 'reference');
    assert.is(
      withoutSimd(
        prelude,
        "try { k.createKernels({ backend: 'simd', bytes: 8 }) } catch (e) { console.log(e.name + ': ' + e.message) }",
      ),
      `Error: createKernels: expected WebAssembly SIMD for backend simd, got ${got}`,
    );
  });
}

test('memory is zeroed, aligned to 64 bytes, and disjoint', () => {
  const kernels = createKernels({ backend: 'simd', bytes: 4096 });
  const views = [kernels.floats(1), kernels.ints(17), kernels.floats(0), kernels.floats(16), kernels.ints(3)];
  let end = 0;
  for (const view of views) {
    assert.is(view.byteOffset % 64, 0);
    assert.ok(view.byteOffset >= end);
    assert.ok(view.every((value) => value === 0));
    view.fill(7);
    end = view.byteOffset + view.byteLength;
  }
});

test('the capacity is what was asked for, to the float', () => {
  const kernels = createKernels({ backend: 'simd', bytes: 1024 });
  kernels.floats(240);
  assert.throws(
    () => kernels.floats(17),
    /^Kernels: expected at most 64 bytes \(what is left of the memory\), got 68\.$/,
  );
  kernels.ints(16);
  assert.throws(() => kernels.ints(1), /^Kernels: expected at most 0 bytes/);
  for (const length of [-1, 1.5, Number.NaN]) {
    assert.throws(() => kernels.floats(length), new RegExp(`expected a length, got ${length}`));
  }
});

test('a capacity that is no size, or beyond one memory, is refused in one line', () => {
  for (const bytes of [-1, 0.5, Number.NaN, 1 / 0]) {
    assert.throws(() => createKernels({ backend: 'simd', bytes }), /^KernelMemory: expected a size in bytes, got /);
  }
  assert.throws(
    () => createKernels({ backend: 'simd', bytes: 2 ** 32 }),
    /^KernelMemory: expected at most 429[0-4]\d{6} bytes \(one memory is 4 GiB\), got 4294967296\.$/,
  );
});

test('kernels compute in the last bytes of 4 GiB, addresses beyond 2^31', () => {
  const bytes = 2 ** 32 - 64 - 2 ** 20;
  const kernels = createKernels({ backend: 'simd', bytes });
  kernels.floats((bytes - 4096) / 4);
  const base = kernels.floats(64 * 8);
  const [out, ids] = [kernels.floats(8), kernels.ints(8)];
  assert.ok(base.byteOffset > 2 ** 32 - 2 ** 16);
  base.forEach((_, i) => {
    base[i] = i;
  });
  ids.set([7, 6, 5, 4, 3, 2, 1, 0]);
  kernels.squaredDistances(out, base, 0, base, ids, 8, 64);
  assertSame(
    [...out],
    [7, 6, 5, 4, 3, 2, 1, 0].map((id) => 64 * (64 * id) ** 2),
  );
  kernels.matmulNT(out, base, base, 1, 8, 3, false);
  assertSame(
    [...out],
    [0, 1, 2, 3, 4, 5, 6, 7].map((j) => 3 * j + 1 + 2 * (3 * j + 2)),
  );
});

test('two sets of kernels have memories of their own', () => {
  const [one, two] = [KernelMemory.create({ bytes: 64 }), KernelMemory.create({ bytes: 64 })];
  assert.throws(() => one.at(two.floats(4), 4), /got another array/);
  assert.is(one.at(one.floats(4), 4) % 64, 0);
});

test.run();

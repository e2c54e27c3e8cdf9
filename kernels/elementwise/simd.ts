import { eachElement, type FunctionScope, forUp, type Local, type ModuleBuilder } from '../assembler.ts';
import { eachChunk, eachStrip } from '../columns.ts';
import { f32x4, i32, type Statement } from '../instructions.ts';
import type { Link } from '../link.ts';
import { type ElementwiseKernels, fill } from './reference.ts';

/** Columns of the block are contiguous; strides in bytes. */
const BLOCK = {
  target: 'i32',
  targetStride: 'i32',
  source: 'i32',
  sourceStride: 'i32',
  rows: 'i32',
  cols: 'i32',
} as const;

export function emitElementwise(module: ModuleBuilder): void {
  module.func('add', { y: 'i32', x: 'i32', n: 'i32' }, 'void', ({ y, x, n }, f) => [addRow(f, y, x, n)]);

  module.func('copyBlock', BLOCK, 'void', ({ target, targetStride, source, sourceStride, rows, cols }, f) => [
    forUp(f, 0, rows, 1, () => [
      eachElement(f, cols, (byte, lanes) => [lanes.store(i32.add(target, byte), lanes.load(i32.add(source, byte)))]),
      target.set(i32.add(target, targetStride)),
      source.set(i32.add(source, sourceStride)),
    ]),
  ]);

  module.func('addBlock', BLOCK, 'void', ({ target, targetStride, source, sourceStride, rows, cols }, f) => [
    forUp(f, 0, rows, 1, () => [
      addRow(f, target, source, cols),
      target.set(i32.add(target, targetStride)),
      source.set(i32.add(source, sourceStride)),
    ]),
  ]);

  module.func('columnSums', { out: 'i32', x: 'i32', rows: 'i32', cols: 'i32' }, 'void', ({ out, x, rows, cols }, f) => {
    const row = f.local('i32');
    const sums = f.locals('v128', 4);
    return eachStrip(f, cols, 4, (byte, { vectors, load, store }) => [
      row.set(i32.add(x, byte)),
      eachChunk(f, rows, {
        begin: vectors.map((v) => sums[v]!.set(f32x4.const(0))),
        row: [
          ...vectors.map((v) => sums[v]!.set(f32x4.add(sums[v]!, load(row, v)))),
          row.set(i32.add(row, i32.shl(cols, 2))),
        ],
        end: vectors.map((v) => store(i32.add(out, byte), f32x4.add(load(i32.add(out, byte), v), sums[v]!), v)),
      }),
    ]);
  });
}

/** y[i] += x[i] */
function addRow(f: FunctionScope, y: Local<'i32'>, x: Local<'i32'>, n: Local<'i32'>): Statement {
  return eachElement(f, n, (byte, lanes) => [
    lanes.store(i32.add(y, byte), f32x4.add(lanes.load(i32.add(y, byte)), lanes.load(i32.add(x, byte)))),
  ]);
}

export function bindElementwise({ func, at }: Link): ElementwiseKernels {
  const add = func('add');
  const copyBlock = func('copyBlock');
  const addBlock = func('addBlock');
  const columnSums = func('columnSums');
  const place = (view: Parameters<typeof at>[0], stride: number, offset: number, rows: number, cols: number) =>
    at(view, rows > 0 ? (rows - 1) * stride + offset + cols : 0) + 4 * offset;
  return {
    fill,
    add(y, x, n) {
      add(at(y, n), at(x, n), n);
    },
    copyBlock(target, targetStride, targetOffset, source, sourceStride, sourceOffset, rows, cols) {
      const to = place(target, targetStride, targetOffset, rows, cols);
      const from = place(source, sourceStride, sourceOffset, rows, cols);
      copyBlock(to, 4 * targetStride, from, 4 * sourceStride, rows, cols);
    },
    addBlock(target, targetStride, targetOffset, source, sourceStride, sourceOffset, rows, cols) {
      const to = place(target, targetStride, targetOffset, rows, cols);
      const from = place(source, sourceStride, sourceOffset, rows, cols);
      addBlock(to, 4 * targetStride, from, 4 * sourceStride, rows, cols);
    },
    addBias(y, bias, rows, cols) {
      addBlock(at(y, rows * cols), 4 * cols, at(bias, cols), 0, rows, cols);
    },
    columnSums(out, x, rows, cols) {
      columnSums(at(out, cols), at(x, rows * cols), rows, cols);
    },
  };
}

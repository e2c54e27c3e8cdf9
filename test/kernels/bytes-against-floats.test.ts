import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { emitKernels } from '../../kernels/simd.ts';
import { loopsOf } from '../support/wasm-loops.ts';

/**
 * The paper on Table 3: "computing the distance of two 16 dimensional float32 vectors (64 bytes) needs two AVX2 instructions calls,
 * but computing the distance of two 64 dimensional 8-bit quantized vectors (also 64 bytes) needs to call the instruction 4 times",
 * because a difference of bytes takes 16 bits. Counted here in the main loops of our own kernels, of 128 bits.
 */
const module = emitKernels();
const LOADS = new Set([0xfd00, 0xfd02, 0xfd5c, 0xfd5d]);

/** Vector instructions of the first innermost loop that has any, for one row: all, and those that are not loads. */
function perRow(name: string, rows: number): { all: number; arithmetic: number } {
  const vectors = loopsOf(module, name).map((body) => body.filter((opcode) => opcode >= 0xfd00));
  const vector = vectors.find((body) => body.length > 0)!;
  return { all: vector.length / rows, arithmetic: vector.filter((opcode) => !LOADS.has(opcode)).length / rows };
}

const floats = perRow('squaredDistances', 8); // 4 numbers a turn, 8 rows
const bytes = perRow('byteDistances', 4); // 8 numbers a turn, 4 rows
const decoded = perRow('codeDistances', 4); // 8 numbers a turn, 4 rows

test('float32: 3 instructions for 4 numbers; bytes: 3 for 8, since eight 16-bit differences fill a vector', () => {
  assert.equal(floats, { all: 4.125, arithmetic: 3 });
  assert.equal(bytes, { all: 4.25, arithmetic: 3 });
});

test('64 bytes of each: 16 float32 take 12 instructions, 64 bytes take 24, twice as many, as the paper says', () => {
  const [sixteenFloats, sixtyFourBytes] = [(16 / 4) * floats.arithmetic, (64 / 8) * bytes.arithmetic];
  assert.equal([sixteenFloats, sixtyFourBytes], [12, 24]);
});

test('64 numbers of each: float32 take 48 instructions, bytes 24: a quarter of the memory buys a factor of two', () => {
  assert.equal([(64 / 4) * floats.arithmetic, (64 / 8) * bytes.arithmetic], [48, 24]);
});

test('decoded in the loop to float32, 64 numbers take 96 instructions: twice as many as float32, four times the whole numbers', () => {
  assert.is((64 / 8) * decoded.arithmetic, 96);
});

test.run();

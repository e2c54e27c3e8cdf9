import type { GpuKernel, GpuSample } from './gpu-kernel.ts';

/** Reproducible operands for the sample of a kernel; numbers stand for themselves. */
export function sampleOperands({ inputs, range = [-1, 1] }: GpuSample): (Float32Array | number)[] {
  let state = 1;
  const [least, most] = range;
  return inputs.map((input) => {
    if (typeof input === 'number') return input;
    if (input[2]) return Float32Array.from(input[2]);
    return Float32Array.from({ length: input[0] * input[1] }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return least + (most - least) * (state / 2 ** 32);
    });
  });
}

/** A shader may be compiled as if there were none of these; what came of a NaN would then look like a result. */
const SPECIAL = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const;

/**
 * All operands on which a kernel is tried: those of its sample, and the same with a NaN, or an infinity, in a place of each matrix
 * that the sample does not fix; -Infinity only where there may be negative numbers.
 */
export function trials(sample: GpuSample): (Float32Array | number)[][] {
  const plain = sampleOperands(sample);
  const [least] = sample.range ?? [-1];
  const special = SPECIAL.filter((value) => value !== Number.NEGATIVE_INFINITY || least < 0);
  return [
    plain,
    ...special.map((value, turn) =>
      plain.map((operand, i) => withOne(operand, sample.inputs[i]!, value, 5 * i + 3 * turn)),
    ),
  ];
}

function withOne(
  operand: Float32Array | number,
  input: GpuSample['inputs'][number],
  value: number,
  place: number,
): Float32Array | number {
  if (typeof operand === 'number' || typeof input === 'number' || input[2]) return operand;
  return operand.with(place % operand.length, value);
}

/** What a body gives when it runs as the JavaScript that it is, in float64. */
export function expectedOf(kernel: GpuKernel, operands: readonly (Float32Array | number)[]): Float32Array {
  const { body, lanes = 1, sample } = kernel;
  const { layers = 1, rows, cols, constants } = sample;
  const matrices = operands.map((operand, i) => {
    const shape = sample.inputs[i]!;
    return typeof operand === 'number' || typeof shape === 'number' ? operand : rowsOf(operand, shape[0], shape[1]);
  });
  const expected = new Float32Array(layers * rows * cols);
  for (let row = 0; row < layers * rows; row++) {
    const thread = { y: row % rows, z: Math.floor(row / rows) };
    for (let x = 0; x < cols / lanes; x++) {
      const value = body.call({ thread: { x, ...thread }, constants }, ...matrices);
      expected.set(typeof value === 'number' ? [value] : value, row * cols + x * lanes);
    }
  }
  return expected;
}

function rowsOf(values: Float32Array, rows: number, cols: number): Float32Array[] {
  return Array.from({ length: rows }, (_, row) => values.subarray(row * cols, (row + 1) * cols));
}

/** @throws {Error} at the first value that is farther away than the kernel's sample allows */
export function requireSame(kernel: GpuKernel, adapter: string, found: Float32Array, expected: Float32Array): void {
  const { tolerance } = kernel.sample;
  for (let i = 0; i < expected.length; i++) {
    if (isNear(found[i]!, expected[i]!, tolerance)) continue;
    const place = `element ${i} of its self-test on ${adapter}`;
    throw new Error(`GPU kernel ${kernel.name}: expected ${expected[i]} as ${place}, got ${found[i]}.`);
  }
}

/** NaN is near to NaN alone, an infinity to itself. */
function isNear(found: number, expected: number, tolerance: number): boolean {
  if (Object.is(found, expected)) return true;
  return Number.isFinite(expected) && Math.abs(found - expected) <= tolerance * (1 + Math.abs(expected));
}

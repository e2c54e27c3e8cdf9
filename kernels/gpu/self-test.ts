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
    if (Math.abs(found[i]! - expected[i]!) <= tolerance * (1 + Math.abs(expected[i]!))) continue;
    const place = `element ${i} of its self-test on ${adapter}`;
    throw new Error(`GPU kernel ${kernel.name}: expected ${expected[i]} as ${place}, got ${found[i]}.`);
  }
}

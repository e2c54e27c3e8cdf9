import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import type { Floats } from '../../kernels/operands.ts';
import { assertSame } from './same.ts';

/**
 * Runs one call on the reference and on SIMD with the same operands and asserts that every operand afterwards, the result
 * and the counts have the same bits.
 *
 * @param operands their contents before the call
 * @param call gets the operands in the memory of the kernels that it must use
 */
export function assertSameBits(
  title: string,
  operands: readonly (readonly number[])[],
  call: (kernels: Kernels, operands: Floats[]) => unknown,
): void {
  const bytes = operands.reduce((sum, one) => sum + one.length * 4 + 256, 4096);
  const [expected, actual] = [referenceKernels(), createKernels({ backend: 'simd', bytes })].map((kernels) => {
    const own = operands.map((content) => {
      // One float in front, so that operands are not aligned and writes outside them are seen.
      const floats = kernels.floats(content.length + 5);
      floats.fill(12345);
      floats.set(content, 1);
      return floats;
    });
    const result = call(
      kernels,
      own.map((floats, i) => floats.subarray(1, 1 + operands[i]!.length)),
    );
    const bits = own.map((floats) => new Uint32Array(Float32Array.from(floats).buffer));
    return { bits, result, counts: { ...kernels.counts } };
  });
  expected!.bits.forEach((bits, i) => {
    const wrong = bits.findIndex((word, j) => word !== actual!.bits[i]![j]);
    assert.is(wrong, -1, `${title}: operand ${i} differs at element ${wrong - 1}`);
  });
  assertSame(actual!.result, expected!.result, `${title}: result`);
  assertSame(actual!.counts, expected!.counts, `${title}: counts`);
}

import { ProductQuantizer } from '../../quantize/product/product-quantizer.ts';
import { RegressionCodebook } from '../../quantize/regression/regression-codebook.ts';
import { type Archive, type NamedArray, requireArray, requireInteger } from '../../tensor/named-arrays.ts';
import { optionalMatrix, requirePackedCodes, requireSizes } from '../codes/code-archive.ts';
import { graphEntries, readGraph } from '../graph/graph-archive.ts';
import type { LinkedCodes } from './link-and-code-build.ts';

const WHERE = 'L&C index';
const LARGEST = 2 ** 31 - 1;

export function writeLinkedCodes(codes: LinkedCodes, rows: number, dim: number): Archive {
  const { quantizer, packed, regression, regressionCodes, rotation } = codes;
  const entries = graphEntries(codes);
  const product = quantizer.toArrays();
  const arrays = new Map<string, NamedArray>([...entries.arrays, ...product.arrays]);
  arrays.set('codes', { shape: [rows, quantizer.codeBytes], data: packed });
  arrays.set('weights', regression.toArray());
  arrays.set('weightCodes', { shape: [rows, regression.nsq], data: regressionCodes });
  if (rotation) arrays.set('rotation', { shape: [rotation.rows, rotation.cols], data: rotation.data });
  const sizes = { rows, dim, baseLinks: codes.graph.base.capacity };
  return { kind: 'lc', parameters: { ...sizes, ...product.parameters, ...entries.parameters }, arrays };
}

/** @throws {RangeError} at the first thing that does not fit */
export function readLinkedCodes(archive: Archive): { readonly codes: LinkedCodes; readonly dim: number } {
  const { rows, dim } = requireSizes(archive, 'lc', WHERE);
  const { arrays, parameters: saved } = archive;
  const baseLinks = requireInteger(saved, 'baseLinks', 1, LARGEST, WHERE);
  const linked = readGraph(arrays, saved, rows, WHERE, baseLinks);
  const codeDim = linked.parameters.graphDim;
  const rotation = optionalMatrix(arrays, 'rotation', codeDim, dim, WHERE);
  if (!rotation && codeDim !== dim) {
    throw new RangeError(`${WHERE}: expected "graphDim" ${dim} without a rotation, got ${codeDim}.`);
  }
  const quantizer = ProductQuantizer.fromArrays(arrays, saved, codeDim, WHERE);
  const packed = requirePackedCodes(arrays, rows, quantizer, WHERE);
  const regression = RegressionCodebook.fromArrays(arrays, codeDim, baseLinks + 1, WHERE);
  const { nsq, words } = regression;
  const regressionCodes = requireArray(arrays, 'weightCodes', 'uint8', [rows, nsq], WHERE).data;
  const wrong = regressionCodes.findIndex((code) => code >= words);
  if (wrong >= 0) {
    const got = `${regressionCodes[wrong]} in row ${Math.floor(wrong / nsq)}`;
    throw new RangeError(`${WHERE}: expected weight codes below ${words}, got ${got}.`);
  }
  return { codes: { ...linked, rotation, quantizer, packed, regression, regressionCodes }, dim };
}

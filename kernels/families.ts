/**
 * Every family of kernels, in one row each. A family is a folder:
 *
 * - `kernel.ts`: the interface of its methods, each with one line that says what it computes. A signature stands there and
 *   nowhere else.
 * - `reference.ts`: the definition, as the shortest correct loops. `round` rounds the result of one operation:
 *
 * ```ts
 * export function referenceActivation(round: Round): ActivationKernels {
 *   return {
 *     reluBackward(dx, dy, x, n) {
 *       for (let i = 0; i < n; i++) dx[i] = round(dx[i]! + (x[i]! > 0 ? dy[i]! : 0));
 *     },
 *   };
 * }
 * ```
 *
 * - `simd.ts`: the same bits, faster. `emitActivation` adds functions to the WebAssembly module, and `bindActivation` turns the
 *   operands of a call into the byte addresses that they take:
 *
 * ```ts
 * export function bindActivation({ func, at }: Link): ActivationKernels {
 *   const reluBackward = func('reluBackward');
 *   return {
 *     reluBackward(dx, dy, x, n) {
 *       reluBackward(at(dx, n), at(dy, n), at(x, n), n);
 *     },
 *   };
 * }
 * ```
 *
 *   `at(view, length)` refuses an array from elsewhere or one that is too short; `scratch(bytes)` gives working memory;
 *   `split(name)` is `func(name)` for calls that several threads may share.
 * - `gpu.ts`, where there is one: kernels for a GPU, within a stated bound instead of the same bits (resident/gpu-kernels.ts).
 *
 * A new family gets its row below; `Kernels`, both backends and the compiler's checks follow from it.
 */
import { referenceActivation } from './activation/reference.ts';
import { bindActivation, emitActivation } from './activation/simd.ts';
import { referenceAdamw } from './adamw/reference.ts';
import { bindAdamw, emitAdamw } from './adamw/simd.ts';
import { referenceAttention } from './attention/reference.ts';
import { bindAttention, emitAttention } from './attention/simd.ts';
import { referenceBatchNorm } from './batch-norm/reference.ts';
import { bindBatchNorm, emitBatchNorm } from './batch-norm/simd.ts';
import { referenceColumnSums } from './column-sums/reference.ts';
import { bindColumnSums, emitColumnSums } from './column-sums/simd.ts';
import { referenceDistance } from './distance/reference.ts';
import { bindDistance, emitDistance } from './distance/simd.ts';
import { referenceElementwise } from './elementwise/reference.ts';
import { bindElementwise, emitElementwise } from './elementwise/simd.ts';
import { referenceExactSearch } from './exact-search/reference.ts';
import { bindExactSearch, emitExactSearch } from './exact-search/simd.ts';
import { referenceGraphWalk } from './graph-walk/reference.ts';
import { bindGraphWalk, emitGraphWalk } from './graph-walk/simd.ts';
import type { Link } from './link.ts';
import { referenceMatmul } from './matmul/reference.ts';
import { bindMatmul, emitMatmul } from './matmul/simd.ts';
import { referenceNearestRows } from './nearest-rows/reference.ts';
import { bindNearestRows, emitNearestRows } from './nearest-rows/simd.ts';
import type { Counts, Round } from './operands.ts';
import { referencePairs } from './pairs/reference.ts';
import { bindPairs, emitPairs } from './pairs/simd.ts';
import { referenceProductSearch } from './product-search/reference.ts';
import { bindProductSearch, emitProductSearch } from './product-search/simd.ts';
import { referenceRange } from './range/reference.ts';
import { bindRange, emitRange } from './range/simd.ts';
import { referenceRowSums } from './row-sums/reference.ts';
import { bindRowSums, emitRowSums } from './row-sums/simd.ts';
import { referenceRows } from './rows/reference.ts';
import { bindRows, emitRows } from './rows/simd.ts';
import { referenceScalarCodes } from './scalar-codes/reference.ts';
import { bindScalarCodes, emitScalarCodes } from './scalar-codes/simd.ts';
import { referenceSgd } from './sgd/reference.ts';
import { bindSgd, emitSgd } from './sgd/simd.ts';
import { referenceSquaredError } from './squared-error/reference.ts';
import { bindSquaredError, emitSquaredError } from './squared-error/simd.ts';
import { referenceTableScan } from './table-scan/reference.ts';
import { bindTableScan, emitTableScan } from './table-scan/simd.ts';
import { referenceTopK } from './top-k/reference.ts';
import { bindTopK, emitTopK } from './top-k/simd.ts';
import { referenceVariational } from './variational/reference.ts';
import { bindVariational, emitVariational } from './variational/simd.ts';
import type { ModuleBuilder } from './wasm/assembler.ts';

interface Family<K> {
  readonly reference: (round: Round, counts: Counts) => K;
  readonly emit: (module: ModuleBuilder) => void;
  readonly bind: (link: Link) => K;
}

function family<K>(reference: Family<K>['reference'], emit: Family<K>['emit'], bind: Family<K>['bind']): Family<K> {
  return { reference, emit, bind };
}

/** A family may call functions of those above it. */
const FAMILIES = [
  family(referenceDistance, emitDistance, bindDistance),
  family(referenceTopK, emitTopK, bindTopK),
  family(referenceExactSearch, emitExactSearch, bindExactSearch),
  family(referenceNearestRows, emitNearestRows, bindNearestRows),
  family(referenceRowSums, emitRowSums, bindRowSums),
  family(referenceTableScan, emitTableScan, bindTableScan),
  family(referenceProductSearch, emitProductSearch, bindProductSearch),
  family(referenceScalarCodes, emitScalarCodes, bindScalarCodes),
  family(referenceGraphWalk, emitGraphWalk, bindGraphWalk),
  family(referenceMatmul, emitMatmul, bindMatmul),
  family(referenceRange, emitRange, bindRange),
  family(referenceElementwise, emitElementwise, bindElementwise),
  family(referenceColumnSums, emitColumnSums, bindColumnSums),
  family(referenceActivation, emitActivation, bindActivation),
  family(referenceBatchNorm, emitBatchNorm, bindBatchNorm),
  family(referenceAttention, emitAttention, bindAttention),
  family(referencePairs, emitPairs, bindPairs),
  family(referenceRows, emitRows, bindRows),
  family(referenceVariational, emitVariational, bindVariational),
  family(referenceSquaredError, emitSquaredError, bindSquaredError),
  family(referenceSgd, emitSgd, bindSgd),
  family(referenceAdamw, emitAdamw, bindAdamw),
] as const;

/** The methods of all families: a function that takes each of their interfaces takes the intersection of them. */
type MethodsOf<F> = (F extends Family<infer K> ? (kernels: K) => void : never) extends (kernels: infer All) => void
  ? All
  : never;
export type FamilyKernels = MethodsOf<(typeof FAMILIES)[number]>;

export function referenceFamilies(round: Round, counts: Counts): FamilyKernels {
  return Object.assign({}, ...FAMILIES.map(({ reference }) => reference(round, counts)));
}

/** Adds the functions of all families to a module. */
export function emitFamilies(module: ModuleBuilder): void {
  for (const { emit } of FAMILIES) emit(module);
}

export function bindFamilies(link: Link): FamilyKernels {
  return Object.assign({}, ...FAMILIES.map(({ bind }) => bind(link)));
}

/**
 * What every backend must compute. The loops in each `reference.ts` define the result, bit for bit;
 * `simd.ts` beside it returns the same bits. Nothing here allocates during a call.
 *
 * Operands are row-major views. With the `simd` backend each one must lie in the memory of these kernels, that is, come from
 * `floats()`, `ints()` or `bytes()` of the same object (or be a subarray of such a view).
 */

import type { SharedKernels } from './shared.ts';

/** float32 in practice; float64 for gradient checks and audits. */
export type Floats = Float32Array | Float64Array;

/** Rounds the result of one arithmetic operation: `Math.fround` for float32, the identity for float64. */
export type Round = (value: number) => number;

/** Work done so far, counted per call and not per instruction, so the same on every backend. */
export interface Counts {
  /** Multiply-adds of matrix products, attention and distances (one per dimension and pair). */
  multiplyAdds: number;
  /** Squared distances between two vectors. */
  distances: number;
}

/** Sizes of one attention call. A row of qkv holds, head after head, [query (keyDim) | key (keyDim) | value (valueDim)]. */
export interface AttentionShape {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Factor on query . key before the softmax, usually 1 / sqrt(keyDim). */
  readonly scale: number;
}

/** What a search over product codes compares: rows of bytes, and the codebooks by which they are read. */
export interface ProductCodes {
  /** Rows `first` to first + count - 1 of (rows, m): one number a byte. */
  readonly codes: Uint8Array;
  readonly first: number;
  readonly count: number;
  /** The number of each row; without it, its place. */
  readonly ids: Int32Array | undefined;
  /** (m, centroids, dim / m). */
  readonly codebooks: Floats;
  readonly m: number;
  readonly centroids: number;
  readonly dim: number;
}

/** One AdamW update; `correction1` = 1 - beta1^t and `correction2` = 1 - beta2^t are computed by the caller. */
export interface AdamwRates {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly correction1: number;
  readonly correction2: number;
}

/** How a walk begins. */
export interface WalkStart {
  /** Entries in the pool, sorted. */
  readonly size: number;
  /** Entries that the pool may hold. */
  readonly capacity: number;
  /** What marks a point as met, 1 to 255. */
  readonly mark: number;
}

/** What a walk reads and writes. */
export interface LayerWalk {
  /** The neighbors of list r: ids from links[r · degree], -1 after the last. */
  readonly links: Int32Array;
  readonly degree: number;
  /** The list of a point is lists[point] + listOffset; without `lists` it has the number of the point. */
  readonly lists: Int32Array | undefined;
  readonly listOffset: number;
  /** Of each point the mark of the search that met it last. */
  readonly visited: Uint8Array;
  /** Room for the neighbors of one point. */
  readonly ids: Int32Array;
  readonly distances: Floats;
  /** Entries of two numbers, nearest first: 2 · id, plus 1 once it is expanded; and the bits of its distance. */
  readonly pool: Int32Array;
  /** Points expanded, and distances measured, of the last call. */
  readonly work: Int32Array;
}

export interface Kernels {
  /** What really runs. */
  readonly backend: 'reference' | 'simd' | 'gpu';
  readonly precision: 'float32' | 'float64';
  /** How many threads compute the heavy calls; results do not depend on it. The reference has one. */
  readonly threads: number;
  readonly counts: Counts;

  /** Zeroed memory that these kernels can reach, aligned to 64 bytes. Throws a RangeError when the capacity is used up. */
  floats(length: number): Floats;
  ints(length: number): Int32Array;
  bytes(length: number): Uint8Array;
  /** Bytes that are left of that memory. */
  room(): number;

  /**
   * What another thread needs to attach kernels to the same memory (`attachKernels`); can be sent by `postMessage`.
   *
   * @throws {Error} if these kernels were created without attachable places
   */
  share(): SharedKernels;

  /**
   * Ends the use of these kernels and their operands. Worth it for kernels of several threads that do not live long: their memory
   * is left to the next ones, while garbage collection hardly ever finds it.
   */
  close(): void;

  // ---- distance/ : squared Euclidean; four lanes (lane = i mod 4), reduced as (l0 + l2) + (l1 + l3)

  /** out[r] = |query - base[ids[r]]|², r < count; the query starts at element queryOffset. */
  squaredDistances(
    out: Floats,
    query: Floats,
    queryOffset: number,
    base: Floats,
    ids: Int32Array,
    count: number,
    dim: number,
  ): void;
  /** out[r] = |query - base[first + r]|², r < count. */
  squaredDistanceScan(
    out: Floats,
    query: Floats,
    queryOffset: number,
    base: Floats,
    first: number,
    count: number,
    dim: number,
  ): void;
  /** out[i, j] = |a[aFirst + i] - b[bFirst + j]|²; out is (aCount, bCount). */
  squaredDistanceMatrix(
    out: Floats,
    a: Floats,
    aFirst: number,
    aCount: number,
    b: Floats,
    bFirst: number,
    bCount: number,
    dim: number,
  ): void;

  // ---- graph-walk/ : in float32

  /**
   * Expands the nearest point of the pool that is not yet expanded, until all are: its neighbors that this search has not met are
   * marked as met, measured against the query, and enter the pool by (distance, id), of which the nearest `capacity` stay.
   *
   * @returns entries in the pool at last
   */
  walkLayer(walk: LayerWalk, start: WalkStart, query: Floats, queryOffset: number, base: Floats, dim: number): number;
  /** The same, measured as by `byteDistances`. */
  walkBytes(
    walk: LayerWalk,
    start: WalkStart,
    query: Uint8Array,
    queryOffset: number,
    codes: Uint8Array,
    dim: number,
    scale: number,
  ): number;
  /** The same, measured as by `codeDistances`. */
  walkCodes(walk: LayerWalk, start: WalkStart, target: Floats, steps: Floats, codes: Uint8Array, dim: number): number;

  // ---- nearest-rows/ : the same distances, with the smallest taken on the spot

  /**
   * ids[i] = the row of base nearest to points[first + i], the smaller of equals; distances[i] = how far, squared; i < count.
   *
   * @param stride numbers from point to point; dim if not given
   */
  nearestRows(
    ids: Int32Array,
    distances: Floats,
    points: Floats,
    first: number,
    count: number,
    base: Floats,
    baseCount: number,
    dim: number,
    stride?: number,
  ): void;

  // ---- row-sums/

  /** sums[ids[r], j] += x[r, j], r < rows in order, j < dim; rounded as `sums` is, which may be float64 in any precision. */
  sumRowsById(sums: Floats, ids: Int32Array, x: Floats, rows: number, dim: number): void;

  // ---- top-k/ : the k smallest pairs (distance, id) that each query has met, smaller ids first among equals; rows of two arrays
  //      (queries, k) that begin as Infinity and NO_ID, are heaps while pairs are offered, and are sorted in the end

  /** Offers (distances[i], ids[first + i]), or (distances[i], first + i) without ids, to row `row`; i < count. NaN is no distance. */
  offerDistances(
    topDistances: Floats,
    topIds: Int32Array,
    row: number,
    k: number,
    distances: Floats,
    ids: Int32Array | undefined,
    first: number,
    count: number,
  ): void;
  /** Each row nearest first; the last thing that is done with heaps. */
  sortTops(topDistances: Floats, topIds: Int32Array, rows: number, k: number): void;

  // ---- exact-search/ : squaredDistances and offerDistances in one

  /**
   * Offers (|queries[i] - base[j]|², firstId + j) to row i; i < queryCount, j < baseCount.
   *
   * @param meanwhile called once during the call; what it does for the next, such as reading more rows, other threads do not wait for
   */
  offerRows(
    topDistances: Floats,
    topIds: Int32Array,
    k: number,
    queries: Floats,
    queryCount: number,
    base: Floats,
    baseCount: number,
    firstId: number,
    dim: number,
    meanwhile?: () => void,
  ): void;

  // ---- product-search/ : tables, sums of their entries as in table-scan/, and offerDistances in one

  /**
   * For each v < visitorCount and the query q = visitors[v], each once: the table of |part of (queries[q] - origin) - centroid|², and
   * by it the distance of each code offered to row q.
   */
  offerProductCodes(
    topDistances: Floats,
    topIds: Int32Array,
    k: number,
    queries: Floats,
    visitors: Int32Array,
    visitorCount: number,
    origin: Floats,
    product: ProductCodes,
  ): void;

  // ---- table-scan/ : codes of m bytes; table is (m, 256); entries are added in the order of s, from 0

  /** out[r] = sum over s < m of table[s, codes[ids[r], s]], r < count. */
  tableSums(out: Floats, table: Floats, codes: Uint8Array, ids: Int32Array, count: number, m: number): void;
  /** out[r] = sum over s < m of table[s, codes[first + r, s]], r < count. */
  tableSumScan(out: Floats, table: Floats, codes: Uint8Array, first: number, count: number, m: number): void;

  // ---- scalar-codes/ : one byte a dimension

  /** codes[r, i] = the whole part of 255 · min(max((x[r, i] - minima[i]) / spans[i], 0), 1), r < count; 0 for a span of 0 and for NaN. */
  scalarCodes(codes: Uint8Array, x: Floats, minima: Floats, spans: Floats, count: number, dim: number): void;

  /** out[r] = sum over i of (target[i] - steps[i] · codes[ids[r], i])², r < count; lanes as in distance/. */
  codeDistances(
    out: Floats,
    target: Floats,
    steps: Floats,
    codes: Uint8Array,
    ids: Int32Array,
    count: number,
    dim: number,
  ): void;
  /** The same for codes[first + r]. */
  codeDistanceScan(
    out: Floats,
    target: Floats,
    steps: Floats,
    codes: Uint8Array,
    first: number,
    count: number,
    dim: number,
  ): void;
  /** out[r] = scale · sum over i of (query[i] - codes[ids[r], i])², the sum a whole number (dim up to 33,025); r < count. */
  byteDistances(
    out: Floats,
    query: Uint8Array,
    queryOffset: number,
    codes: Uint8Array,
    ids: Int32Array,
    count: number,
    dim: number,
    scale: number,
  ): void;
  /** The same for codes[first + r]. */
  byteDistanceScan(
    out: Floats,
    query: Uint8Array,
    queryOffset: number,
    codes: Uint8Array,
    first: number,
    count: number,
    dim: number,
    scale: number,
  ): void;

  // ---- matmul/ : each output is summed in the order of k, from 0 or, when accumulating, from its present value

  /** c (m, n) = a (m, k) b (k, n). */
  matmulNN(c: Floats, a: Floats, b: Floats, m: number, n: number, k: number, accumulate: boolean): void;
  /** c (m, n) = a (m, k) bᵀ, b (n, k). */
  matmulNT(c: Floats, a: Floats, b: Floats, m: number, n: number, k: number, accumulate: boolean): void;
  /** c (m, n) = aᵀ b, a (k, m), b (k, n). */
  matmulTN(c: Floats, a: Floats, b: Floats, m: number, n: number, k: number, accumulate: boolean): void;

  // ---- finite/

  /** Whether no x[i] is NaN or infinite, i < n. */
  allFinite(x: Floats, n: number): boolean;

  // ---- elementwise/

  /** x[i] = value, i < n. */
  fill(x: Floats, value: number, n: number): void;
  /** x[i] = (x[i] - mean) / std, i < n, in float64 and rounded once. */
  standardize(x: Floats, n: number, mean: number, std: number): void;
  /** y[i] += x[i], i < n. */
  add(y: Floats, x: Floats, n: number): void;
  /** target[r, targetOffset + c] = source[r, sourceOffset + c]; strides are row lengths. */
  copyBlock(
    target: Floats,
    targetStride: number,
    targetOffset: number,
    source: Floats,
    sourceStride: number,
    sourceOffset: number,
    rows: number,
    cols: number,
  ): void;
  /** The same with +=. */
  addBlock(
    target: Floats,
    targetStride: number,
    targetOffset: number,
    source: Floats,
    sourceStride: number,
    sourceOffset: number,
    rows: number,
    cols: number,
  ): void;
  /** y[r, c] += bias[c]. */
  addBias(y: Floats, bias: Floats, rows: number, cols: number): void;
  /** out[c] += sum over rows of x[r, c]: chunks of 256 rows, each summed in row order, chunk sums added in order. */
  columnSums(out: Floats, x: Floats, rows: number, cols: number): void;

  // ---- activation/

  /** y = x · min(max(x + 3, 0), 6) / 6. */
  hardswish(y: Floats, x: Floats, n: number): void;
  /** dx += dy · hardswish'(x); derivative 0 at x = -3 and 1 at x = 3. */
  hardswishBackward(dx: Floats, dy: Floats, x: Floats, n: number): void;
  /** y = min(max(x, -1), 1). */
  hardtanh(y: Floats, x: Floats, n: number): void;
  /** dx += dy where -1 < x < 1. */
  hardtanhBackward(dx: Floats, dy: Floats, x: Floats, n: number): void;
  /** y = max(x, 0); a NaN stays. */
  relu(y: Floats, x: Floats, n: number): void;
  /** dx += dy where x > 0. */
  reluBackward(dx: Floats, dy: Floats, x: Floats, n: number): void;
  /** y = min(max(x, least), most); a NaN stays. */
  clamp(y: Floats, x: Floats, least: number, most: number, n: number): void;
  /** dx += dy where least < x < most. */
  clampBackward(dx: Floats, dy: Floats, x: Floats, least: number, most: number, n: number): void;

  // ---- batch-norm/ : columns are features, sums chunked as in columnSums

  /** mean[c] and biased variance[c] of the columns of x (two passes: mean first). Overwrites. */
  batchNormMoments(mean: Floats, variance: Floats, x: Floats, rows: number, cols: number): void;
  /** y = (x - mean) / sqrt(variance + epsilon) · gain + bias. */
  batchNormForward(
    y: Floats,
    x: Floats,
    mean: Floats,
    variance: Floats,
    gain: Floats,
    bias: Floats,
    epsilon: number,
    rows: number,
    cols: number,
  ): void;
  /** Training mode: mean and variance depend on x. dx, dGain, dBias are added to. */
  batchNormBackward(
    dx: Floats,
    dGain: Floats,
    dBias: Floats,
    dy: Floats,
    x: Floats,
    mean: Floats,
    variance: Floats,
    gain: Floats,
    epsilon: number,
    rows: number,
    cols: number,
  ): void;

  /** average = (1 - momentum) average + momentum · factor · sample, i < n, in float64; what would be subnormal becomes 0. */
  moveAverage(average: Floats, sample: Floats, factor: number, momentum: number, n: number): void;

  // ---- attention/

  /**
   * probabilities (batch, heads, tokens, tokens) = softmax(scale · q kᵀ + positionBias),
   * out (batch, tokens, heads · valueDim) = probabilities · v; positionBias is (heads, tokens, tokens).
   */
  attentionForward(
    out: Floats,
    probabilities: Floats,
    qkv: Floats,
    positionBias: Floats | undefined,
    shape: AttentionShape,
  ): void;
  /** Adds to dQkv and dPositionBias (each present or absent as in the forward call). */
  attentionBackward(
    dQkv: Floats,
    dPositionBias: Floats | undefined,
    dOut: Floats,
    probabilities: Floats,
    qkv: Floats,
    shape: AttentionShape,
  ): void;

  // ---- pairs/ : all pairs of a batch

  /** out[i, j] = |x_i - x_j| (not squared), symmetric, 0 on the diagonal; computed by differences. */
  pairDistances(out: Floats, x: Floats, rows: number, dim: number): void;
  /** dx_i += sum over j, in order, of (dOut[i, j] + dOut[j, i]) (x_i - x_j) / out[i, j]; terms with out = 0 are 0. */
  pairDistancesBackward(dx: Floats, dOut: Floats, out: Floats, x: Floats, rows: number, dim: number): void;
  /** Eq. 5: w = min(alpha, max(beta, -ln(d / boundary))), i < n; d = 0 gives alpha. */
  inrpWeights(w: Floats, d: Floats, boundary: number, alpha: number, beta: number, n: number): void;
  /** Eq. 4: loss[0] = mean over the rows x rows pairs of w |compressed - original| (each row in four lanes, rows added in order). */
  inrpLoss(loss: Floats, w: Floats, compressed: Floats, original: Floats, rows: number): void;
  /** dCompressed += dLoss[0] · w · sign(compressed - original) / rows². */
  inrpLossBackward(
    dCompressed: Floats,
    dLoss: Floats,
    w: Floats,
    compressed: Floats,
    original: Floats,
    rows: number,
  ): void;

  // ---- rows/ : row by row; a sum over a row in four lanes as in distance/

  /** norms[r] = max(|x_r|, 1e-12), y_r = x_r / norms[r]. */
  normalizeRows(y: Floats, norms: Floats, x: Floats, rows: number, cols: number): void;
  /** dx_r += (dy_r - y_r (y_r . dy_r)) / norms[r]; nothing where the norm was raised to 1e-12. */
  normalizeRowsBackward(dx: Floats, dy: Floats, y: Floats, norms: Floats, rows: number, cols: number): void;
  /** out[r] = sqrt(|a_r - b_r|² + epsilon²). */
  rowDistances(out: Floats, a: Floats, b: Floats, epsilon: number, rows: number, cols: number): void;
  /** With s = dOut[r] / out[r] · (a_r - b_r): da_r += s, db_r -= s. */
  rowDistancesBackward(
    da: Floats,
    db: Floats,
    dOut: Floats,
    out: Floats,
    a: Floats,
    b: Floats,
    rows: number,
    cols: number,
  ): void;

  // ---- variational/ : what a variational autoencoder needs; its losses are summed row after row, a row in four lanes

  /** deviation = e^(logVariance / 2), z = mean + deviation · noise; |logVariance| <= 80. */
  gaussianSample(z: Floats, deviation: Floats, mean: Floats, logVariance: Floats, noise: Floats, n: number): void;
  /** dMean += dz, dLogVariance += dz · noise · deviation / 2. */
  gaussianSampleBackward(
    dMean: Floats,
    dLogVariance: Floats,
    dz: Floats,
    deviation: Floats,
    noise: Floats,
    n: number,
  ): void;
  /** Mean over rows of the sum over columns of (mean² + e^logVariance - 1 - logVariance) / 2; |logVariance| <= 80. */
  gaussianDivergence(mean: Floats, logVariance: Floats, rows: number, cols: number): number;
  /** dMean += seed / rows · mean, dLogVariance += seed / rows · (e^logVariance - 1) / 2. */
  gaussianDivergenceBackward(
    dMean: Floats,
    dLogVariance: Floats,
    seed: number,
    mean: Floats,
    logVariance: Floats,
    rows: number,
    cols: number,
  ): void;
  /** Mean over rows of |x_r - target_r|². */
  squaredError(x: Floats, target: Floats, rows: number, cols: number): number;
  /** dx += 2 seed / rows · (x - target). */
  squaredErrorBackward(dx: Floats, seed: number, x: Floats, target: Floats, rows: number, cols: number): void;

  // ---- sgd/

  /** velocity = momentum · velocity + gradient, parameter -= rate · velocity. A velocity too small to matter becomes 0. */
  sgd(parameter: Floats, gradient: Floats, velocity: Floats, n: number, rate: number, momentum: number): void;

  // ---- adamw/

  /** Decoupled weight decay; updates parameter, first and second moment. Values too small to matter become exactly 0. */
  adamw(parameter: Floats, gradient: Floats, first: Floats, second: Floats, n: number, rates: AdamwRates): void;
}

import { stat } from 'node:fs/promises';
import { type ElementType, elementTypeOf, type JsonObject, type NamedArray } from '../tensor/named-arrays.ts';
import { readArchiveHeader } from './container/archive-file.ts';
import { readModel } from './container/safetensors-file.ts';
import { addValues, blocks, digestArrays, digestFile, idsHash, vectorsHash } from './digest.ts';
import { withInput } from './file/input-file.ts';
import { contentOf, type FileContent } from './file-content.ts';
import { openIds } from './ids.ts';
import { openVectors } from './vectors.ts';

/** What `cnt inspect` prints; plain JSON. */
export type FileDescription = VectorsDescription | IdsDescription | ModelDescription | ArchiveDescription;

export interface Described<C extends FileContent> {
  readonly content: C;
  readonly path: string;
  readonly bytes: number;
}

export interface VectorsDescription extends Described<'vectors'> {
  readonly format: string;
  /** The element type in the file. */
  readonly type: string;
  readonly rows: number;
  readonly cols: number;
  /** Absent where the values were not read. */
  readonly statistics?: VectorStatistics;
  /** Only vectors that are all finite, and were read, have one. */
  readonly digest?: string;
}

/** Over finite values; norms over the rows that have nothing else. Absent where there is none. */
export interface VectorStatistics {
  readonly values?: Summary;
  /** Euclidean lengths, not squared. */
  readonly norms?: Summary;
  readonly notANumber: number;
  readonly infinite: number;
  readonly zeroRows: number;
  /** Rows after the first that repeat it. */
  readonly equalToFirstRow: number;
}

export interface Summary {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Of the population. */
  readonly standardDeviation: number;
}

export interface IdsDescription extends Described<'ids'> {
  readonly format: string;
  readonly type: string;
  readonly rows: number;
  readonly cols: number;
  /** The smallest and the largest id; -1 if there is none. */
  readonly min: number;
  readonly max: number;
  /** Places without an id (-1). */
  readonly missing: number;
  /** Rows that name an id more than once. */
  readonly rowsWithRepeats: number;
  readonly digest: string;
}

export interface ArrayDescription {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

export interface ModelDescription extends Described<'model'> {
  readonly metadata: Readonly<Record<string, string>>;
  readonly arrays: readonly ArrayDescription[];
  /** Elements of all arrays. */
  readonly elements: number;
  /** Elements that are NaN or infinite. */
  readonly nonFinite: number;
  readonly digest: string;
}

export interface ArchiveDescription extends Described<'archive'> {
  readonly kind: string;
  readonly parameters: JsonObject;
  readonly arrays: readonly ArrayDescription[];
  /** Absent where the arrays were not read. */
  readonly digest?: string;
}

export interface DescribeOptions {
  /** Of vectors and archives only what stands before the numbers: as quick for a file of any size. */
  readonly quick?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Describes any file that we read, in memory that does not grow with tables and archives.
 *
 * @throws {FileError} if the file cannot be read; NaN and infinities in vectors are counted instead
 * @throws the signal's reason, when it aborts
 *
 * @category Vectors, models and files
 */
export async function describeFile(path: string, options: DescribeOptions = {}): Promise<FileDescription> {
  const content = await contentOf(path);
  const { size: bytes } = await stat(path);
  if (content === 'vectors') return { content, path, bytes, ...(await describeVectors(path, options)) };
  if (content === 'ids') return { content, path, bytes, ...(await describeIds(path, options.signal)) };
  if (content === 'model') return { content, path, bytes, ...(await describeModel(path)) };
  const header = await withInput(path, readArchiveHeader);
  const arrays = header.entries.map(({ name, type, shape }) => ({ name, type, shape }));
  const described = { content, path, bytes, kind: header.kind, parameters: header.parameters, arrays };
  return options.quick ? described : { ...described, digest: await digestFile(path, options) };
}

async function describeVectors(
  path: string,
  { quick, signal }: DescribeOptions,
): Promise<Omit<VectorsDescription, keyof Described<'vectors'>>> {
  const file = await openVectors(path, { nonFinite: 'keep' });
  try {
    const { format, type, rows, cols } = file;
    if (quick) return { format, type, rows, cols };
    const hash = vectorsHash(rows, cols);
    const scan = new VectorScan(cols);
    for await (const values of blocks(file, signal)) {
      addValues(hash, values);
      scan.add(values);
    }
    const statistics = scan.statistics();
    const digest = statistics.notANumber + statistics.infinite === 0 ? { digest: hash.digest('hex') } : {};
    return { format, type, rows, cols, statistics, ...digest };
  } finally {
    await file.close();
  }
}

/** Statistics of rows as they come. */
class VectorScan {
  readonly #cols: number;
  readonly #values = new RunningSummary();
  readonly #norms = new RunningSummary();
  #first: Float32Array | undefined;
  #notANumber = 0;
  #infinite = 0;
  #zeroRows = 0;
  #equalToFirstRow = 0;

  constructor(cols: number) {
    this.#cols = cols;
  }

  /** @param values whole rows */
  add(values: Float32Array): void {
    const cols = this.#cols;
    for (let from = 0; from < values.length; from += cols) {
      this.#addRow(values, from);
      if (this.#first?.every((value, c) => value === values[from + c])) this.#equalToFirstRow++;
      this.#first ??= values.slice(0, cols);
    }
  }

  #addRow(values: Float32Array, from: number): void {
    const end = from + this.#cols;
    let [count, sum, squares] = [0, 0, 0];
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = from; i < end; i++) {
      const value = values[i]!;
      squares += value * value;
      if (!Number.isFinite(value)) {
        if (Number.isNaN(value)) this.#notANumber++;
        else this.#infinite++;
        continue;
      }
      count++;
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    if (count > 0) {
      const mean = sum / count;
      let deviations = 0;
      for (let i = from; i < end; i++) {
        const deviation = values[i]! - mean;
        if (Number.isFinite(deviation)) deviations += deviation * deviation;
      }
      this.#values.add({ count, min, max, mean, deviations });
    }
    if (squares === 0) this.#zeroRows++;
    if (Number.isFinite(squares)) {
      const norm = Math.sqrt(squares);
      this.#norms.add({ count: 1, min: norm, max: norm, mean: norm, deviations: 0 });
    }
  }

  statistics(): VectorStatistics {
    const values = this.#values.summary();
    const norms = this.#norms.summary();
    return {
      ...(values && { values }),
      ...(norms && { norms }),
      notANumber: this.#notANumber,
      infinite: this.#infinite,
      zeroRows: this.#zeroRows,
      equalToFirstRow: this.#equalToFirstRow,
    };
  }
}

/** Values summed up; `deviations` is the sum of their squared distances to the mean. */
interface Moments {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly deviations: number;
}

/**
 * Mean and variance of groups of values as they come.
 *
 * Source: Chan, Golub & LeVeque 1979, eq. 2.1: the means' difference joins the deviations of two groups.
 */
class RunningSummary {
  #all: Moments = { count: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, mean: 0, deviations: 0 };

  add(group: Moments): void {
    const all = this.#all;
    const count = all.count + group.count;
    const difference = group.mean - all.mean;
    this.#all = {
      count,
      min: Math.min(all.min, group.min),
      max: Math.max(all.max, group.max),
      mean: all.mean + (difference * group.count) / count,
      deviations: all.deviations + group.deviations + (difference * difference * all.count * group.count) / count,
    };
  }

  summary(): Summary | undefined {
    const { count, min, max, mean, deviations } = this.#all;
    if (count === 0) return undefined;
    return { min, max, mean, standardDeviation: Math.sqrt(deviations / count) };
  }
}

async function describeIds(
  path: string,
  signal: AbortSignal | undefined,
): Promise<Omit<IdsDescription, keyof Described<'ids'>>> {
  const file = await openIds(path);
  try {
    const { format, type, rows, cols } = file;
    const hash = idsHash(rows, cols);
    let [min, max, missing, rowsWithRepeats] = [2147483647, -1, 0, 0];
    for await (const ids of blocks(file, signal)) {
      addValues(hash, ids);
      for (let from = 0; from < ids.length; from += cols) {
        const row = ids.slice(from, from + cols).sort();
        const present = row.findIndex((id) => id >= 0);
        const first = present < 0 ? cols : present;
        missing += first;
        if (first === cols) continue;
        min = Math.min(min, row[first]!);
        max = Math.max(max, row[cols - 1]!);
        if (row.some((id, i) => i > first && id === row[i - 1])) rowsWithRepeats++;
      }
    }
    if (max < 0) min = -1;
    return { format, type, rows, cols, min, max, missing, rowsWithRepeats, digest: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

async function describeModel(path: string): Promise<Omit<ModelDescription, keyof Described<'model'>>> {
  const model = await readModel(path);
  const arrays = [...model.arrays].map(([name, { shape, data }]) => ({ name, type: elementTypeOf(data), shape }));
  let elements = 0;
  let nonFinite = 0;
  for (const { data } of model.arrays.values()) {
    elements += data.length;
    nonFinite += countNonFinite(data);
  }
  return { metadata: model.metadata, arrays, elements, nonFinite, digest: digestArrays(model) };
}

function countNonFinite(data: NamedArray['data']): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) count++;
  return count;
}

import { kindOfIndex } from '../index/kinds.ts';
import type { OwnIds } from '../index/search/search-result.ts';
import {
  type Archive,
  type JsonObject,
  type JsonValue,
  type NamedArray,
  type NamedArrays,
  requireInteger,
} from '../tensor/named-arrays.ts';
import type { Vectors } from '../tensor/vectors/vectors.ts';
import { requireVectors, vectorsArray } from '../tensor/vectors/vectors-array.ts';
import { ownIdsArray, ownIdsOf } from './own-ids.ts';

/** What stands before an index and behind it. */
export interface Stages<Model> {
  /** Numbers of an original vector. */
  readonly dim: number;
  /** Whether vectors are brought to length 1 first. */
  readonly normalize: boolean;
  /** What compresses vectors. */
  readonly model?: Model | undefined;
  /** The original vectors, brought to length 1 where that is so, to rank anew by. */
  readonly vectors?: Vectors | undefined;
  readonly ids?: OwnIds | undefined;
}

export const PIPELINE_KIND = 'pipeline';

const WHERE = 'Pipeline index';
const LARGEST = 2 ** 31 - 1;
/** What the names of our arrays begin with, and of those among them that are a model's. */
const OURS = 'pipeline.';
const MODEL = 'model.';

/** The archive of an index, and what stands before and behind it. */
export function writePipeline(inner: Archive, { dim, normalize, model, vectors, ids }: Stages<NamedArrays>): Archive {
  const arrays = new Map(inner.arrays);
  for (const [name, array] of model?.arrays ?? []) arrays.set(OURS + MODEL + name, array);
  if (vectors) arrays.set(`${OURS}vectors`, vectorsArray(vectors));
  if (ids) {
    const [name, array] = ownIdsArray(ids);
    arrays.set(OURS + name, array);
  }
  const pipeline = { kind: inner.kind, dim, normalize, ...(model && { model: model.metadata }) };
  return { kind: PIPELINE_KIND, parameters: { ...inner.parameters, pipeline }, arrays };
}

/**
 * What `writePipeline` was given.
 *
 * @throws {RangeError} at the first thing that does not fit, apart from what the index and the model say of themselves
 */
export function readPipeline(archive: Archive): { readonly inner: Archive; readonly stages: Stages<NamedArrays> } {
  const { inner, pipeline } = splitPipeline(archive);
  const rows = requireInteger(inner.parameters, 'rows', 0, LARGEST, WHERE);
  const dim = requireInteger(pipeline, 'dim', 1, LARGEST, WHERE);
  const { normalize } = pipeline;
  if (typeof normalize !== 'boolean') {
    throw new RangeError(`${WHERE}: expected "normalize" to be true or false, got ${JSON.stringify(normalize)}.`);
  }
  const own = arraysAfter(OURS, archive.arrays);
  const tensors = arraysAfter(MODEL, own);
  const metadata = modelMetadata(pipeline['model']);
  if (!metadata && tensors.size > 0) throw new RangeError(`${WHERE}: expected "model" beside its arrays, got none.`);
  const vectors = own.has('vectors') ? requireVectors(own, 'vectors', rows, dim, `${WHERE}: vectors`) : undefined;
  const ids = ownIdsOf(own, rows, WHERE);
  const unknown = [...own.keys()].find((name) => !name.startsWith(MODEL) && !KNOWN.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`${WHERE}: expected arrays ${KNOWN.join(', ')}, got ${JSON.stringify(unknown.slice(0, 40))}.`);
  }
  return { inner, stages: { dim, normalize, model: metadata && { arrays: tensors, metadata }, vectors, ids } };
}

const KNOWN: readonly string[] = ['vectors', 'ids', 'idTexts'];

/**
 * The archive of the index inside, and what is said of what stands around it; the arrays are looked at later.
 *
 * @throws {RangeError} if it is no such archive, or that of no index
 */
export function splitPipeline(archive: Archive): { readonly inner: Archive; readonly pipeline: JsonObject } {
  const { pipeline, ...parameters } = archive.parameters;
  if (archive.kind !== PIPELINE_KIND || !isObject(pipeline)) {
    throw new RangeError(`${WHERE}: expected kind ${PIPELINE_KIND} with "pipeline", got kind ${archive.kind}.`);
  }
  const { kind } = pipeline;
  if (typeof kind !== 'string' || !kindOfIndex(kind)) {
    throw new RangeError(`${WHERE}: expected the kind of an index inside, got ${JSON.stringify(kind)?.slice(0, 40)}.`);
  }
  const arrays = new Map([...archive.arrays].filter(([name]) => !name.startsWith(OURS)));
  return { inner: { kind, parameters, arrays }, pipeline };
}

/** Whether an array of this name is one of the model's. */
export function isOfModel(name: string): boolean {
  return name.startsWith(OURS + MODEL);
}

/**
 * The model that an archive holds, if it has one; of its arrays, those of the model are enough.
 *
 * @throws {RangeError} if what is said of it is of another kind
 */
export function modelOfPipeline(archive: Archive): NamedArrays | undefined {
  const metadata = modelMetadata(splitPipeline(archive).pipeline['model']);
  return metadata && { arrays: arraysAfter(OURS + MODEL, archive.arrays), metadata };
}

function arraysAfter(prefix: string, arrays: ReadonlyMap<string, NamedArray>): Map<string, NamedArray> {
  const own = [...arrays].filter(([name]) => name.startsWith(prefix));
  return new Map(own.map(([name, array]) => [name.slice(prefix.length), array]));
}

function modelMetadata(value: JsonValue | undefined): Record<string, string> | undefined {
  if (value === undefined) return undefined;
  const texts = isObject(value) ? Object.entries(value) : undefined;
  if (!texts?.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw new RangeError(`${WHERE}: expected "model" to be texts by name, got another value.`);
  }
  return Object.fromEntries(texts);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

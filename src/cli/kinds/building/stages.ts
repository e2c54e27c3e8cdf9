import { computingOf } from '../../../../kernels/backend.ts';
import type { Compressor } from '../../../compress/compressor.ts';
import { loadCompressor } from '../../../compress/load-compressor.ts';
import type { IndexKind } from '../../../index/kinds.ts';
import type { OwnIds } from '../../../index/search/search-result.ts';
import { readModel } from '../../../io/container/safetensors-file.ts';
import { readOwnIds } from '../../../io/own-ids.ts';
import { requireLimit } from '../../../io/table/table-file.ts';
import { loadVectors, openVectors, type VectorFile } from '../../../io/vectors.ts';
import { requireOwnIds } from '../../../pipeline/own-ids.ts';
import { writePipeline } from '../../../pipeline/pipeline-archive.ts';
import {
  BLOCK_ROWS,
  blocksOf,
  compressedVectors,
  normalizedVectors,
  requireCodesOf,
} from '../../../pipeline/prepared-vectors.ts';
import { createMatrix, type Matrix } from '../../../tensor/matrix.ts';
import type { Archive } from '../../../tensor/named-arrays.ts';
import { type Part, rowOf, type Vectors } from '../../../tensor/vectors/vectors.ts';
import type { OptionTable, OptionValues } from '../../arguments/options.ts';
import { UsageError } from '../../arguments/usage-error.ts';
import { interpreted, limited, requireSameCols } from '../../input/checks.ts';
import { type ListingRow, secondsText } from '../../output/listing.ts';
import type { Session } from '../../session/command.ts';

/** Kinds of index that hold codes. */
export const CODES = ['sq8', 'pq', 'ivfpq', 'hnsw-sq8', 'lc'] as const satisfies readonly IndexKind[];
/** Those that keep full vectors beside them. */
const KEEPING: readonly IndexKind[] = ['pq', 'ivfpq', 'sq8'];

/** What stands before an index, and behind it. */
export const STAGE_OPTIONS = {
  codes: {
    type: 'choice',
    choices: CODES,
    text: 'an index of these codes, as --index says it too; beside --index hnsw, sq8: a byte of each number of compressed vectors, which search --rerank walks over',
  },
  model: {
    type: 'path',
    placeholder: 'M',
    text: 'compress B by this model, and keep it in the index, which compresses queries by it',
  },
  'codes-of': { type: 'path', placeholder: 'C', text: 'B as M compressed it, to save doing so again' },
  normalize: {
    type: 'flag',
    text: 'bring B and queries to length 1: Euclidean distance then orders as cosine does; a model that was trained so does it anyway',
  },
  ids: {
    type: 'path',
    placeholder: 'IDS',
    text: "ids of one's own for the rows of B, which a search returns: .txt, one a line, or .npy of int64",
  },
} as const satisfies OptionTable;

export type StageValues = OptionValues<typeof STAGE_OPTIONS> & {
  readonly base: string;
  readonly limit: number | undefined;
  readonly index: IndexKind | undefined;
  readonly walk: string | undefined;
  readonly 'graph-base': string | undefined;
  readonly 'keep-vectors': boolean;
};

/** What is to be built. @throws {UsageError} if options contradict each other, or something is missing beside them */
export function requireFittingStages(values: StageValues): { readonly kind: IndexKind; readonly walks: boolean } {
  const { index, codes, model, walk } = values;
  const kind = index ?? codes;
  if (kind === undefined) throw new UsageError('--index is missing: what is built; or --codes, an index of codes.');
  const beside = codes !== undefined && index !== undefined && index !== codes;
  if (beside && (index !== 'hnsw' || codes !== 'sq8')) {
    throw new UsageError(`--codes: expected sq8 beside --index hnsw, or --codes alone, got ${codes} beside ${index}.`);
  }
  const walks = beside || (walk !== undefined && kind === 'hnsw');
  if (walk !== undefined) {
    for (const name of ['codes', 'codes-of', 'model'] as const) {
      if (values[name] !== undefined)
        throw new UsageError(`--walk is --codes sq8 --codes-of, got --${name} beside it.`);
    }
  }
  if (beside && model === undefined && values['codes-of'] === undefined) {
    throw new UsageError('--codes sq8 beside --index hnsw: expected --model, --codes-of or both, got neither.');
  }
  if (!walks && model === undefined && values['codes-of'] !== undefined) {
    throw new UsageError('--codes-of: expected --model beside it, which compressed these vectors, got none.');
  }
  if (!walks && model !== undefined && values['graph-base'] !== undefined) {
    throw new UsageError('--graph-base: expected no --model, by which what is searched is compressed, got both.');
  }
  return { kind, walks };
}

/** Vectors as an index is built from them, and what stands around it. */
export interface Staged {
  readonly rows: number;
  /** Of the original vectors. */
  readonly cols: number;
  /** What is searched. */
  readonly base: Vectors;
  /** What a re-ranked search walks over. */
  readonly walk: Vectors | undefined;
  /** Whether the index keeps `base` itself. */
  readonly keepsBase: boolean;
  /** The archive of the index with what stands around it, if anything does. */
  around(archive: Archive): Archive;
  readonly lines: readonly ListingRow[];
  readonly json: object;
}

/**
 * Reads the base, brings it to length 1 and compresses it, as far as it is asked for. What is not kept passes through in blocks.
 *
 * @throws {RangeError} if files do not fit each other, or values are out of range
 * @throws {FileError} if one cannot be read
 */
export async function readStages(
  values: StageValues,
  { kind, walks }: { readonly kind: IndexKind; readonly walks: boolean },
  session: Session,
): Promise<Staged> {
  const { base: path, limit, model: modelPath } = values;
  const model = modelPath === undefined ? undefined : await readCompressor(modelPath, values.normalize);
  const normalize = values.normalize || (model?.normalizes ?? false);
  const load = (from: string) => {
    const { backend, threads, signal } = session;
    return loadVectors(from, { ...limited(limit), backend, attachable: threads - 1, signal });
  };
  const file = await openVectors(path);
  try {
    const rows = requireLimit(path, file.rows, limit);
    if (model) requireSameCols(path, file.cols, modelPath!, model.dIn);
    const ids = values.ids === undefined ? undefined : await readIdsOfRows(values.ids, limit, rows, path);
    const keeps = values['keep-vectors'] && !walks;
    const keepsAround = keeps && (model !== undefined || !KEEPING.includes(kind));
    const loaded = model && !keeps && !walks ? undefined : await load(path);
    const begin = session.now();
    const codes = await compressed(values, model, loaded, { file, rows }, load, session);
    const compressSeconds = model && session.now() - begin;
    const full = loaded && normalize ? await normalizedBase(loaded, path, session) : loaded;
    const stages = { dim: file.cols, normalize, model: model?.toNamedArrays(), ids };
    const plain = !normalize && !model && !ids && !keepsAround;
    return {
      rows,
      cols: file.cols,
      base: walks ? full! : (codes ?? full!),
      walk: walks ? codes : undefined,
      keepsBase: keeps && !keepsAround,
      around: (archive) =>
        plain ? archive : writePipeline(archive, { ...stages, ...(keepsAround && full && { vectors: full }) }),
      lines: [
        ['normalized', normalize ? 'yes' : undefined],
        ['compressed', model && `to ${model.dOut} by ${model.method}`],
        ['compression time', compressSeconds === undefined ? undefined : secondsText(compressSeconds)],
        ['vectors kept to re-rank', keptText(values['keep-vectors'] || walks, kind, model)],
        ['own ids', ids && (ids instanceof BigInt64Array ? 'int64' : 'texts')],
      ],
      json: { normalize, model: modelPath, codesOf: values['codes-of'], ids: values.ids, compressSeconds },
    };
  } finally {
    await file.close();
  }
}

/** Whether there is something to rank anew by; `undefined` where what is searched is exact already. */
function keptText(kept: boolean, kind: IndexKind, model: Compressor | undefined): string | undefined {
  const coded = CODES.some((code) => code === kind) || model !== undefined;
  return kept ? 'yes' : coded ? 'no' : undefined;
}

async function readCompressor(path: string, normalize: boolean): Promise<Compressor> {
  const arrays = await readModel(path);
  const model = interpreted(path, () => loadCompressor(arrays));
  if (!normalize || model.normalizes) return model;
  throw new RangeError(
    `${path}: expected a model trained with --normalize, to build with it, got one trained without.`,
  );
}

async function readIdsOfRows(path: string, limit: number | undefined, rows: number, basePath: string): Promise<OwnIds> {
  const all = await readOwnIds(path);
  const ids = limit === undefined ? all : all.slice(0, limit);
  if (ids.length !== rows) {
    throw new RangeError(`${path}: expected ${rows} ids, one for each row of ${basePath}, got ${ids.length}.`);
  }
  requireOwnIds(ids, rows, path);
  return ids;
}

/** B compressed: read, if it is there already, or by the model. */
async function compressed(
  values: StageValues,
  model: Compressor | undefined,
  loaded: Vectors | undefined,
  { file, rows }: { readonly file: VectorFile; readonly rows: number },
  load: (path: string) => Promise<Vectors>,
  session: Session,
): Promise<Vectors | undefined> {
  const codesPath = values['codes-of'] ?? values.walk;
  if (codesPath !== undefined) {
    const codes = await load(codesPath);
    if (codes.rows !== rows) {
      throw new RangeError(`${codesPath}: expected ${rows} rows as in ${file.path}, got ${codes.rows}.`);
    }
    if (!model) return codes;
    const vectorAt = async (row: number) =>
      loaded ? rowOf(loaded, row) : createMatrix(1, file.cols, await file.read(row, 1));
    await requireCodesOf(codesPath, codes, model, rows, vectorAt);
    return codes;
  }
  if (!model) return undefined;
  const progress = session.progress('compressing, rows');
  const { gpu, signal } = session;
  const preparation = { ...computingOf(session), gpu, signal, onProgress: progress.update };
  const vectors = loaded ? blocksOf(loaded) : { rows, cols: file.cols, blocks: blocksFrom(file, rows) };
  const codes = await compressedVectors(model, vectors, file.path, preparation);
  progress.end();
  return codes;
}

async function* blocksFrom(file: VectorFile, rows: number): AsyncGenerator<Part> {
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, rows - first);
    const matrix: Matrix = createMatrix(count, file.cols, await file.read(first, count));
    yield { first, matrix };
  }
}

/** In place: nobody else has these vectors. */
async function normalizedBase(base: Vectors, path: string, session: Session): Promise<Vectors> {
  const progress = session.progress('normalizing, rows');
  const { signal } = session;
  await normalizedVectors(base, path, { ...computingOf(session), signal, onProgress: progress.update }, base);
  progress.end();
  return base;
}

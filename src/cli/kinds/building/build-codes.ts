import { type Computing, computingOf } from '../../../../kernels/backend.ts';
import type { GpuDevice } from '../../../../kernels/gpu/device.ts';
import type { SearchIndex } from '../../../index/kinds.ts';
import type { Vectors } from '../../../tensor/vectors/vectors.ts';
import { divisorsOf } from '../../../tensor/whole-number.ts';
import { type CodeStatistics, codeRows } from '../../output/index-rows.ts';
import type { ListingRow } from '../../output/listing.ts';
import type { Session } from '../../session/command.ts';
import type { BuiltIndex } from '../kind.ts';

const CODES = 256;

/** What every index of product codes is built from besides its own options. */
interface CodeBuild extends Computing {
  readonly base: Vectors;
  /** The bytes of a code: its parts have 8 bits. */
  readonly m: number;
  readonly gpu?: GpuDevice;
  readonly signal: AbortSignal;
  readonly onProgress: (step: string, done: number, total: number) => void;
}

interface CodeOptions {
  readonly bytes: number;
  readonly nlist?: number;
  readonly opq: boolean;
}

interface WithStatistics<Statistics> {
  statistics(): Statistics;
}

/** @throws {RangeError} if there are fewer vectors than codes of a byte */
export function requireCodeRows({ rows }: Vectors): void {
  if (rows >= CODES) return;
  throw new RangeError(`--base: expected at least ${CODES} vectors to learn the codes of a byte from, got ${rows}.`);
}

/**
 * Builds an index of product codes, on a GPU where that pays.
 *
 * @param ownRows what a person is told of this kind of index alone
 * @throws {RangeError} if so many bytes do not divide the columns
 */
export async function buildCodes<O extends CodeOptions, S extends CodeStatistics>(
  build: (options: Omit<O, 'bytes'> & CodeBuild) => Promise<SearchIndex & WithStatistics<S>>,
  base: Vectors,
  options: O,
  session: Session,
  ownRows: (statistics: S) => ListingRow[] = () => [],
): Promise<BuiltIndex> {
  const { bytes, ...own } = options;
  const { cols } = base;
  if (cols % bytes !== 0) {
    throw new RangeError(`--bytes: expected a divisor of the ${cols} columns (${divisorsOf(cols)}), got ${bytes}.`);
  }
  requireCodeRows(base);
  const progress = session.progress('building');
  const gpu = await session.gpuFor(codeWork(base, options.nlist));
  const index = await build({
    ...own,
    base,
    m: bytes,
    ...computingOf(session),
    signal: session.signal,
    ...(gpu && { gpu }),
    onProgress: (step, done, total) => progress.update(done, total, step),
  });
  progress.end();
  const described: WithStatistics<S> = index;
  const statistics = described.statistics();
  return {
    index,
    archive: index.toArchive(),
    rows: [['rotated', options.opq ? 'yes' : 'no'], ...ownRows(statistics), ...codeRows(statistics)],
    json: { ...options, statistics },
  };
}

/** Multiply-adds of training codebooks of 256 centroids and of encoding, and of the coarse centroids, if there are any. */
function codeWork({ rows, cols }: Pick<Vectors, 'rows' | 'cols'>, nlist = 0): number {
  const training = 25 * Math.min(rows, 2 ** 16) * 256;
  const coarse = 10 * Math.min(rows, 256 * nlist) * nlist;
  return cols * (training + coarse + rows * (256 + nlist));
}

import { computingOf } from '../../../kernels/backend.ts';
import { HNSW_PROFILES, type HnswProfileName } from '../../graph/hnsw/profile.ts';
import { NSG_PROFILES } from '../../graph/nsg/profile.ts';
import type { GraphStatistics } from '../../graph/statistics.ts';
import { IvfAdcIndex } from '../../index/codes/ivf-adc.ts';
import { PqIndex } from '../../index/codes/pq-index.ts';
import { Sq8Index } from '../../index/codes/sq8-index.ts';
import { FlatIndex } from '../../index/flat-index.ts';
import { GraphIndex } from '../../index/graph/graph-index.ts';
import { defaultNeighborGraph, NsgIndex } from '../../index/graph/nsg-index.ts';
import { Sq8GraphIndex } from '../../index/graph/sq8-graph-index.ts';
import { LinkAndCodeIndex } from '../../index/link-and-code/link-and-code.ts';
import type { ScalarRange } from '../../quantize/scalar/scalar-quantizer.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import { requireMatrix, type Vectors } from '../../tensor/vectors/vectors.ts';
import { UsageError } from '../arguments/usage-error.ts';
import type { Session } from '../session/command.ts';
import { withGraphCheckpoints } from './graph-checkpoint.ts';
import type { IndexKind } from './index-kinds.ts';
import { type ListingRow, percent } from './listing.ts';

export const BUILD_DEFAULTS = {
  M: 48,
  efConstruction: 512,
  profile: 'canonical',
  R: 60,
  L: 70,
  C: 500,
  bytes: 32,
  nlist: 8,
} as const;
/** Link and Code has numbers of its own, from its authors. */
export const LINK_AND_CODE_DEFAULTS = { M: 32, efConstruction: 200 } as const;

/** What a user chose; a default stands for what is `undefined`. */
export interface IndexChoices {
  readonly M: number | undefined;
  readonly efConstruction: number | undefined;
  readonly profile: HnswProfileName | undefined;
  readonly R: number | undefined;
  readonly L: number | undefined;
  readonly C: number | undefined;
  readonly GK: number | undefined;
  readonly bytes: number | undefined;
  readonly nlist: number | undefined;
  readonly opq: boolean;
  readonly range: ScalarRange | undefined;
  readonly keepVectors: boolean;
  /** What a re-ranked search walks over. */
  readonly walkBase: Vectors | undefined;
  readonly seed: number;
  /** Go on from the checkpoint of an interrupted building. */
  readonly resume: boolean;
  /** Where the index will be written; checkpoints lie beside it. */
  readonly out: string;
}

/** An index as it is saved, and what a person and a program are told of it. */
export interface BuiltIndex {
  readonly archive: Archive;
  readonly rows: readonly ListingRow[];
  readonly json: object;
}

/** @throws UsageError if the profile is not one of this kind */
export function requireProfileOfKind(profile: HnswProfileName | undefined, kind: IndexKind): void {
  const profiles: readonly string[] = kind === 'hnsw' || kind === 'hnsw-sq8' ? HNSW_PROFILES : NSG_PROFILES;
  if (profile === undefined || profiles.includes(profile)) return;
  throw new UsageError(`--profile: expected ${profiles.join(' | ')} for --index ${kind}, got ${profile}.`);
}

/**
 * Builds an index of any kind.
 *
 * @param graphBase what a graph is built on instead of `base`
 * @throws {RangeError} if the vectors do not fit the choices
 */
export function buildIndex(
  kind: IndexKind,
  base: Vectors,
  graphBase: Vectors | undefined,
  choices: IndexChoices,
  session: Session,
): Promise<BuiltIndex> {
  return BUILDERS[kind](base, graphBase, choices, session);
}

type Builder = (
  base: Vectors,
  graphBase: Vectors | undefined,
  choices: IndexChoices,
  session: Session,
) => Promise<BuiltIndex>;

const BUILDERS: Readonly<Record<IndexKind, Builder>> = {
  async flat(base, _, __, session) {
    return { archive: new FlatIndex(base, session.backend).toArchive(), rows: [], json: {} };
  },

  async hnsw(base, graphBase, choices, session) {
    const options = hnswOptions(choices);
    noteSequential(options.profile, session);
    const { onProgress, end } = watched(session, 'building, points');
    const { backend, signal, threads } = session;
    const { out, resume, walkBase } = choices;
    const builtOn = graphBase ?? walkBase ?? base;
    const index = await withGraphCheckpoints(out, builtOn, resume, session, (checkpoints) =>
      GraphIndex.build({
        base,
        graphBase: builtOn,
        ...(walkBase && { walkBase }),
        ...options,
        backend,
        signal,
        threads,
        onProgress,
        checkpoints,
      }),
    );
    end();
    const report = graphReport(index, builtOn, options, index.buildCounts!);
    if (!walkBase) return report;
    const kept: ListingRow = ['kept to walk over', `${walkBase.rows} x ${walkBase.cols} bytes`];
    return { ...report, rows: [...report.rows, kept], json: { ...report.json, walkCols: walkBase.cols } };
  },

  async nsg(base, graphBase, { R, L, C, GK, profile }, session) {
    const { R: links, L: pool, C: candidates } = BUILD_DEFAULTS;
    const options = { R: R ?? links, L: L ?? pool, C: C ?? candidates, profile: profileOf(profile) };
    const usual = defaultNeighborGraph(base.rows);
    const neighborGraph =
      GK === undefined
        ? usual
        : { ...usual, K: GK, ...(usual.method === 'nn-descent' && { L: GK + usual.L - usual.K }) };
    const progress = session.progress('building, points');
    const index = await NsgIndex.build({
      base,
      ...(graphBase && { graphBase }),
      ...options,
      neighborGraph,
      backend: session.backend,
      signal: session.signal,
      threads: session.threads,
      onProgress: (done, total, phase) => progress.update(done, total, phase),
    });
    progress.end();
    const { neighborGraph: first, nsg } = index.buildCounts!;
    const counts = {
      distances: first.distances + nsg.distances,
      multiplyAdds: first.multiplyAdds + nsg.multiplyAdds,
    };
    const { attached } = index.parameters;
    const report = graphReport(index, graphBase ?? base, { ...options, GK: neighborGraph.K }, counts);
    const rows: ListingRow[] = [
      ['k-NN graph', neighborGraph.method],
      ['linked because out of reach', attached],
    ];
    return {
      archive: report.archive,
      rows: [...report.rows, ...rows],
      json: { ...report.json, neighborGraph, attached },
    };
  },

  async ivfpq(base, _, { nlist = BUILD_DEFAULTS.nlist, ...choices }, session) {
    const { bytes, ...options } = codeOptions(choices, base);
    const progress = session.progress('building');
    const gpu = await session.gpuFor(codeWork(base, nlist));
    const index = await IvfAdcIndex.build({
      base,
      m: bytes,
      nlist,
      ...options,
      ...computingOf(session),
      signal: session.signal,
      ...(gpu && { gpu }),
      onProgress: (step, done, total) => progress.update(done, total, step),
    });
    progress.end();
    const statistics = index.statistics();
    const { sizes } = statistics;
    return {
      archive: index.toArchive(),
      rows: [
        ['lists', nlist],
        ['rows of a list', `from ${Math.min(...sizes)} to ${Math.max(...sizes)}`],
        ['imbalance', statistics.imbalance],
        ...codeRows(statistics),
      ],
      json: { nlist, bytes, ...options, statistics },
    };
  },

  async pq(base, _, choices, session) {
    const { bytes, ...options } = codeOptions(choices, base);
    const { opq } = choices;
    const progress = session.progress('building');
    const gpu = await session.gpuFor(codeWork(base));
    const index = await PqIndex.build({
      base,
      m: bytes,
      opq,
      ...options,
      ...computingOf(session),
      signal: session.signal,
      ...(gpu && { gpu }),
      onProgress: (step, done, total) => progress.update(done, total, step),
    });
    progress.end();
    const statistics = index.statistics();
    return {
      archive: index.toArchive(),
      rows: [['rotated', opq ? 'yes' : 'no'], ...codeRows(statistics)],
      json: { bytes, opq, ...options, statistics },
    };
  },

  async sq8(base, _, { range = 'dimension', keepVectors }, { backend }) {
    const index = Sq8Index.build({ base, range, keepVectors, backend });
    const statistics = index.statistics();
    return {
      archive: index.toArchive(),
      rows: [['range', range], ...codeRows(statistics)],
      json: { range, keepVectors, statistics },
    };
  },

  async 'hnsw-sq8'(vectors, graphVectors, { range = 'dimension', ...choices }, session) {
    const base = requireMatrix(vectors, '--index hnsw-sq8');
    const graphBase = graphVectors && requireMatrix(graphVectors, '--index hnsw-sq8');
    const options = { ...hnswOptions(choices), range };
    const { onProgress, end } = watched(session, 'building, points');
    const index = await Sq8GraphIndex.build({
      ...(graphBase ? { graphBase, base } : { graphBase: base }),
      ...options,
      backend: session.backend,
      signal: session.signal,
      onProgress,
    });
    end();
    const { over } = index.statistics();
    const report = graphReport(index, graphBase ?? base, options, index.buildCounts!);
    return { ...report, rows: [...report.rows, ['searched', over]] };
  },

  async lc(vectors, _, { M, efConstruction, profile, seed, bytes = BUILD_DEFAULTS.bytes }, session) {
    const base = requireMatrix(vectors, '--index lc');
    const { M: links, efConstruction: candidates } = LINK_AND_CODE_DEFAULTS;
    const options = {
      M: M ?? links,
      efConstruction: efConstruction ?? candidates,
      profile: profileOf(profile),
      seed,
    };
    const progress = session.progress('building');
    const index = await LinkAndCodeIndex.build({
      base,
      m: bytes,
      ...options,
      ...computingOf(session),
      signal: session.signal,
      onProgress: (step, done, total) => progress.update(done, total, step),
    });
    progress.end();
    const { bytesPerVector } = index.statistics();
    const report = graphReport(index, { rows: base.rows, cols: index.quantizer.dim }, options, index.buildCounts!);
    const rows: ListingRow[] = [
      ['bytes of a code', bytesPerVector.codes],
      ['with regression code', bytesPerVector.refined],
      ['with links', bytesPerVector.withLinks],
    ];
    return { archive: report.archive, rows: [...report.rows, ...rows], json: { bytes, ...report.json } };
  },
};

/** Says so where more threads were asked for than can help. */
function noteSequential(profile: HnswProfileName, { threads, note }: Session): void {
  if (threads === 1 || profile === 'batch') return;
  note(
    `cnt build: profile ${profile} inserts one point after the other on one thread; --profile batch takes ${threads}.`,
  );
}

function hnswOptions({ M, efConstruction, profile, seed }: Omit<IndexChoices, 'range'>): {
  M: number;
  efConstruction: number;
  profile: HnswProfileName;
  seed: number;
} {
  return {
    M: M ?? BUILD_DEFAULTS.M,
    efConstruction: efConstruction ?? BUILD_DEFAULTS.efConstruction,
    profile: profile ?? BUILD_DEFAULTS.profile,
    seed,
  };
}

/** @throws {RangeError} if so many bytes do not divide the columns */
function codeOptions(
  { bytes = BUILD_DEFAULTS.bytes, profile, keepVectors, seed }: Omit<IndexChoices, 'nlist'>,
  { cols }: Pick<Vectors, 'cols'>,
) {
  if (cols % bytes !== 0) throw new RangeError(`--bytes: expected a divisor of the ${cols} columns, got ${bytes}.`);
  return { bytes, profile: profileOf(profile), keepVectors, seed };
}

/** `requireProfileOfKind` has refused the third. */
function profileOf(profile: HnswProfileName | undefined): 'canonical' | 'faiss' {
  return profile === 'faiss' ? 'faiss' : 'canonical';
}

/** Multiply-adds of training codebooks of 256 centroids and of encoding, and of the coarse centroids, if there are any. */
function codeWork({ rows, cols }: Pick<Matrix, 'rows' | 'cols'>, nlist = 0): number {
  const training = 25 * Math.min(rows, 2 ** 16) * 256;
  const coarse = 10 * Math.min(rows, 256 * nlist) * nlist;
  return cols * (training + coarse + rows * (256 + nlist));
}

function watched(session: Session, label: string) {
  const progress = session.progress(label);
  return {
    onProgress: (done: number, total: number) => progress.update(done, total),
    end: () => progress.end(),
  };
}

function graphReport(
  index: { toArchive(): Archive; statistics(): GraphStatistics },
  { rows, cols }: Pick<Matrix, 'rows' | 'cols'>,
  options: Readonly<Record<string, string | number>>,
  counts: { readonly distances: number; readonly multiplyAdds: number },
): BuiltIndex {
  const statistics = index.statistics();
  const { seed: _, ...shown } = options;
  return {
    archive: index.toArchive(),
    rows: [
      ['graph built on', `${rows} x ${cols}`],
      ...Object.entries(shown),
      ['distances', counts.distances],
      ['multiply-adds', counts.multiplyAdds],
      ...graphRows(statistics),
    ],
    json: { graphCols: cols, ...options, counts, statistics },
  };
}

/** What a graph looks like. */
export function graphRows({ points, levels, degrees, meanDegree, ...shares }: GraphStatistics): ListingRow[] {
  const used = degrees.flatMap((count, degree) => (count > 0 ? [degree] : []));
  return [
    ['points', points],
    ['points by top level', levels.join(' ')],
    ['degree at level 0', `from ${used[0] ?? 0} to ${used.at(-1) ?? 0}, mean ${meanDegree.toFixed(2)}`],
    ['reachable', `${percent(shares.reachableFraction)} %`],
    ['links both ways', `${percent(shares.reciprocity)} %`],
  ];
}

function codeRows({
  codeBytes,
  bytes,
  keepsVectors,
}: {
  readonly codeBytes: number;
  readonly bytes: number;
  readonly keepsVectors: boolean;
}): ListingRow[] {
  return [
    ['bytes of a code', codeBytes],
    ['bytes in all', bytes],
    ['vectors kept to re-rank', keepsVectors ? 'yes' : 'no'],
  ];
}

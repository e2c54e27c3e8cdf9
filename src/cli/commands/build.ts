import { HNSW_PROFILES, type HnswProfileName } from '../../graph/hnsw-profile.ts';
import type { GraphStatistics } from '../../graph/statistics.ts';
import { FlatIndex } from '../../index/flat-index.ts';
import { GraphIndex } from '../../index/graph-index.ts';
import { writeArchive } from '../../io/archive-file.ts';
import { digestArrays } from '../../io/digest.ts';
import { readVectors } from '../../io/vectors.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import { defineCommand, type Session } from '../command.ts';
import { throwIfInterrupted, UsageError } from '../failures.ts';
import { limited, requireSameRows, requireWritable } from '../files.ts';
import { type ListingRow, listing, percent, secondsText } from '../listing.ts';

/** Every index of the project; this version builds the first two. */
const KINDS = ['flat', 'hnsw', 'nsg', 'ivfpq', 'pq', 'sq8', 'hnsw-sq8', 'lc'] as const;
const DEFAULT_M = 48;
const DEFAULT_EF_CONSTRUCTION = 512;
const DEFAULT_PROFILE = 'canonical';

export const buildCommand = defineCommand({
  name: 'build',
  purpose: 'builds a search index over vectors',
  options: {
    base: { type: 'path', placeholder: 'B', required: true, text: 'vectors to search among' },
    out: { type: 'path', placeholder: 'I', required: true, text: 'file for the index' },
    index: { type: 'choice', choices: KINDS, required: true, text: 'this version has flat (exact) and hnsw' },
    'graph-base': {
      type: 'path',
      placeholder: 'C',
      text: 'hnsw: build the graph on these vectors, the compressed base, and keep B for the search',
      whenAbsent: 'B',
    },
    limit: { type: 'integer', least: 1, text: 'use the first N rows of B and of C', whenAbsent: 'all' },
    M: { type: 'integer', least: 2, text: 'hnsw: links of a new point', whenAbsent: `${DEFAULT_M}` },
    'ef-construction': {
      type: 'integer',
      least: 1,
      text: 'hnsw: candidates for the links of a new point',
      whenAbsent: `${DEFAULT_EF_CONSTRUCTION}`,
    },
    profile: {
      type: 'choice',
      choices: HNSW_PROFILES,
      text: "hnsw: the paper's algorithm, or exactly the graph of a library",
      whenAbsent: DEFAULT_PROFILE,
    },
  },
  about: [
    'Prints what a graph looks like: degrees, levels, and the share of its points that can be reached from its entry point.',
  ],
  examples: [
    'cnt build --base base.fvecs --graph-base base.compressed.fvecs --index hnsw --out index.hnsw',
    'cnt build --base base.fvecs --index flat --out index.flat',
  ],
  async run(values, _, session) {
    const { base: basePath, 'graph-base': graphPath, out, index: kind, limit } = values;
    requireFittingOptions(kind, values);
    await requireWritable(out, [basePath, graphPath ?? basePath]);
    const base = await readVectors(basePath, limited(limit));
    const graphBase = graphPath === undefined ? base : await readVectors(graphPath, limited(limit));
    requireSameRows(graphPath ?? basePath, graphBase.rows, basePath, base.rows);
    throwIfInterrupted(session.signal);
    const begin = session.now();
    const built =
      kind === 'flat'
        ? { archive: new FlatIndex(base, session.backend).toArchive(), rows: [], json: {} }
        : await buildGraph(base, graphBase, { ...values, efConstruction: values['ef-construction'] }, session);
    const seconds = session.now() - begin;
    await writeArchive(out, built.archive, { signal: session.signal });
    const digest = digestArrays(built.archive);
    return {
      lines: listing([
        ['index', kind],
        ['vectors', `${base.rows} x ${base.cols}`],
        ['build time', secondsText(seconds)],
        ...built.rows,
        ['digest', digest],
      ]),
      json: {
        ...{ base: basePath, graphBase: graphPath, out, index: kind, rows: base.rows, cols: base.cols },
        ...{ ...built.json, buildSeconds: seconds, digest, backend: session.ranOn },
      },
    };
  },
});

const HNSW_OPTIONS = ['graph-base', 'M', 'ef-construction', 'profile'] as const;

function requireFittingOptions(kind: string, values: Readonly<Record<(typeof HNSW_OPTIONS)[number], unknown>>): void {
  if (kind === 'hnsw') return;
  if (kind !== 'flat') throw new UsageError(`--index ${kind} is not in this version, which has flat and hnsw.`);
  const given = HNSW_OPTIONS.find((name) => values[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} belongs to --index hnsw, got --index ${kind}.`);
}

interface GraphChoices {
  readonly M: number | undefined;
  readonly efConstruction: number | undefined;
  readonly profile: HnswProfileName | undefined;
  readonly seed: number;
}

interface Built {
  readonly archive: Archive;
  readonly rows: readonly ListingRow[];
  readonly json: object;
}

async function buildGraph(base: Matrix, graphBase: Matrix, choices: GraphChoices, session: Session): Promise<Built> {
  const { M = DEFAULT_M, efConstruction = DEFAULT_EF_CONSTRUCTION, profile = DEFAULT_PROFILE, seed } = choices;
  const options = { M, efConstruction, profile, seed };
  const progress = session.progress('building, points');
  const index = await GraphIndex.build({
    ...{ base, graphBase, ...options, backend: session.backend, signal: session.signal },
    onProgress: (done, total) => progress.update(done, total),
  });
  progress.end();
  const statistics = index.statistics();
  const counts = index.buildCounts!;
  return {
    archive: index.toArchive(),
    rows: [
      ['graph built on', `${graphBase.rows} x ${graphBase.cols}`],
      ['M', M],
      ['efConstruction', efConstruction],
      ['profile', profile],
      ['distances', counts.distances],
      ['multiply-adds', counts.multiplyAdds],
      ...statisticsRows(statistics),
    ],
    json: { graphCols: graphBase.cols, ...options, counts, statistics },
  };
}

function statisticsRows({ points, levels, degrees, meanDegree, ...shares }: GraphStatistics): ListingRow[] {
  const used = degrees.flatMap((count, degree) => (count > 0 ? [degree] : []));
  return [
    ['points', points],
    ['points by top level', levels.join(' ')],
    ['degree at level 0', `from ${used[0] ?? 0} to ${used.at(-1) ?? 0}, mean ${meanDegree.toFixed(2)}`],
    ['reachable', `${percent(shares.reachableFraction)} %`],
    ['links both ways', `${percent(shares.reciprocity)} %`],
  ];
}

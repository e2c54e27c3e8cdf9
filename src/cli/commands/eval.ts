import { compareDistances } from '../../eval/compared-distances.ts';
import { requireGroundTruth } from '../../eval/ground-truth.ts';
import { intersectionAt, recallAt } from '../../eval/recall.ts';
import { readIds } from '../../io/ids.ts';
import { loadVectors, readVectors } from '../../io/vectors.ts';
import { normalizedVectors } from '../../pipeline/prepared-vectors.ts';
import { textTable } from '../../report/table.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { unitRows } from '../../tensor/unit-rows.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import { UsageError } from '../arguments/usage-error.ts';
import { interpreted, limited, requireSameCols, requireSameRows } from '../input/checks.ts';
import { allVectorsHeld, contentHeld, requireMemory } from '../input/memory.ts';
import { percent } from '../output/listing.ts';
import { defineCommand, type Session } from '../session/command.ts';

const RANKS = [1, 5, 10, 50];
const SET_SIZE = 100;

export const evalCommand = defineCommand('eval', 'compares found neighbors with the true ones', {
  options: {
    result: {
      type: 'path',
      placeholder: 'R.ivecs',
      required: true,
      text: 'neighbors found by cnt search',
    },
    truth: { type: 'path', placeholder: 'G.ivecs', required: true, text: 'true neighbors, nearest first' },
    base: {
      type: 'path',
      placeholder: 'B',
      text: 'with --query: the vectors searched among; compare by distance',
      whenAbsent: 'by id',
    },
    query: { type: 'path', placeholder: 'Q', text: 'with --base: the vectors searched for' },
    limit: { type: 'integer', least: 1, text: 'use the first N rows of the base', whenAbsent: 'all' },
    normalize: { type: 'flag', text: 'with --base: bring both to length 1 first, for a truth by cosine' },
  },
  about: [
    '1@R is the share of queries whose true nearest neighbor is among the first R found; k@k the share of the true k nearest among the ' +
      'first k found, for as many as both lists have, and for 100. Measures that need longer lists than there are, are left out.',
    'Where rows are equally far from a query, another tool may name others of them than G does. With B and Q a row as near as the true one is ' +
      'a hit, and a few queries of G are checked against B first. Truth files of big-ann (.ibin with distances) are read. Ids are rows of B: what an index with own ids answers cannot be compared so.',
  ],
  examples: [
    'cnt eval --result result.ivecs --truth data/groundtruth.ivecs',
    'cnt eval --result theirs.ivecs --truth data/groundtruth.ivecs --base data/base.fvecs --query data/query.fvecs',
  ],
  async run(values, _, session) {
    const { result, truth } = values;
    const held = await allVectorsHeld([values.base], values.limit);
    const others = [
      ...(await allVectorsHeld([values.query])),
      await contentHeld(result, 'ids'),
      await contentHeld(truth, 'ids'),
    ];
    requireMemory(session, [...held, ...others], 'without --base and --query only ids are held');
    const vectors = await readVectorsOf(values, session);
    const found = await readIds(result);
    const known = await readIds(truth);
    requireSameRows(result, found.rows, truth, known.rows);
    if (vectors) {
      const { base, query } = vectors;
      requireSameRows(truth, known.rows, values.query!, query.rows);
      requireGroundTruth(base, query, known, truth, session.backend);
    }
    const compare = vectors && (() => compareDistances(vectors.base, vectors.query, found, known));
    const distances = compare && interpreted(result, compare);
    const most = Math.min(found.cols, known.cols);
    const measures = [
      ...RANKS.filter((rank) => rank <= found.cols).map((rank) => ({ name: `1@${rank}`, of: recallAt, at: rank })),
      ...[most, SET_SIZE]
        .filter((size, i) => size > 1 && size <= most && (i === 0 || size !== most))
        .map((size) => ({ name: `${size}@${size}`, of: intersectionAt, at: size })),
    ];
    const byId = measures.map(({ name, of, at }) => [name, of(found, known, at)] as const);
    const byDistance =
      distances && measures.map(({ name, of, at }) => [name, of(found, known, at, distances)] as const);
    const shares = byDistance ?? byId;
    const heading = byDistance ? ['measure', 'recall %', 'by id %'] : ['measure', 'recall %'];
    const rows = shares.map(([name, share], i) => [
      name,
      percent(share),
      ...(byDistance ? [percent(byId[i]![1])] : []),
    ]);
    return {
      lines: textTable([heading, ...rows]).split('\n'),
      json: {
        result,
        truth,
        ...(byDistance && { base: values.base, query: values.query }),
        queries: found.rows,
        recall: Object.fromEntries(shares),
        ...(byDistance && { recallById: Object.fromEntries(byId) }),
      },
    };
  },
});

interface GivenVectors {
  readonly base: string | undefined;
  readonly query: string | undefined;
  readonly limit: number | undefined;
  readonly normalize: boolean;
}

/** What ids stand for, where it is given. @throws {UsageError} if half of it is given */
async function readVectorsOf(
  { base, query, limit, normalize }: GivenVectors,
  { backend, signal }: Session,
): Promise<{ readonly base: Vectors; readonly query: Matrix } | undefined> {
  if ((base === undefined) !== (query === undefined)) {
    throw new UsageError(`--base and --query belong together, got --${base === undefined ? 'query' : 'base'} alone.`);
  }
  if (base === undefined || query === undefined) {
    if (limit !== undefined) throw new UsageError('--limit belongs to --base, got none.');
    if (normalize) throw new UsageError('--normalize belongs to --base, got none.');
    return undefined;
  }
  const vectors = {
    base: await loadVectors(base, { ...limited(limit), backend, signal }),
    query: await readVectors(query),
  };
  requireSameCols(query, vectors.query.cols, base, vectors.base.cols);
  if (normalize) {
    await normalizedVectors(vectors.base, base, { signal }, vectors.base);
    unitRows(vectors.query, query, vectors.query);
  }
  return vectors;
}

import { METHODS } from '../../compress/methods.ts';
import { recallAt } from '../../eval/recall.ts';
import { digestIds } from '../../io/digest.ts';
import { nearest } from '../../tensor/nearest/nearest.ts';
import type { Ids } from '../../tensor/nearest/neighbors.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { type Described, number, oneOf, record, text, tuple } from '../experiment/json-form.ts';
import { COMPRESSION_FACTOR, EF_SEARCH, HNSW_SETTINGS, VAE_SETTINGS } from '../printed/settings.ts';
import { type RecallTriple, TABLE_4 } from '../printed/tables.ts';
import { type Cell, recallCell } from './cell.ts';

const COMPARED = ['srp', 'pca', 'vae', 'linear', 'cnt'] as const;

/** 1@1, 1@5 and 1@10 in percent. */
const recalls = tuple(number, number, number);

const table4Result = record({
  method: oneOf(...COMPARED),
  hnsw: recalls,
  bruteForce: recalls,
  modelDigest: text,
  hnswDigest: text,
  bruteForceDigest: text,
});

/** One row of Table 4 as measured here. */
export type Table4Result = Described<typeof table4Result>;

/**
 * Searches in the compressed space, by brute force and by HNSW, for the neighbors of the original space.
 *
 * Source: the paper, Table 4. Departs: adds a single linear map trained with INRP, the control that the paper lacks.
 */
export async function measureTable4(experiment: Experiment): Promise<Table4Result[]> {
  const rows: Table4Result[] = [];
  for (const method of COMPARED) rows.push(await measureRow(experiment, method));
  return rows;
}

function measureRow(experiment: Experiment, method: Table4Result['method']): Promise<Table4Result> {
  return experiment.store.result(experiment.key({ step: 'table 4', method }), table4Result, async () => {
    const { data, context } = experiment;
    const { k } = HNSW_SETTINGS;
    const { base, query, modelDigest } = await experiment.compressed(method, COMPRESSION_FACTOR);
    const exact = nearest(base, query, k, { backend: context.backend });
    await experiment.throwIfInterrupted();
    const { index } = await experiment.hnsw(method, COMPRESSION_FACTOR);
    const walked = await index.search(query, k, { ef: EF_SEARCH[data.comparedWith] });
    const recallsOf = (ids: Ids): RecallTriple => {
      const at = (rank: number) => 100 * recallAt(ids, data.truth, rank);
      return [at(1), at(5), at(10)];
    };
    return {
      method,
      hnsw: recallsOf(walked.ids),
      bruteForce: recallsOf(exact.ids),
      modelDigest,
      hnswDigest: digestIds(walked.ids),
      bruteForceDigest: digestIds(exact.ids),
    };
  });
}

/** The rows beside the paper's. */
export function table4Cells(experiment: Experiment, results: readonly Table4Result[]): Cell[] {
  const { comparedWith, caption } = experiment.data;
  return results.flatMap((ours) => {
    const printed = TABLE_4[comparedWith].find((row) => row.method === ours.method);
    const { label } = METHODS[ours.method];
    const row = ours.method === 'linear' ? `${label} + INRP` : label;
    const budget = `${caption}; ${experiment.samples.toLocaleString('en')} training samples`;
    const reason =
      ours.method === 'vae'
        ? `${budget}; divergence weighted ${VAE_SETTINGS.klWeight}`
        : ours.method === 'cnt'
          ? budget
          : caption;
    return (['bruteForce', 'hnsw'] as const).flatMap((search) =>
      ([1, 5, 10] as const).map((rank, i) => {
        const column = `${search === 'hnsw' ? 'HNSW' : 'brute force'} 1@${rank}`;
        return recallCell(row, column, printed?.[search][i], ours[search][i]!, reason);
      }),
    );
  });
}

import type { TrainingChoices } from '../../compress/cnt/settings.ts';
import { intersectionAt, recallAt } from '../../eval/recall.ts';
import { digestArrays } from '../../io/digest.ts';
import type { Table } from '../../report/table.ts';
import { nearest } from '../../tensor/nearest/nearest.ts';
import { ABLATIONS, type AblationFigures, type AblationName } from '../claims/ledger.ts';
import { gainText, seedGain } from '../claims/seed-gain.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { trainingHistory } from '../methods/train-method.ts';
import { COMPRESSION_FACTOR } from '../printed/settings.ts';

/** What each changes of the default; every weight is 1 where alpha and beta are. */
const CHOICES: Readonly<Record<AblationName, TrainingChoices>> = {
  default: {},
  'plain distance loss': { alpha: 1, beta: 1 },
  'alpha 1': { alpha: 1 },
  'alpha 4': { alpha: 4 },
  'beta 0': { beta: 0 },
  'beta 0.1': { beta: 0.1 },
  '1 projection': { projections: 1 },
  '2 projections': { projections: 2 },
  '8 projections': { projections: 8 },
  // With one stage nothing lies between stages: there A is added before projection B, or the start at PCA would have no way through.
  'one stage': { switches: { stages: [1], heads: [4], skip: 'every-stage-and-output' } },
  'three stages': { switches: { stages: [1, 1, 1], heads: [4, 4, 4] } },
  'position bias': { switches: { positionBias: true } },
  'MLP ratio 1': { switches: { mlpRatio: 1 } },
  'MLP ratio 4': { switches: { mlpRatio: 4 } },
  'compression token last': { switches: { compressionToken: 'last' } },
  'projection A after every stage': { switches: { skip: 'every-stage-and-output' } },
  'released code': { variant: 'released-code' },
  'random start': { start: 'random' },
  'random start, rate 1e-2': { start: 'random', learningRate: 1e-2 },
  'linear map': { network: 'linear' },
};

const NEIGHBORS = 10;
/** A run that only reads what is finished looks for this many seeds from the first on. */
const MOST_SEEDS = 20;

/** One network trained with one seed. */
export interface AblationResult extends AblationFigures {
  /** Least mean error of a distance of held-out rows, in standardized units. */
  readonly heldOutError: number;
  readonly modelDigest: string;
}

export interface AblationChoices {
  /** All, or one beside the default that others train at the same time. */
  readonly names: readonly AblationName[];
  /** How many, from the seed of the experiment on. */
  readonly seeds: number;
}

/**
 * Trains networks that differ from the default in one switch, with the same budget and several seeds, and searches each by brute force in
 * the compressed space for the neighbors of the original one.
 *
 * Source: the paper, Discussion: "we have not yet verified the importance of individual design choices".
 */
export async function measureAblations(
  experiment: Experiment,
  { names, seeds }: AblationChoices,
): Promise<AblationResult[]> {
  const results: AblationResult[] = [];
  const total = names.length * seeds;
  for (const name of names) {
    for (let i = 0; i < seeds; i++) {
      const label = `training ${results.length + 1} of ${total}: ${name}, seed ${experiment.seed + i}`;
      const key = keyOf(experiment, name, experiment.seed + i);
      results.push(await experiment.store.result(key, () => measure(experiment, name, experiment.seed + i, label)));
    }
  }
  return results;
}

/** The results that earlier runs left in the folder; none is computed. */
export async function finishedAblations(experiment: Experiment): Promise<AblationResult[]> {
  const results: AblationResult[] = [];
  for (const name of ABLATIONS) {
    for (let seed = experiment.seed; seed < experiment.seed + MOST_SEEDS; seed++) {
      const found = await experiment.store.finished<AblationResult>(keyOf(experiment, name, seed));
      if (found) results.push(found);
    }
  }
  return results;
}

function keyOf(experiment: Experiment, name: AblationName, seed: number) {
  return experiment.key({ step: 'ablation', name, seed });
}

async function measure(
  experiment: Experiment,
  name: AblationName,
  seed: number,
  label: string,
): Promise<AblationResult> {
  const { data, context } = experiment;
  const compressor = await experiment.inrpNetwork(name, CHOICES[name], COMPRESSION_FACTOR, seed, label);
  const { encoded: base } = await experiment.encode(compressor, data.base);
  const { encoded: query } = await experiment.encode(compressor, data.query);
  const { ids } = nearest(base, query, NEIGHBORS, { backend: context.backend });
  await experiment.throwIfInterrupted();
  const arrays = compressor.toNamedArrays();
  return {
    name,
    seed,
    recall1at1: 100 * recallAt(ids, data.truth, 1),
    recall10at10: 100 * intersectionAt(ids, data.truth, NEIGHBORS),
    parameters: [...arrays.arrays.values()].reduce((sum, { data: numbers }) => sum + numbers.length, 0),
    heldOutError: Math.min(...trainingHistory(compressor).map((point) => point.heldOutError)),
    modelDigest: digestArrays(arrays),
  };
}

/** What the columns of the table mean. */
export const ABLATION_NOTE =
  'Each network differs from the default in what its name says. Percent by brute force in the compressed space, means over the seeds; ' +
  'spread: the highest 10@10 less the lowest; default less it: 10@10 of the default less that of the network, seed by seed, with the ' +
  '95 % interval of the mean; an interval that contains 0 says nothing.';

/** Means over the seeds, and how far the default lies above, with the 95 % interval of that mean. */
export function ablationTable(results: readonly AblationResult[]): Table {
  const rows = ABLATIONS.flatMap((name) => {
    const all = results.filter((one) => one.name === name);
    if (all.length === 0) return [];
    const mean = (of: (one: AblationResult) => number) => all.reduce((sum, one) => sum + of(one), 0) / all.length;
    const tens = all.map(({ recall10at10 }) => recall10at10);
    const gain = name === 'default' ? undefined : seedGain(results, name);
    return [
      [
        name,
        mean((one) => one.recall1at1).toFixed(1),
        mean((one) => one.recall10at10).toFixed(2),
        (Math.max(...tens) - Math.min(...tens)).toFixed(2),
        gain ? gainText(gain) : '',
        String(all.length),
        mean((one) => one.heldOutError).toFixed(4),
        all[0]!.parameters.toLocaleString('en'),
      ],
    ];
  });
  return [['network', '1@1', '10@10', 'spread', 'default less it', 'seeds', 'held-out error', 'parameters'], ...rows];
}

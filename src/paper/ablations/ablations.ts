import type { CntChoices } from '../../compress/cnt/training/cnt-settings.ts';
import { intersectionAt, recallAt } from '../../eval/recall.ts';
import { digestArrays } from '../../io/digest.ts';
import { nearest } from '../../tensor/nearest/nearest.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { type Described, number, oneOf, record, text } from '../experiment/json-form.ts';
import { trainingHistory } from '../methods/train-method.ts';
import { COMPRESSION_FACTOR } from '../printed/settings.ts';

/** The networks and losses that are trained beside the default one, and what each changes; every weight is 1 where alpha and beta are. */
const CHOICES = {
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
} as const satisfies Record<string, CntChoices>;

export type AblationName = keyof typeof CHOICES;
export const ABLATIONS = Object.keys(CHOICES) as AblationName[];

const NEIGHBORS = 10;
/** A run that only reads what is finished looks for this many seeds from the first on. */
const MOST_SEEDS = 20;

const ablationResult = record({
  name: oneOf(...ABLATIONS),
  seed: number,
  /** Percent, over all given queries, by brute force in the compressed space. */
  recall1at1: number,
  recall10at10: number,
  /** Numbers in the model, running statistics included. */
  parameters: number,
  /** Least mean error of a distance of held-out rows, in standardized units. */
  heldOutError: number,
  modelDigest: text,
});

/** One network trained with one seed. */
export type AblationResult = Described<typeof ablationResult>;

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
      results.push(
        await experiment.store.result(key, ablationResult, () => measure(experiment, name, experiment.seed + i, label)),
      );
    }
  }
  return results;
}

/** The results that earlier runs left in the folder; none is computed. */
export async function finishedAblations(experiment: Experiment): Promise<AblationResult[]> {
  const results: AblationResult[] = [];
  for (const name of ABLATIONS) {
    for (let seed = experiment.seed; seed < experiment.seed + MOST_SEEDS; seed++) {
      const found = await experiment.store.finished(keyOf(experiment, name, seed), ablationResult);
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

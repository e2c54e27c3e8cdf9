import { METHODS } from '../../compress/methods.ts';
import { signed } from '../../report/signed.ts';
import type { AblationName } from '../ablations/ablations.ts';
import { gainText, seedGain } from '../ablations/seed-gain.ts';
import {
  type AblationFigures,
  type Claim,
  type CompressionFigures,
  decided,
  given,
  type Judgment,
  judgedGains,
  NEAREST_MARGIN,
  TRAINING_MARGIN,
  untestable,
} from './claim.ts';

const nearest = (list: readonly CompressionFigures[], method: CompressionFigures['method']) =>
  list.find((row) => row.method === method)?.bruteForce[0];

/** CNT beside other methods in 1@1 by brute force, by at least the margin. */
function better(
  list: readonly CompressionFigures[],
  than: readonly CompressionFigures['method'][],
): Judgment | undefined {
  const ours = nearest(list, 'cnt');
  const others = than.flatMap((method) => {
    const theirs = nearest(list, method);
    return theirs === undefined ? [] : [{ method, theirs }];
  });
  if (ours === undefined || others.length < than.length) return undefined;
  const texts = others.map(({ method, theirs }) => {
    const name = method === 'linear' ? method : METHODS[method].label;
    return `${name} ${theirs.toFixed(1)} (${signed(ours - theirs, 1)})`;
  });
  return decided(
    others.every(({ theirs }) => ours - theirs >= NEAREST_MARGIN),
    `1@1 by brute force: CNT ${ours.toFixed(1)}; ${texts.join(', ')}`,
  );
}

const NO_ABLATIONS: Judgment = { verdict: 'not measured in this run', figures: 'cnt reproduce ablations measures it' };

/** Means over the seeds of a network. */
function described(list: readonly AblationFigures[], name: AblationName): string {
  const rows = list.filter((row) => row.name === name);
  const mean = (of: (row: AblationFigures) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const [ten, one] = [mean((row) => row.recall10at10), mean((row) => row.recall1at1)];
  return `10@10 ${ten.toFixed(2)}, 1@1 ${one.toFixed(1)}, ${rows[0]!.parameters.toLocaleString('en')} parameters`;
}

/** The default network beside a changed one, in 10@10. */
function ablation(list: readonly AblationFigures[], name: AblationName, least: number): Judgment | undefined {
  const gain = seedGain(list, name);
  if (!gain) return undefined;
  const seeds = gain.seeds === 1 ? '1 seed' : `${gain.seeds} seeds`;
  const beside = `default: ${described(list, 'default')}; ${name}: ${described(list, name)}`;
  return judgedGains([gain], least, `${beside}; ${gainText(gain)} points for the default over ${seeds}`);
}

function ablationClaim(id: string, quote: string, name: AblationName): Claim {
  return {
    id,
    quote,
    test: `ablation "${name}": 10@10 of the default network above it over the seeds, the whole 95 % interval of the mean at least +${TRAINING_MARGIN}`,
    judge: ({ ablations }) => given(ablations, (list) => ablation(list, name, TRAINING_MARGIN), NO_ABLATIONS),
  };
}

/** What stands beside the weights that the paper chose. */
const OTHER_WEIGHTS = ['alpha 1', 'alpha 4', 'beta 0', 'beta 0.1'] as const;

/** Whether no other weight is better than those of the paper. */
function weights(list: readonly AblationFigures[]): Judgment | undefined {
  const gains = OTHER_WEIGHTS.flatMap((name) => seedGain(list, name) ?? []);
  if (gains.length < OTHER_WEIGHTS.length) return undefined;
  const texts = gains.map((gain) => `${gain.name} ${gainText(gain)}`);
  return judgedGains(gains, -TRAINING_MARGIN, `points of 10@10 for 2 and 0.01: ${texts.join(', ')}`);
}

/** What the paper says of its network and loss: Table 4, and the design that it left to future work. */
export const COMPRESSION_CLAIMS: readonly Claim[] = [
  {
    id: 'highest-accuracy',
    quote: 'Compared with other three compression methods, our proposed CNT achieves the highest accuracy',
    test: `Table 4: 1@1 of CNT above SRP, PCA and VAE, at least +${NEAREST_MARGIN}`,
    judge: ({ table4 }) => given(table4, (list) => better(list, ['srp', 'pca', 'vae'])),
  },
  {
    id: 'single-projection',
    quote: 'using single sparse random projection harms search accuracy seriously',
    test: 'Table 4: 1@1 of SRP the lowest, and at least 10 points below PCA',
    judge: ({ table4 }) =>
      given(table4, (list) => {
        const [srp, pca] = [nearest(list, 'srp'), nearest(list, 'pca')];
        if (srp === undefined || pca === undefined) return undefined;
        const lowest = list.every(({ method, bruteForce }) => method === 'srp' || bruteForce[0] > srp);
        return decided(
          lowest && pca - srp >= 10,
          `1@1 by brute force: SRP ${srp.toFixed(1)}, PCA ${pca.toFixed(1)} (${signed(pca - srp, 1)})`,
        );
      }),
  },
  {
    id: 'transformer',
    quote:
      'the transformer unit has the well known property of globally attending its inputs, which could lead to better global alignment of these projections',
    test: `the control that the paper lacks, one linear map trained with the same loss, ablation "linear map": 10@10 of the default network above it over the seeds, the whole 95 % interval of the mean at least +${TRAINING_MARGIN}`,
    judge: ({ ablations = [], table4 }) => {
      const decisive = ablation(ablations, 'linear map', TRAINING_MARGIN);
      const once = table4 && better(table4, ['linear']);
      if (decisive || !once) return decisive ?? NO_ABLATIONS;
      const figures = `${once.figures}; one training each, so that cnt reproduce ablations decides`;
      return { verdict: 'not decided at this budget', figures };
    },
  },
  ablationClaim(
    'inrp',
    'keeping distances between close pairs is more important, as these pairs affect search result the most',
    'plain distance loss',
  ),
  ablationClaim(
    'many-projections',
    'we propose to use n different projections to boost compression accuracy',
    '1 projection',
  ),
  ablationClaim(
    'position',
    'when we add position embedding into our transformer, the search accuracy drops',
    'position bias',
  ),
  {
    id: 'inrp-weights',
    quote: 'are two hyper-parameters, which are set to 2.0 and 0.01 respectively',
    test: `ablations ${OTHER_WEIGHTS.map((name) => `"${name}"`).join(', ')}: 10@10 of none more than ${TRAINING_MARGIN} above the default, the whole 95 % interval`,
    judge: ({ ablations }) => given(ablations, weights, NO_ABLATIONS),
  },
  {
    id: 'light-mlp',
    quote: 'In MLP part, we decrease the expansion ratio … from 4 to 2 to reduce the number of parameters by half',
    test: `ablation "MLP ratio 4": 10@10 at most ${TRAINING_MARGIN} above the default over the seeds, the whole 95 % interval of the mean`,
    judge: ({ ablations }) => given(ablations, (list) => ablation(list, 'MLP ratio 4', -TRAINING_MARGIN), NO_ABLATIONS),
  },
  {
    id: 'random-token',
    quote:
      'Initializing compression token with random numbers is not in accordance with its role of working as base reference',
    test: 'none: the compression token is always derived from the input here, as in the paper and in its code',
    judge: () => untestable('no switch for a learned token'),
  },
  {
    id: 'training-scale',
    quote: 'We train our model for 2400 epochs … initial learning rate and batch size are set to 1e-4 and 1024',
    test: 'none in a run: cnt train --preset paper does it',
    judge: () => untestable('2.4 billion samples of a million rows; budgets here are stated beside each figure'),
  },
];

import { signed } from '../../report/signed.ts';
import type { PaperDataset } from '../printed/settings.ts';
import { TABLE_1_HNSW, TABLE_1_NSG, TABLE_2, TABLE_4 } from '../printed/tables.ts';
import { type Claim, decided, NEAREST_MARGIN, untestable } from './claim.ts';

/** Printed figures have one or two digits: differences of them are exact to half a unit of the first. */
const same = (a: number, b: number) => Math.abs(a - b) < 0.005;

/** Gains of CNT that the rows of Table 2 give. */
function printedGains(codec: 'PQ' | 'L&C', field: 'recall1at1' | 'recall1at5' = 'recall1at1') {
  return (['GIST1M', 'Deep1M'] as const).flatMap((dataset) =>
    TABLE_2[dataset].flatMap((row) => {
      const plain = TABLE_2[dataset].find(
        ({ method, bytes, ...other }) => method === 'none' && bytes === row.bytes && other.codec === codec,
      );
      return row.method === 'cnt' && row.codec === codec && plain
        ? [{ name: `${dataset} ${row.bytes} bytes`, bytes: row.bytes, dataset, gain: row[field] - plain[field] }]
        : [];
    }),
  );
}

const gainText = (list: ReturnType<typeof printedGains>) =>
  list.map(({ name, gain }) => `${name} ${signed(gain, 1)}`).join(', ');

function printedRow(table: typeof TABLE_1_HNSW, dataset: PaperDataset, factor: number) {
  return table[dataset].find((row) => row.factor === factor)!;
}

/** Share of the printed seconds that a factor saves. */
function printedSavings() {
  return Object.entries({ HNSW: TABLE_1_HNSW, NSG: TABLE_1_NSG }).flatMap(([kind, table]) =>
    (['GIST1M', 'Deep1M'] as const).flatMap((dataset) =>
      [2, 4].map((factor) => ({
        name: `${kind} ${dataset} ${factor}x`,
        share: 1 - printedRow(table, dataset, factor).indexingSeconds / printedRow(table, dataset, 1).indexingSeconds,
      })),
    ),
  );
}

/** The printed text against the printed tables: what the paper says in two places. Decided by its own figures. */
export const PRINTED_CLAIMS: readonly Claim[] = [
  {
    id: 'printed-11.7',
    quote:
      'using Catalyst improves recalls 1@1 and 1@5 by 3.0 and 9.3 percentage points and our proposed CNT improves recalls by 11.7 and 27 percentage points',
    test: 'the rows of Table 2, Deep1M, 16 bytes, PQ; beside them ours, where measured',
    judge: ({ table2 }) => {
      const printed = printedGains('PQ').find(({ dataset, bytes }) => dataset === 'Deep1M' && bytes === 16)!.gain;
      const [plain, ours] = (['none', 'cnt'] as const).map((wanted) =>
        table2?.find(({ method, codec, bytes }) => method === wanted && codec === 'PQ' && bytes === 16),
      );
      const measured = plain && ours ? `; ours at 16 bytes: ${signed(ours.recall1at1 - plain.recall1at1, 1)}` : '';
      return decided(same(printed, 11.7), `the table gives ${signed(printed, 1)}${measured}`);
    },
  },
  {
    id: 'printed-95.60',
    quote:
      'on GIST1M, using … compressed vectors improves recall of 1@1 to 98.00% and improves recall of 100@100 to 95.60, 0.5 and 0.37 percentage points higher',
    test: 'the rows of Table 1, HNSW',
    judge: () => {
      const [gist, full] = [printedRow(TABLE_1_HNSW, 'GIST1M', 4), printedRow(TABLE_1_HNSW, 'GIST1M', 1)];
      const [deep, deepFull] = [printedRow(TABLE_1_HNSW, 'Deep1M', 4), printedRow(TABLE_1_HNSW, 'Deep1M', 1)];
      const gains = `1@1 ${signed(gist.recall1at1 - full.recall1at1, 2)}, 100@100 ${signed(gist.recall100at100 - full.recall100at100, 2)}`;
      return decided(
        same(gist.recall100at100, 95.6),
        `the row of GIST1M has ${gist.recall100at100.toFixed(2)} (${gains}); ${deep.recall100at100.toFixed(2)} and ${signed(deep.recall100at100 - deepFull.recall100at100, 2)} are those of Deep1M`,
      );
    },
  },
  {
    id: 'printed-two-searches',
    quote: 'improves recall of 1@1 to 98.00% … using CNT and HNSW achieves 80.1% recall 1@1',
    test: 'Table 1 searches full vectors and Table 4 compressed ones: 1@1 of CNT 4x, both by HNSW, differ here as well',
    judge: ({ table1, table4 }) => {
      const [one, four] = [
        printedRow(TABLE_1_HNSW, 'GIST1M', 4).recall1at1,
        TABLE_4.GIST1M.find(({ method }) => method === 'cnt')!.hnsw[0],
      ];
      const ours = table1?.find(({ method, factor }) => method === 'cnt' && factor === 4)?.recall1at1;
      const compressed = table4?.find(({ method }) => method === 'cnt')?.hnsw[0];
      const printed = `printed ${one.toFixed(1)} and ${four.toFixed(1)}`;
      if (ours === undefined || compressed === undefined)
        return { verdict: 'not measured in this run', figures: printed };
      return decided(
        ours - compressed >= NEAREST_MARGIN,
        `${printed}; ours ${ours.toFixed(1)} over full vectors and ${compressed.toFixed(1)} over compressed ones: two different searches`,
      );
    },
  },
  {
    id: 'printed-lc',
    quote: 'Overall, CNT still improves search accuracy for L&C',
    test: 'the rows of Table 2: every gain of 1@1 with L&C above 0',
    judge: () => {
      const list = printedGains('L&C');
      return decided(
        list.every(({ gain }) => gain > 0),
        `printed: ${gainText(list)}`,
      );
    },
  },
  {
    id: 'printed-lc-size',
    quote: 'about 1.0 or 2.0 percentage points for a quantization methods tailored to HNSW methods',
    test: 'the rows of Table 2: gains of 1@1 with L&C from 0.5 to 2.5',
    judge: () => {
      const list = printedGains('L&C');
      return decided(
        list.every(({ gain }) => gain >= 0.5 && gain <= 2.5),
        `printed 1@1: ${gainText(list)}; 1@5: ${gainText(printedGains('L&C', 'recall1at5'))}`,
      );
    },
  },
  {
    id: 'printed-0.9',
    quote: '48.7 (0.9↑)',
    test: 'the rows of Table 2, Deep1M, 32 bytes, L&C',
    judge: () => {
      const { gain } = printedGains('L&C').find(({ dataset, bytes }) => dataset === 'Deep1M' && bytes === 32)!;
      return decided(same(gain, 0.9), `the two rows differ by ${gain.toFixed(1)}`);
    },
  },
  {
    id: 'printed-pq',
    quote:
      'improves recalls of 1@1 and recalls of 1@5 metrics by more than 10.0 percentage points for PQ based methods',
    test: 'the rows of Table 2: every gain of 1@1 with PQ above 10',
    judge: () => {
      const list = printedGains('PQ');
      return decided(
        list.every(({ gain }) => gain > 10),
        `printed: ${gainText(list)}`,
      );
    },
  },
  {
    id: 'printed-saved',
    quote: 'While saving 1/2 to 3/4 indexing time',
    test: 'the seconds of Table 1: every share saved from 0.5 to 0.75',
    judge: () => {
      const list = printedSavings();
      return decided(
        list.every(({ share }) => share >= 0.5 && share <= 0.75),
        `printed: ${list.map(({ name, share }) => `${name} ${(100 * share).toFixed(0)} %`).join(', ')}`,
      );
    },
  },
  {
    id: 'printed-table-4',
    quote:
      'using CNT and HNSW achieves 80.1% recall 1@1, 10 percentage points higher than that of PCA and 30.9 perentage … points higher that that of VAE',
    test: 'the rows of Table 4, GIST1M, HNSW',
    judge: () => {
      const [cnt, pca, vae] = (['cnt', 'pca', 'vae'] as const).map(
        (wanted) => TABLE_4.GIST1M.find(({ method }) => method === wanted)!.hnsw[0],
      );
      return decided(
        same(cnt!, 80.1) && same(cnt! - pca!, 10) && same(cnt! - vae!, 30.9),
        `${cnt} - ${pca} = ${(cnt! - pca!).toFixed(1)}, ${cnt} - ${vae} = ${(cnt! - vae!).toFixed(1)}`,
      );
    },
  },
  {
    id: 'printed-bound',
    quote: 'if compressing 960 dimensional vectors in GIST1M dataset to 480 dimensions, we have 0.63 < ε < 1',
    test: 'the smallest ε of 480 dimensions, by the formula as printed, d_out > 1 / (ε²/2 - ε³/3), and with the factor 4 ln m of the lemma, m = 1,000,000',
    judge: () => {
      const [printed, lemma] = [smallestEpsilon(480, 1), smallestEpsilon(480, 4 * Math.log(1e6))];
      return decided(
        Math.abs(printed - 0.63) < 0.005,
        `as printed ${printed.toFixed(3)}, with 4 ln m ${lemma.toFixed(3)}: "m represents data size" explains a letter that the formula lost`,
      );
    },
  },
  {
    id: 'printed-gist-distances',
    quote:
      'In GIST1M, the distance of a query to its nearest neighbor and to its hundredth neighbor are probably 1.177 and 1.5615',
    test: 'the ranges that follow from them: sqrt(1 - 0.63) and sqrt(1 + 0.63) times either',
    judge: ({ comparedWith, rows }) => {
      const range = (distance: number) => [distance * Math.sqrt(1 - 0.63), distance * Math.sqrt(1 + 0.63)] as const;
      const [near, far] = [range(1.177), range(1.5615)];
      const agree = [near[0] - 0.716, near[1] - 1.5027, far[0] - 0.9498, far[1] - 1.9936].every(
        (error) => Math.abs(error) < 1e-3,
      );
      const text = `[${near.map((end) => end.toFixed(4)).join(', ')}] and [${far.map((end) => end.toFixed(4)).join(', ')}], as printed: they overlap`;
      if (!agree) return decided(false, text);
      return untestable(
        `the ranges follow (${text}); the two distances themselves need GIST1M, this run has ${rows.toLocaleString('en')} rows beside ${comparedWith}`,
      );
    },
  },
];

/** The ε from which d (ε²/2 - ε³/3) exceeds `factor`, by halving the interval from 0 to 1, over which the left side rises. */
function smallestEpsilon(dimensions: number, factor: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (dimensions * (middle ** 2 / 2 - middle ** 3 / 3) > factor) high = middle;
    else low = middle;
  }
  return high;
}

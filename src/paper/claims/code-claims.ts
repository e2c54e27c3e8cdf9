import { METHODS } from '../../compress/methods.ts';
import { signed } from '../../report/signed.ts';
import { codecName } from '../methods/method.ts';
import {
  type Claim,
  type CodeFigures,
  decided,
  decidedByTime,
  given,
  type Judgment,
  NEAREST_MARGIN,
  type ScalarFigures,
  untestable,
} from './claim.ts';

/** A compressed row of Table 2 beside the same code of the full vectors. */
interface Gain {
  readonly row: CodeFigures;
  readonly plain: CodeFigures;
  readonly at1: number;
  readonly at5: number;
}

function gains(list: readonly CodeFigures[], method: CodeFigures['method'], codec: CodeFigures['codec']): Gain[] {
  return list.flatMap((row) => {
    if (row.method !== method || row.codec !== codec) return [];
    const plain = list.find((other) => other.method === 'none' && other.codec === codec && other.bytes === row.bytes);
    return plain
      ? [{ row, plain, at1: row.recall1at1 - plain.recall1at1, at5: row.recall1at5 - plain.recall1at5 }]
      : [];
  });
}

const points = (list: readonly Gain[]): string =>
  list
    .map(
      ({ row, at1, at5 }) =>
        `${codecName(row.method, row.codec)}, ${row.bytes} bytes: 1@1 ${signed(at1, 1)}, 1@5 ${signed(at5, 1)}`,
    )
    .join('; ');

/** Judges the gains of CNT over one code, where there are any. */
function ofGains(codec: CodeFigures['codec'], holds: (gain: Gain) => boolean) {
  return (list: readonly CodeFigures[]): Judgment | undefined => {
    const found = gains(list, 'cnt', codec);
    return found.length === 0 ? undefined : decided(found.every(holds), points(found));
  };
}

/** Judges the gain of 1@1 of CNT over that of a rival, both before PQ of the same bytes. */
function ofRival(rival: 'catalyst' | 'pca', begin = '') {
  return (list: readonly CodeFigures[]): Judgment | undefined => {
    const pairs = gains(list, rival, 'PQ').flatMap((theirs) => {
      const ours = gains(list, 'cnt', 'PQ').find(({ row }) => row.bytes === theirs.row.bytes);
      return ours ? [{ bytes: theirs.row.bytes, ours: ours.at1, theirs: theirs.at1 }] : [];
    });
    if (pairs.length === 0) return undefined;
    const texts = pairs.map(
      ({ bytes, ours, theirs }) =>
        `${bytes} bytes: ${METHODS[rival].label} ${signed(theirs, 1)}, CNT ${signed(ours, 1)}`,
    );
    return decided(
      pairs.every(({ ours, theirs }) => ours - theirs >= NEAREST_MARGIN),
      `${begin}${texts.join('; ')}`,
    );
  };
}

/** What the paper says of codes: Tables 2 and 3 and the text around them. */
export const CODE_CLAIMS: readonly Claim[] = [
  {
    id: 'pq-recall',
    quote:
      'improves recalls of 1@1 and recalls of 1@5 metrics by more than 10.0 percentage points for PQ based methods',
    test: 'Table 2: CNT + PQ less PQ of the same bytes, more than 10 points',
    judge: ({ table2 }) =>
      given(
        table2,
        ofGains('PQ', ({ at1, at5 }) => at1 > 10 && at5 > 10),
      ),
  },
  {
    id: 'pq-control',
    quote: 'It also significantly improves recalls of 1@1 … for PQ based methods',
    test: `Table 2, the control that the paper lacks: CNT + PQ less PCA + PQ of the same bytes, at least ${NEAREST_MARGIN} point of 1@1`,
    judge: ({ table2 }) => given(table2, ofRival('pca', 'gain of 1@1 over PQ alone at ')),
  },
  {
    id: 'pq-speed',
    quote:
      'using compressed feature learned by our proposed CNT improves both search accuracy and speed for PQ related methods',
    test: 'Table 2: queries a second and 1@1 of CNT + PQ above those of PQ',
    judge: ({ table2 }) =>
      given(table2, (list) => {
        const found = gains(list, 'cnt', 'PQ');
        if (found.length === 0) return undefined;
        const speed = ({ row, plain }: Gain) => row.queriesPerSecond[0] / plain.queriesPerSecond[0];
        const texts = found.map(
          (gain) => `${gain.row.bytes} bytes: ${speed(gain).toFixed(2)} times as fast, 1@1 ${signed(gain.at1, 1)}`,
        );
        return decided(
          found.every((gain) => speed(gain) > 1 && gain.at1 > 0),
          texts.join('; '),
        );
      }),
  },
  {
    id: 'catalyst',
    quote: 'Our proposed CNT also brings more improvement than Catalyst',
    test: `Table 2: gain of CNT + PQ over that of Catalyst + PQ, at least ${NEAREST_MARGIN} point of 1@1`,
    judge: ({ table2 }) => given(table2, ofRival('catalyst')),
  },
  {
    id: 'lc-recall',
    quote: 'Using CNT also improves search accuracy for L&C',
    test: 'Table 2: 1@1 and 1@5 of CNT + L&C above those of L&C',
    judge: ({ table2 }) =>
      given(
        table2,
        ofGains('L&C', ({ at1, at5 }) => at1 > 0 && at5 > 0),
      ),
  },
  {
    id: 'lc-size',
    quote: 'about 1.0 or 2.0 percentage points for a quantization methods tailored to HNSW methods',
    test: 'Table 2: gains of 1@1 and 1@5 of CNT + L&C over L&C, from 0.5 to 2.5 points',
    judge: ({ table2 }) => {
      const about = (gain: number) => gain >= 0.5 && gain <= 2.5;
      return given(
        table2,
        ofGains('L&C', ({ at1, at5 }) => about(at1) && about(at5)),
      );
    },
  },
  {
    id: 'lc-less-than-pq',
    quote: 'the improvements CNT brings in here are less than that in PQ',
    test: 'Table 2: gain of 1@1 with L&C below that with PQ, at each number of bytes',
    judge: ({ table2 }) =>
      given(table2, (list) => {
        const pairs = gains(list, 'cnt', 'L&C').flatMap((lc) => {
          const pq = gains(list, 'cnt', 'PQ').find(({ row }) => row.bytes === lc.row.bytes);
          return pq ? [{ lc, pq }] : [];
        });
        if (pairs.length === 0) return undefined;
        return decided(
          pairs.every(({ lc, pq }) => lc.at1 < pq.at1),
          pairs.map(({ lc, pq }) => points([lc, pq])).join('; '),
        );
      }),
  },
  {
    id: 'scalar-speed',
    quote: 'both scalar quantization and CNT can speed up indexing, but using CNT achieves faster indexing speed',
    test: 'Table 3: seconds of building, CNT below SQ8 below neither',
    judge: ({ table3 }) =>
      given(table3, (list) => {
        const [full, coded, compressed] = [
          secondsOf(list, 'none', 'none'),
          secondsOf(list, 'none', 'dimension'),
          secondsOf(list, 'cnt', 'none'),
        ];
        if (full === undefined || coded === undefined || compressed === undefined) return undefined;
        return decidedByTime(
          full,
          compressed < coded && coded < full,
          `neither ${full.toFixed(1)} s, SQ8 ${coded.toFixed(1)} s, CNT ${compressed.toFixed(1)} s${uniform(list, 'none')}`,
        );
      }),
  },
  {
    id: 'scalar-both',
    quote: 'Jointly using scalar quantization and CNT reduce indexing time the most',
    test: 'Table 3: seconds of building with both, below those with either',
    judge: ({ table3 }) =>
      given(table3, (list) => {
        const both = secondsOf(list, 'cnt', 'dimension');
        const others = [
          secondsOf(list, 'none', 'none'),
          secondsOf(list, 'none', 'dimension'),
          secondsOf(list, 'cnt', 'none'),
        ];
        if (both === undefined || !others.every((seconds) => seconds !== undefined)) return undefined;
        return decidedByTime(
          others[0]!,
          others.every((seconds) => both < seconds),
          `both ${both.toFixed(1)} s; neither, SQ8, CNT: ${others.map((seconds) => seconds.toFixed(1)).join(', ')} s${uniform(list, 'cnt')}`,
        );
      }),
  },
  {
    id: 'scalar-instructions',
    quote:
      'the distance of two 8-bit quantized codes still has to be represented by 16-bits, which reduces the data parallelism',
    test: 'instructions in the loops of the kernels, counted by test/kernels/bytes-against-floats.test.ts; the arithmetic here',
    judge: () => {
      // A register of AVX2 has 32 bytes.
      const [floats, bytes] = [(16 * 4) / 32, (64 * 2) / 32];
      return decided(
        floats === 2 && bytes === 4,
        `64 bytes of either: ${floats} calls for 16 floats, ${bytes} for 64 codes, as printed; a dimension: ${floats / 16} and ${bytes / 64}, so that codes save half of the calls, not three quarters`,
      );
    },
  },
  {
    id: 'poor-proxy',
    quote:
      'In PQ, the sub vectors are quantified into codewords using a clustering objective, which is a poor proxy to search accuracy',
    test: 'none: no other objective of PQ is built here',
    judge: () => untestable('it asks for a PQ trained with another objective'),
  },
];

function secondsOf(
  list: readonly ScalarFigures[],
  method: ScalarFigures['method'],
  range: ScalarFigures['range'],
): number | undefined {
  return list.find((row) => row.method === method && row.range === range)?.indexingSeconds;
}

/** Codes of one range, compared in whole numbers: beside the claim, not part of it. */
function uniform(list: readonly ScalarFigures[], method: ScalarFigures['method']): string {
  const seconds = secondsOf(list, method, 'uniform');
  return seconds === undefined
    ? ''
    : `; SQ8 of one range${method === 'cnt' ? ' with CNT' : ''}, in whole numbers, ${seconds.toFixed(1)} s`;
}

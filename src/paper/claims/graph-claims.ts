import { signed } from '../../report/signed.ts';
import { rowName } from '../methods/method.ts';
import { PAPER_ROWS } from '../printed/settings.ts';
import {
  ABSENT,
  type Claim,
  decided,
  decidedByTime,
  type GraphFigures,
  given,
  type Measured,
  SET_MARGIN,
  untestable,
} from './claim.ts';

/** The row without compression and those of a method, largest factor last. */
function rowsOf(list: readonly GraphFigures[], method: 'cnt' | 'pca') {
  const full = list.find((row) => row.method === 'none');
  const rows = list.filter((row) => row.method === method).sort((a, b) => a.factor - b.factor);
  return full && rows.length > 0 ? { full, rows } : undefined;
}

/** A graph that finds all leaves no gain to measure: the data is too easy, or too small. */
const isFull = ({ recall100at100 }: GraphFigures) => recall100at100 > 100 - SET_MARGIN;
const FULL = 'the graph built on full vectors finds all here, nothing is left to gain';

const label = ({ method, factor }: GraphFigures) => rowName(method, factor);

/** 100@100 beside that of the full vectors, for each factor, and for graphs built on PCA vectors: the control that the paper lacks. */
function recallClaim(kind: 'HNSW' | 'NSG', quote: string): Claim {
  return {
    id: `${kind.toLowerCase()}-recall`,
    quote,
    test: `Table 1, ${kind}: 100@100 of each graph built on CNT vectors less that of the graph built on full ones, at least +${SET_MARGIN}`,
    judge: (measured) =>
      given(kind === 'HNSW' ? measured.table1 : measured.table1Nsg, (list) => {
        const found = rowsOf(list, 'cnt');
        if (!found) return undefined;
        const gain = (row: GraphFigures) => row.recall100at100 - found.full.recall100at100;
        const controls = rowsOf(list, 'pca')?.rows ?? [];
        const texts = [...found.rows, ...controls].map((row) => `${label(row)} ${signed(gain(row), 2)}`);
        const figures = `full ${found.full.recall100at100.toFixed(2)}; ${texts.join(', ')} points`;
        if (isFull(found.full)) return untestable(`${FULL}: ${figures}`);
        return decided(
          found.rows.every((row) => gain(row) >= SET_MARGIN),
          figures,
        );
      }),
  };
}

/** How many times as fast the graph is built on the most compressed vectors. */
function speedClaim(kind: 'HNSW' | 'NSG', quote: string, least: number): Claim {
  return {
    id: `${kind.toLowerCase()}-speed`,
    quote,
    test: `Table 1, ${kind}: seconds of building on full vectors over those at 4x, at least ${least} (rounds to the word)`,
    judge: (measured) =>
      given(kind === 'HNSW' ? measured.table1 : measured.table1Nsg, (list) => {
        const found = rowsOf(list, 'cnt');
        const four = found?.rows.find((row) => row.factor === 4);
        if (!found || !four) return undefined;
        const faster = found.full.indexingSeconds / four.indexingSeconds;
        const work = found.full.indexingMultiplyAdds / four.indexingMultiplyAdds;
        return decidedByTime(
          found.full.indexingSeconds,
          faster >= least,
          `${faster.toFixed(2)} times as fast (one thread; the paper has 32); ${work.toFixed(2)} times fewer multiply-adds`,
        );
      }),
  };
}

function everyGraph({ table1, table1Nsg }: Measured) {
  return (['HNSW', 'NSG'] as const).flatMap((kind) => {
    const found = rowsOf((kind === 'HNSW' ? table1 : table1Nsg) ?? [], 'cnt');
    return found ? found.rows.map((row) => ({ name: `${kind} ${label(row)}`, row, full: found.full })) : [];
  });
}

/** What the paper says of graphs: Table 1 and the text around it. */
export const GRAPH_CLAIMS: readonly Claim[] = [
  {
    id: 'indexing-saved',
    quote:
      'While saving 1/2 to 3/4 indexing time, graphs built using our compressed features can improve the recall slightly',
    test: 'Table 1: share of the seconds of building that each factor saves, from 0.5 to 0.75',
    judge: (measured) => {
      const graphs = everyGraph(measured);
      if (graphs.length === 0) return ABSENT;
      const saved = graphs.map(({ name, row, full }) => ({
        name,
        share: 1 - row.indexingSeconds / full.indexingSeconds,
      }));
      return decidedByTime(
        Math.min(...graphs.map(({ full }) => full.indexingSeconds)),
        saved.every(({ share }) => share >= 0.5 && share <= 0.75),
        `saved: ${saved.map(({ name, share }) => `${name} ${(100 * share).toFixed(0)} %`).join(', ')}`,
      );
    },
  },
  speedClaim('HNSW', 'using compressed features triples indexing speed for HNSW', 2.5),
  speedClaim('NSG', 'and doubles indexing speed for NSG', 1.5),
  recallClaim('HNSW', 'using compression feature vectors slightly improves search accuracy'),
  recallClaim('NSG', 'graphs built using our compressed features can improve the recall slightly for … NSG'),
  {
    id: 'recall-kept',
    quote: 'It speeds up indexing speed … without hurting accuracy for graph based methods, such as NSG and HNSW',
    test: `Table 1: no 100@100 of a graph built on CNT vectors more than ${SET_MARGIN} below that of full vectors`,
    judge: (measured) => {
      const graphs = everyGraph(measured);
      if (graphs.length === 0) return ABSENT;
      const gains = graphs.map(({ name, row, full }) => ({ name, gain: row.recall100at100 - full.recall100at100 }));
      return decided(
        gains.every(({ gain }) => gain >= -SET_MARGIN),
        gains.map(({ name, gain }) => `${name} ${signed(gain, 2)}`).join(', '),
      );
    },
  },
  {
    id: 'linear-cost',
    quote: 'computing distance in low dimensional space reduces computational cost linearly',
    test: 'Table 1, HNSW: multiply-adds of building times the factor, over those of full vectors, within 0.1 of 1',
    judge: ({ table1 }) =>
      given(table1, (list) => {
        const found = rowsOf(list, 'cnt');
        if (!found) return undefined;
        const relative = found.rows.map((row) => ({
          name: label(row),
          share: row.indexingMultiplyAdds / found.full.indexingMultiplyAdds,
          product: (row.factor * row.indexingMultiplyAdds) / found.full.indexingMultiplyAdds,
        }));
        return decided(
          relative.every(({ product }) => Math.abs(product - 1) <= 0.1),
          relative
            .map(({ name, share, product }) => `${name}: ${share.toFixed(3)}, times the factor ${product.toFixed(2)}`)
            .join('; '),
        );
      }),
  },
  {
    id: 'extra-links',
    quote: 'to build index introduces some extra links and these links improves search accuracy',
    test: `Table 1, HNSW: links a point at level 0 of the graph built at 4x above those of the graph built on full vectors, and 100@100 higher by at least +${SET_MARGIN}`,
    judge: ({ table1 }) =>
      given(table1, (list) => {
        const found = rowsOf(list, 'cnt');
        const four = found?.rows.find((row) => row.factor === 4);
        if (found?.full.meanDegree === undefined || four?.meanDegree === undefined) return undefined;
        const [full, more] = [found.full.meanDegree, four.meanDegree];
        const gain = four.recall100at100 - found.full.recall100at100;
        const figures = `${full.toFixed(2)} links a point on full vectors, ${more.toFixed(2)} at 4x; 100@100 ${signed(gain, 2)}`;
        if (more > full && isFull(found.full)) return untestable(`${FULL}: ${figures}`);
        return decided(more > full && gain >= SET_MARGIN, figures);
      }),
  },
  {
    id: 'visited',
    quote: 'these graph based methods visit 1/1000 or even less of the indexed points in each search',
    test: 'Table 1, full vectors: distances of a query over the rows of the base',
    judge: ({ table1, rows }) =>
      given(table1, (list) => {
        const full = list.find((row) => row.method === 'none');
        if (!full) return undefined;
        const figures = `${full.distancesPerQuery.toFixed(0)} distances a query of ${rows.toLocaleString('en')} rows: 1/${(rows / full.distancesPerQuery).toFixed(0)}`;
        if (rows < PAPER_ROWS) return untestable(`said of a million rows and more; here ${figures}`);
        return decided(full.distancesPerQuery * 1000 <= rows, figures);
      }),
  },
  {
    id: 'gpu-compression',
    quote: 'a single RTX2080Ti GPU is used for accelerating compressing process',
    test: 'Table 1: seconds of compressing, shown beside the paper and not judged',
    judge: () => untestable('the seconds and memory printed are those of a GPU; here a processor compresses'),
  },
  {
    id: 'billions',
    quote:
      'indexing time with original features can last several days to even weeks, and our method will proportionally save days',
    test: 'none: it needs a billion rows',
    judge: () => untestable('no data set of a billion rows'),
  },
];

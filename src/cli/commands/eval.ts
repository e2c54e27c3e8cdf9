import { intersectionAt, recallAt } from '../../eval/recall.ts';
import { readIds } from '../../io/ids.ts';
import { textTable } from '../../report/table.ts';
import { requireSameRows } from '../input/checks.ts';
import { percent } from '../output/listing.ts';
import { defineCommand } from '../session/command.ts';

const RANKS = [1, 5, 10, 50];
const SET_SIZE = 100;

export const evalCommand = defineCommand('eval', 'compares found neighbors with the true ones', {
  options: {
    result: { type: 'path', placeholder: 'R.ivecs', required: true, text: 'neighbors found by cnt search' },
    truth: { type: 'path', placeholder: 'G.ivecs', required: true, text: 'true neighbors, nearest first' },
  },
  about: [
    '1@R is the share of queries whose true nearest neighbor is among the first R found; 100@100 the share of the ' +
      'true 100 nearest among the first 100 found. Measures that need longer lists than there are, are left out.',
  ],
  examples: ['cnt eval --result result.ivecs --truth data/groundtruth.ivecs'],
  async run({ result, truth }) {
    const found = await readIds(result);
    const known = await readIds(truth);
    requireSameRows(result, found.rows, truth, known.rows);
    const measures = RANKS.filter((rank) => rank <= found.cols).map(
      (rank) => [`1@${rank}`, recallAt(found, known, rank)] as const,
    );
    const sets =
      Math.min(found.cols, known.cols) >= SET_SIZE
        ? [[`${SET_SIZE}@${SET_SIZE}`, intersectionAt(found, known, SET_SIZE)] as const]
        : [];
    const all = [...measures, ...sets];
    const table = [['measure', 'recall %'], ...all.map(([name, share]) => [name, percent(share)])];
    return {
      lines: textTable(table).split('\n'),
      json: { result, truth, queries: found.rows, recall: Object.fromEntries(all) },
    };
  },
});

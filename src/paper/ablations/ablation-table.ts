import type { Table } from '../../report/table.ts';
import { ABLATIONS, type AblationResult } from './ablations.ts';
import { gainText, seedGain } from './seed-gain.ts';

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

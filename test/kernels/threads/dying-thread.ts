/** A program: three threads, of which one dies as the argument says; prints what the waiting caller is told, and told later. */
import { along, ROWS } from '../../../kernels/threads/job.ts';
import { awaitThreads } from '../../../kernels/threads/pool.ts';
import { markingTeam, rowByRow } from '../../support/marking-team.ts';
import { letFirstWorkerDie } from '../../support/mortal-workers.ts';

letFirstWorkerDie(process.argv[2] as 'heap' | 'exit');
const { team } = markingTeam(3);
const listening = awaitThreads(30_000);

function told(calls: number): string {
  try {
    // The event loop has no turn in between: what is seen is seen from here.
    for (let call = 0; call < calls; call++) team.run(0, rowByRow, [along(0, 4), { scratch: 0 }, ROWS, 200_000]);
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
}

console.log(JSON.stringify({ listening, first: told(2000), later: told(1) }));

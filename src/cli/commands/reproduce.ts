import { ABLATIONS, type AblationName } from '../../paper/ablations/ablations.ts';
import { type ReproduceOptions, TARGETS, type Target } from '../../paper/run/options.ts';
import { reproduce } from '../../paper/run/reproduce.ts';
import { BUDGET, SCALES, type Scale } from '../../paper/run/scale.ts';
import { UsageError } from '../arguments/usage-error.ts';
import { defineCommand, type Session } from '../session/command.ts';
import { InterruptedError, isInterruption } from '../session/failures.ts';
import { runProcesses } from '../session/processes.ts';

export const reproduceCommand = defineCommand(
  'reproduce',
  "measures the paper's tables and figures and sets them beside the printed ones",
  {
    operands: { placeholder: TARGETS.join('|'), many: false },
    options: {
      data: {
        type: 'path',
        placeholder: 'DIR',
        text: 'a data set: *_base.*, *_query.*, *_groundtruth*.ivecs, or what cnt generate writes',
        whenAbsent: 'generated data, at scale demo',
      },
      scale: {
        type: 'choice',
        choices: SCALES,
        default: 'demo',
        text: 'how much is computed: generated data, in minutes; the first 20,000 rows; or all rows. Networks train on 64,000, 256,000 or 640,000 samples',
      },
      out: {
        type: 'path',
        placeholder: 'DIR',
        default: 'reproduction',
        text: 'folder for results, models and finished steps',
      },
      resume: {
        type: 'flag',
        text: 'keep the finished steps and models of DIR that this version would make alike, and continue an interrupted training',
      },
      limit: { type: 'integer', least: 1, text: 'use the first N rows of the base', whenAbsent: "the scale's" },
      samples: {
        type: 'integer',
        least: 1,
        text: 'rows that pass through a network in training',
        whenAbsent: "the scale's",
      },
      seeds: {
        type: 'integer',
        least: 1,
        text: 'ablations: train each network with N seeds, from --seed on',
        whenAbsent: '3',
      },
      only: {
        type: 'choice',
        choices: ABLATIONS,
        placeholder: 'NAME',
        text: `ablations: only this network, so that several processes may share DIR: ${ABLATIONS.join(' | ')}`,
        whenAbsent: 'all',
      },
      factor: { type: 'integer', least: 2, text: 'table1: only this compression factor', whenAbsent: '2 and 4' },
    },
    about: [
      'Each cell shows the figure of the paper, ours, the difference, a verdict and a reason. The figures go to stdout, and as HTML, Markdown, JSON and SVG into the folder.',
      'all is everything that the paper has. ablations is what it left to future work: twenty networks, each with a switch of its own, trained with several seeds; --threads of them at a time, each in a process of its own. all --resume takes those that are finished in its folder into the claims. Tables and figures compute on one thread, whatever --threads says: their seconds are processor time.',
    ],
    examples: [
      'cnt reproduce all',
      'cnt reproduce table1 --data gist --scale full --out gist-results --resume',
      'cnt reproduce ablations --data gist --scale small --out gist-results --resume --threads 8',
    ],
    async run(values, [target], session) {
      if (!(TARGETS as readonly (string | undefined)[]).includes(target)) {
        throw new UsageError(`expected ${TARGETS.join(', ')}, got ${JSON.stringify(target)}.`);
      }
      requireFittingOptions(target as Target, values);
      const { data, out, resume, seed, limit, samples, factor, seeds, only } = values;
      const options: ReproduceOptions = {
        scale: values.scale as Scale,
        out,
        resume,
        seed,
        ...(data === undefined ? {} : { data }),
        ...(limit === undefined ? {} : { limit }),
        ...(samples === undefined ? {} : { samples }),
        ...(factor === undefined ? {} : { factor }),
        ...(seeds === undefined ? {} : { seeds }),
        ...(only === undefined ? {} : { only: only as AblationName }),
      };
      try {
        const shared = target === 'ablations' && session.threads > 1 && only === undefined;
        if (shared) await trainInProcesses(options, session.threads, session);
        const kept = shared ? { ...options, resume: true } : options;
        const { lines, report } = await reproduce(target as Target, kept, { ...session, now: processorSeconds });
        return { lines, json: report };
      } catch (error) {
        if (!isInterruption(error)) throw error;
        throw new InterruptedError(`interrupted; the same command with --resume continues from ${out}.`);
      }
    },
  },
);

/** Trains the networks of the ablations in processes of their own; all leave their results in the folder. */
async function trainInProcesses(options: ReproduceOptions, atOnce: number, session: Session): Promise<void> {
  const { resume, only: _, seed, seeds = BUDGET[options.scale].seeds, ...others } = options;
  const same = Object.entries(others).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const flags = ['--backend', session.backend, '--threads', '1', '--quiet', ...(resume ? ['--resume'] : [])];
  const program = [...process.execArgv, process.argv[1]!, 'reproduce', 'ablations', ...same, ...flags];
  // Generated data depend on the seed too: there one process trains all seeds of a network.
  const [first, each] =
    options.data === undefined ? [[seed], seeds] : [Array.from({ length: seeds }, (_, i) => seed + i), 1];
  const commands = first.flatMap((from) =>
    ABLATIONS.map((name) => [...program, '--only', name, '--seed', String(from), '--seeds', String(each)]),
  );
  const progress = session.progress(`training networks, ${atOnce} at a time`);
  await runProcesses(commands, atOnce, session.signal, (done) => progress.update(done, commands.length));
  progress.end();
}

/** Seconds that the processor worked for this process: what else runs on the machine does not count. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** What would have no effect is refused, as is what cannot be. @throws UsageError */
function requireFittingOptions(
  target: Target,
  { data, scale, limit, factor, seeds, only }: Readonly<Record<string, unknown>>,
): void {
  for (const [name, value] of Object.entries({ seeds, only })) {
    if (value !== undefined && target !== 'ablations') {
      throw new UsageError(`--${name} belongs to ablations, got ${target}.`);
    }
  }
  if (factor !== undefined && target !== 'table1' && target !== 'all') {
    throw new UsageError(`--factor belongs to table1, got ${target}.`);
  }
  if (data !== undefined || target === 'figure3') return;
  if (scale !== 'demo') throw new UsageError(`--scale ${scale} needs --data DIR, got none.`);
  if (limit !== undefined) throw new UsageError('--limit belongs to --data DIR, got none.');
}

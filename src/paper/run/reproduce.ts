import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { findDataset } from '../../io/dataset.ts';
import { requireOutput, writeAtomically } from '../../io/file/atomic-file.ts';
import { createFolder } from '../../io/file/folder.ts';
import type { Ledger } from '../claims/ledger.ts';
import { STEP_FOLDERS } from '../experiment/step-store.ts';
import type { RunContext } from '../run-context.ts';
import type { Cell } from '../tables/cell.ts';
import { type Figure3, figure3 } from '../tables/figure-3.ts';
import type { Figures, MeasuredName } from '../tables/figures.ts';
import { measureRun, type RunFacts } from './measure-run.ts';
import type { ReproduceOptions, Target } from './options.ts';
import { runPage } from './run-page.ts';
import { markdown, plainText } from './run-text.ts';

/** What a program reads of a run, as JSON. */
export interface RunReport extends ReproduceOptions, Partial<Omit<RunFacts, 'samples'>> {
  readonly target: Target;
  readonly machine: Machine;
  readonly cells: { readonly [name in MeasuredName]?: readonly Cell[] };
  readonly measured: Figures & { readonly figure3?: Figure3['curve'] };
  readonly claims?: Ledger;
}

/** What a person reads, what a program reads, and the files that hold both. */
export interface Reproduction {
  readonly lines: readonly string[];
  readonly report: RunReport;
  readonly files: readonly string[];
}

/**
 * Measures the tables and figures of the paper and sets them beside the printed ones.
 *
 * @throws {RangeError} if options contradict each other or the data does not fit
 * @throws {FileError} if data cannot be read or results cannot be written
 */
export async function reproduce(target: Target, options: ReproduceOptions, context: RunContext): Promise<Reproduction> {
  await requireOutputs(target, options);
  const files: string[] = [];
  const save = async (name: string, text: string): Promise<void> => {
    const path = join(options.out, name);
    await writeAtomically(path, (write) => write(new TextEncoder().encode(text)));
    files.push(path);
  };
  const drawn = target === 'figure3' || target === 'all' ? figure3() : undefined;
  const run = target === 'figure3' ? undefined : await measureRun(target, options, context);
  const tables = run?.tables ?? [];
  const report: RunReport = {
    target,
    ...options,
    machine: machine(context),
    ...run?.facts,
    cells: Object.fromEntries(tables.map(({ name, cells }) => [name, cells])),
    measured: { ...run?.figures, ...(drawn && { figure3: drawn.curve }) },
    ...(run && { claims: run.ledger }),
  };
  const { page, figure, text, data } = fileNames(target);
  if (run) {
    const facts = Object.entries({ ...options, ...run.facts, ...machine(context) });
    await save(
      page,
      runPage(
        run,
        drawn?.svg,
        facts.map(([name, value]) => [name, String(value)]),
      ),
    );
  }
  if (drawn) await save(figure, drawn.svg);
  const texts = { tables, figure3: drawn && figure, ledger: run?.ledger };
  await save(text, markdown(texts));
  await save(data, `${JSON.stringify(report, undefined, 1)}\n`);
  return { lines: [...plainText(texts), `written: ${files.join(', ')}`], report, files };
}

/** What a run may leave in its folder, besides steps and models. */
function fileNames(target: Target) {
  return { page: `${target}.html`, figure: 'figure3.svg', text: `${target}.md`, data: `${target}.json` } as const;
}

/** @throws {FileError} before the work of hours if something cannot be written, or would take the place of what is read */
async function requireOutputs(target: Target, { out, data }: ReproduceOptions): Promise<void> {
  await createFolder(out);
  const found = data === undefined ? undefined : await findDataset(data);
  const inputs = found ? [found.base, found.query, ...found.groundtruths.map(({ path }) => path)] : [];
  for (const name of Object.values(fileNames(target))) await requireOutput(join(out, name), inputs);
  if (target === 'figure3') return;
  for (const folder of STEP_FOLDERS) await createFolder(join(out, folder));
}

interface Machine {
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  readonly ranOn: RunContext['ranOn'];
}

function machine({ ranOn }: RunContext): Machine {
  return { node: process.version, processor: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), ranOn };
}

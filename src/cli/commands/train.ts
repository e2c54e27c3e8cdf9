import { computingOf } from '../../../kernels/backend.ts';
import { distinctCodes } from '../../compress/collapse.ts';
import { METHOD_NAMES, METHODS, type Method, methodOf, methodsThat } from '../../compress/methods.ts';
import { NormalizingCompressor } from '../../compress/normalizing-compressor.ts';
import type { HistoryPoint } from '../../compress/training/history.ts';
import { writeModel } from '../../io/container/safetensors-file.ts';
import { digestArrays } from '../../io/digest.ts';
import { readVectors } from '../../io/vectors.ts';
import { textTable } from '../../report/table.ts';
import { unitRows } from '../../tensor/unit-rows.ts';
import { divisorsOf } from '../../tensor/whole-number.ts';
import type { OptionTable } from '../arguments/options.ts';
import { UsageError } from '../arguments/usage-error.ts';
import { limited, requireWritable } from '../input/checks.ts';
import { allVectorsHeld, requireMemory } from '../input/memory.ts';
import { removeCheckpoint, requireCheckpointPlace } from '../long-work/checkpoint-file.ts';
import { trainWithCheckpoints } from '../long-work/network-training.ts';
import { listing, percent, secondsText } from '../output/listing.ts';
import { defineCommand, kernelThreads } from '../session/command.ts';
import { throwIfInterrupted } from '../session/failures.ts';

/** Options of the methods that learn by gradient descent. */
const NETWORK_OPTIONS = {
  variant: {
    type: 'choice',
    choices: ['paper', 'released-code'],
    text: "cnt: the network of the paper, or of its authors' released code",
    whenAbsent: "the preset's",
  },
  preset: {
    type: 'choice',
    choices: ['default', 'paper', 'released-code'],
    text: 'cnt, linear: how to train; the published presets take 2400 epochs from a random start',
    whenAbsent: 'default',
  },
  epochs: {
    type: 'integer',
    least: 1,
    text: 'networks: passes over the rows',
    whenAbsent: "the preset's; catalyst 8",
  },
  samples: {
    type: 'integer',
    least: 1,
    text: 'networks: rows to train on in all, instead of --epochs; catalyst counts triplets',
    whenAbsent: "the preset's, 640000; vae 500000",
  },
  batch: { type: 'integer', least: 2, text: 'networks: rows of a step', whenAbsent: "the preset's, 256; catalyst 64" },
  lr: {
    type: 'number',
    above: 0,
    text: 'networks: learning rate',
    whenAbsent: "the preset's, 0.003, or 0.001 above 512 columns; vae 0.001; catalyst 0.1",
  },
  resume: { type: 'flag', text: 'networks: continue from M.checkpoint, bit for bit; without one begin anew' },
} as const satisfies OptionTable;

export const trainCommand = defineCommand('train', 'trains a model that compresses vectors', {
  options: {
    base: { type: 'path', placeholder: 'B', required: true, text: 'vectors to learn from' },
    out: { type: 'path', placeholder: 'M', required: true, text: 'file for the model, safetensors' },
    method: { type: 'choice', choices: METHOD_NAMES, default: 'cnt', text: 'how vectors are compressed; see above' },
    factor: {
      type: 'integer',
      least: 1,
      default: 4,
      text: 'how many times shorter the vectors become; a divisor of their length',
    },
    limit: { type: 'integer', least: 1, text: 'learn from the first N rows', whenAbsent: 'all' },
    normalize: {
      type: 'flag',
      text: 'bring vectors to length 1 first, for search by cosine; the model says so, and whatever compresses by it does the same',
    },
    ...NETWORK_OPTIONS,
  },
  about: [
    `${METHOD_NAMES.map((name) => `${name} is ${METHODS[name].about}`).join('; ')}.`,
    'While a network trains, M.checkpoint is kept beside the model. Ctrl-C writes it and stops; the same command with ' +
      '--resume continues, and ends with the model that an uninterrupted training gives.',
  ],
  onGpu: true,
  examples: [
    'cnt train --base base.fvecs --out model.safetensors --samples 200000',
    'cnt train --base base.fvecs --out pca.safetensors --method pca',
    'cnt train --base words.fvecs --out model.safetensors --normalize',
  ],
  async run(values, _, session) {
    const { base: basePath, out, method, factor, limit, normalize, seed, resume, lr } = values;
    requireFittingOptions(values);
    const { leastColumns, learnsInSteps, trainsOnGpu, train } = methodOf(method);
    if (session.gpu && !trainsOnGpu) {
      const able = listed(methodsThat((entry) => entry.trainsOnGpu));
      throw new UsageError(`--backend gpu trains --method ${able}, got --method ${method}.`);
    }
    await requireWritable(out, [basePath]);
    if (learnsInSteps) await requireCheckpointPlace(out, [basePath]);
    requireMemory(session, await allVectorsHeld([basePath], limit), '--limit N learns from fewer rows');
    const base = await readVectors(basePath, limited(limit));
    if (base.cols % factor !== 0) {
      throw new RangeError(
        `--factor: expected a divisor of the ${base.cols} columns of ${basePath} (${divisorsOf(base.cols)}), got ${factor}.`,
      );
    }
    const dOut = base.cols / factor;
    if (dOut < leastColumns) {
      throw new RangeError(
        `--factor: expected at least ${leastColumns} columns after compression to train a ${method}, got ${dOut}.`,
      );
    }
    if (normalize) unitRows(base, basePath, base);
    throwIfInterrupted(session.signal);

    const begin = session.now();
    const { variant, preset, epochs, samples, batch } = values;
    const choices = { dOut, variant, preset, epochs, samples, batch, learningRate: lr, seed };
    const trained = learnsInSteps
      ? await trainWithCheckpoints(method, base, choices, out, resume, session)
      : await train(base, { ...choices, ...computingOf(session) });
    const seconds = session.now() - begin;
    const compressor = normalize ? new NormalizingCompressor(trained) : trained;
    const model = compressor.toNamedArrays();
    await writeModel(out, model);
    if (learnsInSteps) await removeCheckpoint(out);
    const distinct = distinctCodes(compressor, base, computingOf(session));
    if (2 * distinct.codes < distinct.rows) {
      session.note(
        `cnt train: the codes have collapsed: ${distinct.rows} different vectors became ${distinct.codes} codes; what is found by them is chance. Look for fill values, or train longer or at another rate.`,
      );
    }

    // What a GPU computes is within a bound, and not the same bits on the next one.
    const digest = session.gpu ? undefined : digestArrays(model);
    const history = JSON.parse(model.metadata['history'] ?? '[]') as HistoryPoint[];
    const training = JSON.parse(model.metadata['training'] ?? '{}') as object;
    return {
      lines: [
        ...curve(history),
        ...listing([
          ['method', compressor.method],
          ['vectors', `${base.rows} x ${base.cols} to ${dOut}`],
          ['normalized', normalize ? 'yes' : undefined],
          ['training time', secondsText(seconds)],
          digest === undefined ? ['trained on', session.gpu!.report.adapter] : ['digest', digest],
        ]),
      ],
      json: {
        base: basePath,
        out,
        method: compressor.method,
        rows: base.rows,
        dIn: base.cols,
        dOut,
        factor,
        normalize,
        seed,
        training,
        history,
        distinct,
        trainSeconds: seconds,
        digest,
        backend: session.ranOn,
        threads: kernelThreads(session),
      },
    };
  },
});

/** What each option may be combined with. @throws UsageError */
function requireFittingOptions(
  values: {
    readonly [K in keyof typeof NETWORK_OPTIONS]: unknown;
  } & { readonly method: Method; readonly factor: number },
): void {
  const { method, preset, factor } = values;
  for (const name of Object.keys(NETWORK_OPTIONS) as (keyof typeof NETWORK_OPTIONS)[]) {
    if (values[name] === undefined || values[name] === false) continue;
    const able = methodsThat(({ takes, learnsInSteps }) =>
      name === 'variant' || name === 'preset' ? takes.includes(name) : learnsInSteps,
    );
    if (!able.includes(method)) {
      throw new UsageError(`--${name} belongs to --method ${listed(able)}, got --method ${method}.`);
    }
  }
  if (values.epochs !== undefined && values.samples !== undefined) {
    throw new UsageError('expected --epochs or --samples, got both.');
  }
  if (method === 'cnt' && preset !== undefined && preset !== 'default' && factor !== 2 && factor !== 4) {
    throw new UsageError(`--preset ${preset} was published for --factor 2 and 4, got ${factor}.`);
  }
}

/** `a, b and c`. */
function listed(names: readonly string[]): string {
  return names.join(', ').replace(/, (?=[^,]*$)/, ' and ');
}

/** Recall of the probe against samples, so that a user sees when more training stops helping. */
function curve(history: readonly HistoryPoint[]): string[] {
  if (history.length === 0) return [];
  const best = history.reduce((least, point) => (point.heldOutLoss < least.heldOutLoss ? point : least));
  const rows = history.map((point) => [
    String(point.samples),
    point.loss?.toFixed(4) ?? '',
    point.heldOutLoss.toFixed(4),
    percent(point.recall.nearest),
    percent(point.recall.tenNearest),
    point === best ? 'kept' : '',
  ]);
  const head = ['samples', 'loss', 'held-out loss', 'probe 1@1 %', 'probe 10@10 %', ''];
  return [...textTable([head, ...rows]).split('\n'), ''];
}

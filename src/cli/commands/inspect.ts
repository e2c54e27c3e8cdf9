import { kindOfIndex } from '../../index/kinds.ts';
import { readArchive } from '../../io/container/archive-file.ts';
import { isJsonObject } from '../../io/container/strict-json.ts';
import {
  type ArchiveDescription,
  describeFile,
  type FileDescription,
  type IdsDescription,
  type ModelDescription,
  type Summary,
  type VectorsDescription,
} from '../../io/describe-file.ts';
import { digestArrays } from '../../io/digest.ts';
import { isOfModel, modelOfPipeline, PIPELINE_KIND, splitPipeline } from '../../pipeline/pipeline-archive.ts';
import { textTable } from '../../report/table.ts';
import type { JsonObject } from '../../tensor/named-arrays.ts';
import { interpreted } from '../input/checks.ts';
import { contentHeld, requireMemory } from '../input/memory.ts';
import { graphRows, listRows } from '../output/index-rows.ts';
import { type ListingRow, listing } from '../output/listing.ts';
import { defineCommand } from '../session/command.ts';

/** Texts longer than this are cut; `--json` has them whole. */
const LONGEST_TEXT = 120;

export const inspectCommand = defineCommand(
  'inspect',
  'describes a file: type, shape, parameters, statistics, digest',
  {
    operands: { placeholder: 'FILE', many: false },
    options: {
      quick: {
        type: 'flag',
        text: 'vectors and indexes: shape and parameters alone, as quick for a file of any size; no statistics, no digest',
      },
    },
    about: [
      'Reads vectors, ids, models, indexes and checkpoints. NaN and infinite values are counted, not refused.',
      'Of an index it shows what its graph or its lists look like, without loading the vectors. The digest takes longest: a ' +
        'gigabyte some seconds.',
    ],
    examples: ['cnt inspect base.fvecs', 'cnt inspect index.hnsw', 'cnt inspect --quick index.hnsw'],
    async run({ quick }, [path], session) {
      const { signal } = session;
      requireMemory(
        session,
        [await contentHeld(path!, 'model')],
        'of vectors and indexes no more than blocks are held',
      );
      const description = await describeFile(path!, { quick, signal });
      if (description.content !== 'archive') return { lines: linesOf(description), json: description };
      const { parameters, arrays } = description;
      const around = description.kind === PIPELINE_KIND;
      const { inner, pipeline } = around
        ? interpreted(path!, () => splitPipeline({ kind: PIPELINE_KIND, parameters, arrays: new Map() }))
        : { inner: description, pipeline: undefined };
      const rows = pipeline ? pipelineRows(pipeline, description) : [];
      const structure = kindOfIndex(inner.kind)?.structure;
      if (quick || (!structure && !pipeline)) return { lines: linesOf(description, rows), json: description };
      const names = arrays
        .map(({ name }) => name)
        .filter((name) => structure?.arrays.includes(name) || isOfModel(name));
      const archive = await readArchive(path!, { names, signal });
      const model = pipeline && interpreted(path!, () => modelOfPipeline(archive));
      const modelDigest = model && digestArrays(model);
      const statistics = interpreted(path!, () =>
        structure?.statistics(pipeline ? splitPipeline(archive).inner : archive),
      );
      const structureRows = statistics && ('nlist' in statistics ? listRows(statistics) : graphRows(statistics));
      return {
        lines: linesOf(description, [...rows, ['digest of the model', modelDigest], ...(structureRows ?? [])]),
        json: { ...description, modelDigest, statistics },
      };
    },
  },
);

/** @param structure of an index */
function linesOf(description: FileDescription, structure: readonly ListingRow[] = []): string[] {
  const { path, bytes, content } = description;
  const head: ListingRow[] = [
    ['file', path],
    ['bytes', bytes],
  ];
  if (content === 'vectors') return listing([...head, ...vectorRows(description)]);
  if (content === 'ids') return listing([...head, ...idRows(description)]);
  const rows = content === 'model' ? modelRows(description) : archiveRows(description);
  const arrays = description.arrays.map(({ name, type, shape }) => [name, type, shape.join(' x ')]);
  return [
    ...listing([...head, ...rows, ...structure]),
    '',
    ...textTable([['array', 'type', 'shape'], ...arrays]).split('\n'),
  ];
}

/** What stands before and behind an index. */
function pipelineRows(pipeline: JsonObject, { arrays }: ArchiveDescription): ListingRow[] {
  const { kind, dim, normalize, model } = pipeline;
  const has = (name: string) => arrays.some((array) => array.name === `pipeline.${name}`);
  return [
    ['index inside', cut(String(kind))],
    ['numbers of a query', cut(String(dim))],
    ['normalized', normalize === true ? 'yes' : 'no'],
    ['model', model === undefined ? 'none' : cut(String(isJsonObject(model) ? model['method'] : model))],
    ['original vectors', has('vectors') ? 'kept' : 'not kept'],
    ['own ids', has('ids') ? 'int64' : has('idTexts') ? 'texts' : 'none'],
  ];
}

function vectorRows({ format, type, rows, cols, statistics, digest }: VectorsDescription): ListingRow[] {
  const head: ListingRow[] = [
    ['content', `vectors, .${format} of ${type}`],
    ['shape', `${rows} x ${cols}`],
  ];
  if (!statistics) return head;
  const { values, norms, notANumber, infinite, zeroRows, equalToFirstRow } = statistics;
  return [
    ...head,
    ['values', values && summaryText(values)],
    ['lengths of rows', norms && summaryText(norms)],
    ['NaN', notANumber],
    ['infinite', infinite],
    ['rows of zeros', zeroRows],
    ['rows equal to the first', equalToFirstRow],
    ['digest', digest ?? 'none: not all values are finite'],
  ];
}

function idRows({
  format,
  type,
  rows,
  cols,
  min,
  max,
  missing,
  rowsWithRepeats,
  digest,
}: IdsDescription): ListingRow[] {
  return [
    ['content', `ids, .${format} of ${type}`],
    ['shape', `${rows} x ${cols}`],
    ['smallest and largest id', `${min} ${max}`],
    ['places without an id', missing],
    ['rows with repeated ids', rowsWithRepeats],
    ['digest', digest],
  ];
}

function modelRows({ metadata, elements, nonFinite, digest }: ModelDescription): ListingRow[] {
  return [
    ['content', 'model'],
    ...Object.entries(metadata).map(([name, text]): ListingRow => [name, cut(text)]),
    ['numbers', elements],
    ['not finite', nonFinite],
    ['digest', digest],
  ];
}

function archiveRows({ kind, parameters, digest }: ArchiveDescription): ListingRow[] {
  return [
    ['content', `archive of kind ${kind}`],
    ...Object.entries(parameters)
      .filter(([name]) => name !== 'pipeline') // in rows of its own
      .map(([name, value]): ListingRow => [name, cut(typeof value === 'string' ? value : JSON.stringify(value))]),
    ['digest', digest],
  ];
}

function summaryText({ min, max, mean, standardDeviation }: Summary): string {
  const [least, most, middle, spread] = [min, max, mean, standardDeviation].map((value) => value.toPrecision(5));
  return `from ${least} to ${most}, mean ${middle}, standard deviation ${spread}`;
}

/** On one line, without control characters, and short. */
function cut(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a file may hold any of them
  const line = text.replace(/[\u0000-\u001f\u007f]/g, ' ');
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT - 1)}…` : line;
}

import { writeAtomically } from './file/atomic-file.ts';
import { ID_FORMATS, writeIds } from './ids.ts';
import { type IdOfRow, type Results, resultText, TEXT_FORMATS, type TextFormat } from './result-text.ts';
import { formatOf } from './table/layout.ts';

/** The formats of results: tables of ids, or text with ids and distances. */
export const RESULT_FORMATS = [...ID_FORMATS, ...TEXT_FORMATS] as const;

/** The format of text that the extension names; `undefined` where it names a table. @throws {FileError} if it is none of ours */
export function textFormatOf(path: string): TextFormat | undefined {
  const given = formatOf(path, RESULT_FORMATS, 'results');
  return TEXT_FORMATS.find((format) => format === given);
}

/**
 * Writes what a search found in the format that the extension names.
 *
 * @param options.idOf for text; tables have the numbers of rows
 * @throws {RangeError} if the ids are not rows x cols
 * @throws {FileError} if the extension is none of ours, or the file cannot be written
 */
export async function writeResults(
  path: string,
  results: Results,
  { idOf, ...options }: { signal?: AbortSignal; idOf?: IdOfRow } = {},
): Promise<void> {
  const format = textFormatOf(path);
  if (format === undefined) return writeIds(path, results.ids, options);
  const encoder = new TextEncoder();
  await writeAtomically(
    path,
    async (write) => {
      for (const piece of resultText(results, format, idOf)) await write(encoder.encode(piece));
    },
    options,
  );
}

import { isArchive, isSafetensors } from './container/signature.ts';
import { FileError } from './file/file-error.ts';
import { withInput } from './file/input-file.ts';
import { requirePath } from './file/path.ts';
import { ID_FORMATS } from './ids.ts';
import { ELEMENTS } from './table/element.ts';
import { LAYOUT_BYTES, type TableFormat, tableLayout } from './table/layout.ts';
import { VECTOR_FORMATS } from './vectors.ts';

/** What a file holds, of all that we read. */
export type FileContent = 'vectors' | 'ids' | 'model' | 'archive';

/**
 * Finds what a file holds: tables by their extension, models and archives by how they begin. An `.npy` file of wide
 * integers is ids, any other is vectors.
 *
 * @throws {FileError} if it cannot be read, or is nothing that we read
 */
export async function contentOf(path: string): Promise<FileContent> {
  requirePath(path);
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() as TableFormat | undefined;
  return withInput(path, async (file) => {
    const start = await file.read(0, Math.min(file.size, LAYOUT_BYTES));
    if (extension === 'npy') {
      const { integer, bytes } = ELEMENTS[tableLayout(path, 'npy', start, file.size).element];
      return integer && bytes >= 4 ? 'ids' : 'vectors';
    }
    if (extension && VECTOR_FORMATS.includes(extension)) return 'vectors';
    if (extension && ID_FORMATS.includes(extension)) return 'ids';
    if (isArchive(start)) return 'archive';
    if (path.toLowerCase().endsWith('.safetensors') || isSafetensors(start, file.size)) return 'model';
    const tables = [...new Set([...VECTOR_FORMATS, ...ID_FORMATS])].map((format) => `.${format}`).join(' ');
    throw new FileError(path, `expected vectors or ids (${tables}), a model or an archive, got another file`);
  });
}

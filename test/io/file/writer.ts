import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { writeAtomically } from '../../../src/io/file/atomic-file.ts';

/** A process that writes to the file that it is told, and tells the name of its temporary file; with `endless` it does not end. */
const [path, endless] = process.argv.slice(2);
await writeAtomically(path!, async (write) => {
  await write(new Uint8Array(1));
  process.send?.(
    readdirSync(dirname(path!)).find((name) => name.includes(`-${process.pid}-`) && name !== basename(path!)),
  );
  if (endless) await new Promise((resolve) => setTimeout(resolve, 1e6));
});

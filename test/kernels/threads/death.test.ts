import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const program = fileURLToPath(new URL('./dying-thread.ts', import.meta.url));

for (const how of ['heap', 'exit']) {
  test(`a thread that dies in the middle of a chunk (${how}) is one clear line for its waiting caller`, () => {
    const argv = ['--import', 'tsx', program, how];
    const { stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 60_000 });
    const message = 'Kernels: expected threads that run, got one that has ended.';
    assert.equal(stdout && JSON.parse(stdout), { listening: 3, first: message, later: message }, stderr);
  });
}

test.run();

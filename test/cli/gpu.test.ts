import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readVectors, writeVectors } from '../../src/io/vectors.ts';
import { dawnDevice } from '../support/gpu-devices.ts';
import { cnt, succeed, temporaryFolder } from './command-line.ts';

const { path, remove } = temporaryFolder();
const device = await dawnDevice(); // also points at a driver of software where there is no other
const adapter = device?.report.adapter;
await device?.close();

const SOFTWARE = { ...process.env, CNT_GPU_SOFTWARE: '1' } as Record<string, string>;

/** Runs a command on the GPU, which must succeed, and gives the object that it prints. */
async function onGpu(...argv: string[]): Promise<Record<string, unknown>> {
  const { status, out, err } = await cnt([...argv, '--backend', 'gpu', '--json'], { env: SOFTWARE });
  assert.is(status, 0, err);
  assert.match(err, `computing on ${adapter}`);
  return JSON.parse(out) as Record<string, unknown>;
}

test('without a driver cnt train and cnt compress say in one line what to install', async () => {
  if (process.platform !== 'linux') return;
  const env = { VK_DRIVER_FILES: '/nowhere', LD_LIBRARY_PATH: '' };
  const argv = ['train', '--base', 'x', '--out', 'y', '--backend', 'gpu'];
  const { status, out, err } = await cnt(argv, { env });
  assert.is(status, 1);
  assert.is(out, '');
  assert.match(err, /^cnt train: GPU: expected [^\n]*install[^\n]*\.\n$/);
});

if (adapter) {
  await succeed('generate', '--n', '80', '--queries', '2', '--dim', '16', '--out', path('data'), '--seed', '1');
  const base = path('data/base.fvecs');
  const model = path('model.safetensors');

  test('a driver that imitates a GPU is not taken unless told to', async () => {
    const { CNT_GPU_SOFTWARE: _, ...env } = SOFTWARE;
    const { status, err } = await cnt(['train', '--base', base, '--out', model, '--backend', 'gpu'], { env });
    if (status === 1) assert.match(err, /^cnt train: GPU: expected a graphics processor, got [^\n]*\n$/);
  });

  test('cnt train and cnt compress run on the GPU, name it, claim no digest, and agree with the CPU', async () => {
    const argv = ['--method', 'linear', '--samples', '32', '--batch', '16'];
    const trained = await onGpu('train', '--base', base, '--out', model, ...argv);
    assert.equal([trained['backend'], trained['adapter'], trained['digest']], ['gpu', adapter, undefined]);
    const lines = (await succeed('inspect', model)).split('\n');
    assert.ok(lines.some((line) => /^gpu +/.test(line) && line.endsWith(adapter)));
    const compressed = await onGpu('compress', '--model', model, '--in', base, '--out', path('gpu.fvecs'));
    assert.equal([compressed['backend'], compressed['adapter'], compressed['digest']], ['gpu', adapter, undefined]);
    await succeed('compress', '--model', model, '--in', base, '--out', path('cpu.fvecs'));
    const [gpu, cpu] = [await readVectors(path('gpu.fvecs')), await readVectors(path('cpu.fvecs'))];
    assert.equal([gpu.rows, gpu.cols], [80, 4]);
    gpu.data.forEach((value, i) => {
      assert.ok(Math.abs(value - cpu.data[i]!) < 1e-4, `${value} and ${cpu.data[i]} at ${i}`);
    });
  });

  test('exact neighbors and codes are found on the GPU with the bits of the CPU', async () => {
    const query = path('data/query.fvecs');
    const same = (a: string, b: string) => assert.ok(readFileSync(path(a)).equals(readFileSync(path(b))), `${a}, ${b}`);
    const truth = ['truth', '--base', base, '--query', query, '--k', '5'];
    const found = await onGpu(...truth, '--out', path('gpu.ivecs'));
    assert.equal([found['backend'], found['adapter'], found['digest']], ['gpu', adapter, undefined]);
    await succeed(...truth, '--out', path('cpu.ivecs'));
    same('gpu.ivecs', 'cpu.ivecs');
    await succeed('build', '--base', base, '--index', 'flat', '--out', path('flat'));
    const search = ['search', '--index', path('flat'), '--query', query, '--k', '5'];
    await onGpu(...search, '--out', path('gpu.flat.ivecs'));
    same('gpu.flat.ivecs', 'cpu.ivecs');
    await succeed('generate', '--n', '300', '--queries', '1', '--dim', '4', '--out', path('more'), '--seed', '1');
    const build = ['build', '--base', path('more/base.fvecs'), '--index', 'ivfpq', '--nlist', '3', '--bytes', '1'];
    const built = await onGpu(...build, '--out', path('gpu.ivfpq'));
    assert.equal([built['backend'], built['adapter'], built['digest']], ['gpu', adapter, undefined]);
    await succeed(...build, '--out', path('cpu.ivfpq'));
    same('gpu.ivfpq', 'cpu.ivfpq');
  });

  test('PCA compresses on the GPU', async () => {
    const pca = path('pca.safetensors');
    await succeed('train', '--base', base, '--out', pca, '--method', 'pca');
    const compressed = await onGpu('compress', '--model', pca, '--in', base, '--out', path('pca.gpu.fvecs'));
    assert.equal([compressed['backend'], compressed['method']], ['gpu', 'pca']);
  });

  test('a row that a model cannot compress is refused on the GPU as on the CPU, in the same words', async () => {
    const rows = (await readVectors(base)).data.slice();
    rows.fill(1e30, 5 * 16, 6 * 16);
    await writeVectors(path('far.npy'), { rows: 80, cols: 16, data: rows });
    const network = path('cnt.safetensors');
    await succeed('train', '--base', base, '--out', network, '--samples', '32', '--batch', '16');
    const argv = ['compress', '--model', network, '--in', path('far.npy'), '--out', path('none.fvecs')];
    const [cpu, gpu] = [await cnt(argv), await cnt([...argv, '--backend', 'gpu'], { env: SOFTWARE })];
    assert.equal([cpu.status, gpu.status], [1, 1]);
    assert.match(cpu.err, /^cnt compress: [^\n]*\n$/);
    assert.is(gpu.err.replace(/^cnt compress: computing on .*\n/, ''), cpu.err);
  });

  test('what does not run on a GPU is refused', async () => {
    const build = ['build', '--base', base, '--index', 'hnsw', '--out', path('hnsw'), '--backend', 'gpu'];
    const refused = await cnt(build, { env: SOFTWARE });
    assert.is(refused.status, 2);
    assert.match(refused.err, 'cnt build: --backend gpu builds --index ivfpq and pq, got --index hnsw.');
  });

  test('methods that do not train on a GPU are refused', async () => {
    const argv = ['train', '--base', base, '--out', model, '--method', 'pca', '--backend', 'gpu'];
    const { status, err } = await cnt(argv, { env: SOFTWARE });
    assert.is(status, 2);
    assert.match(err, 'cnt train: --backend gpu trains --method cnt and linear, got --method pca.');
  });
}

test.after(remove);
test.run();

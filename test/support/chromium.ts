import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** WebGPU and WebGL2 by SwiftShader, on any machine. */
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu-sandbox', '--disable-dev-shm-usage', '--no-first-run'],
  ...['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  ...['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
];
const MOST_SECONDS = 100;

/** CommonJS packages, as modules that a browser imports: the first file is the package, each other one a property of it. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'gpu.js': ['gpu.js/dist/gpu-browser.min.js'],
  seedrandom: ['seedrandom/seedrandom.js', 'seedrandom/lib/alea.js'],
};

/** The address of the same page cross-origin isolated, so that it may share memory with its threads. */
const ISOLATED = 'isolated';
const ISOLATION = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** A page that fails says so at once. */
const FAILURES = `
  function failed(reason) { fetch('/report', { method: 'POST', body: JSON.stringify({ failed: String(reason) }) }); }
  addEventListener('error', (event) => failed(event.message));
  addEventListener('unhandledrejection', (event) => failed(event.reason && event.reason.stack || event.reason));`;

/** The browser's program, or undefined where none is installed. */
export function chromium(): string | undefined {
  return PATHS.find((path) => existsSync(path));
}

/**
 * Opens a page that runs one module of this repository, and waits for what it reports by `fetch('/report', { method: 'POST' })`.
 * Types are stripped by TypeScript itself on the way to the browser, so nothing needs to be built.
 *
 * @param module path from the root, such as test/browser/gpu.ts; it may go on at `/isolated`, the same page cross-origin isolated
 * @param policy the Content-Security-Policy of the page; none if not given
 * @returns the object that the page reported, or undefined with a printed line where the browser does not come to open it
 * @throws {Error} if the page failed, or says nothing
 */
export async function runInChromium(program: string, module: string, policy?: string): Promise<unknown> {
  let report: (text: string) => void = () => {};
  const reported = new Promise<string>((resolve) => {
    report = resolve;
  });
  const server = createServer((request, response) => {
    if (policy !== undefined) response.setHeader('content-security-policy', policy);
    serve(request, response, module, report);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const profile = mkdtempSync(join(tmpdir(), 'cnt-chromium-'));
  const browser = spawn(program, [...FLAGS, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`], {
    stdio: 'ignore',
    detached: true, // a process group of its own, so that its helpers can be ended with it
  });
  const ended = new Promise<never>((_, reject) => {
    browser.on('error', reject);
    browser.on('exit', (code) => reject(new Error(`Chromium ended with ${code} before the page reported.`)));
    setTimeout(() => reject(new Error(`The page reported nothing in ${MOST_SECONDS} s.`)), 1000 * MOST_SECONDS).unref();
  });
  let opened = false;
  server.once('request', () => {
    opened = true;
  });
  try {
    const text = await Promise.race([reported, ended]).catch((error: Error) => {
      if (opened) throw error;
      console.log(`skip: a page in Chromium (${error.message})`);
    });
    const result = text === undefined ? undefined : (JSON.parse(text) as { readonly failed?: string });
    if (result?.failed !== undefined) throw new Error(`The page failed: ${result.failed}`);
    return result;
  } finally {
    ended.catch(() => {}); // nobody waits for it any more
    await endGroup(browser);
    server.closeAllConnections();
    server.close();
    await removeFolder(profile);
  }
}

/** Kills the browser and every process that it started. */
async function endGroup(browser: ChildProcess): Promise<void> {
  if (browser.pid === undefined) return; // it never started
  const exited =
    browser.exitCode !== null || browser.signalCode !== null
      ? undefined
      : new Promise((end) => browser.on('exit', end));
  try {
    process.kill(-browser.pid, 'SIGKILL');
  } catch {
    // the whole group has ended by itself
  }
  await exited;
}

/** Helpers that are being killed may still write a file between the emptying of a folder and its removal: tried again for 5 s. */
async function removeFolder(path: string): Promise<void> {
  for (let tries = 50; ; tries--) {
    try {
      return rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (tries === 0) return console.log(`left behind: ${path} (${(error as Error).message})`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  module: string,
  report: (text: string) => void,
): void {
  const path = (request.url ?? '/').slice(1);
  const headers = path === '' ? {} : ISOLATION;
  const send = (type: string, text: string) => response.writeHead(200, { 'content-type': type, ...headers }).end(text);
  if (request.method === 'POST') {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      send('text/plain', '');
      report(text);
    });
  } else if (path === '' || path === ISOLATED) {
    const start = `<script>${FAILURES}</script><script type="module" src="/${module}" onerror="failed('loading')"></script>`;
    send('text/html', `<!doctype html><title>test</title>${start}`);
  } else if (path.startsWith('package/') && PACKAGES[path.slice(8)]) {
    send('text/javascript', packageModule(PACKAGES[path.slice(8)]!));
  } else {
    const source = sourceOf(path);
    if (source) send('text/javascript', sourceModule(source));
    else response.writeHead(404).end();
  }
}

/** The file of a module. A worker's is asked for as it is called when built: `.js`. */
function sourceOf(path: string): string | undefined {
  const file = join(root, path.replace(/\.js$/, '.ts'));
  const ours = /^(src|kernels|test)\/[\w/.-]+\.[jt]s$/.test(path) && !path.includes('..');
  return ours && existsSync(file) ? file : undefined;
}

/** By file: pages and their workers ask for most of them more than once. */
const modules = new Map<string, string>();

function sourceModule(file: string): string {
  const text = modules.get(file) ?? withoutTypes(file);
  modules.set(file, text);
  return text;
}

function withoutTypes(file: string): string {
  const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  });
  // No import map, which workers do not follow.
  return outputText.replace(/((?:from|import\()\s*)'([\w.-]+)'/g, (found, begin: string, name: string) =>
    PACKAGES[name] ? `${begin}'/package/${name}'` : found,
  );
}

function packageModule(files: readonly string[]): string {
  const loaded = files.map((file) => {
    const text = readFileSync(join(root, 'node_modules', file), 'utf8');
    return `(() => { const module = { exports: {} }; (function (exports) { ${text}\n}).call(module, module.exports); return module.exports; })()`;
  });
  const names = files.slice(1).map((file) => basename(file, '.js'));
  const rest = names.map((name, i) => `whole.${name} = ${loaded[i + 1]};`).join('\n');
  return `const whole = ${loaded[0]};\n${rest}\nexport default whole;`;
}

/** What a kernel of gpu.js must not contain, because it would compute something else than its JavaScript without a word. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const folder = fileURLToPath(new URL('../../../kernels', import.meta.url));

interface Body {
  readonly name: string;
  readonly node: ts.FunctionDeclaration;
}

function parsed(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
}

/** The functions of a file that begin with `this: KernelThis` or a name for it: bodies of kernels. */
function bodiesOf(source: ts.SourceFile): Body[] {
  return source.statements.flatMap((node) => {
    const first = ts.isFunctionDeclaration(node) ? node.parameters[0] : undefined;
    const isBody = ts.isFunctionDeclaration(node) && first?.name.getText() === 'this';
    return isBody ? [{ name: `${source.fileName}: ${node.name?.text}`, node }] : [];
  });
}

function all(node: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (child: ts.Node): void => {
    if (ts.isTypeNode(child)) return;
    found.push(child);
    ts.forEachChild(child, visit);
  };
  ts.forEachChild(node, visit);
  return found;
}

/** What breaks a rule in a body, in words. */
function faultsOf({ node }: Body): string[] {
  const nodes = all(node);
  const faults: string[] = [];
  const declared = node.parameters.map((parameter) => parameter.name.getText());
  for (const child of nodes) {
    if (ts.isVariableDeclaration(child)) {
      const name = child.name.getText();
      if (declared.includes(name)) faults.push(`${name} is declared twice`);
      declared.push(name);
    }
  }
  for (const child of nodes) {
    if (ts.isFunctionLike(child)) faults.push('a function inside');
    if (ts.isWhileStatement(child) || ts.isDoStatement(child)) faults.push('a loop without a constant bound');
    if (ts.isForStatement(child) && !/< this\.constants\.\w+$/.test(child.condition?.getText() ?? '')) {
      faults.push(`a loop while ${child.condition?.getText()}`);
    }
    if (ts.isBinaryExpression(child) && child.operatorToken.kind === ts.SyntaxKind.PercentToken) faults.push('%');
    if (ts.isElementAccessExpression(child) && all(child).some(isDivision))
      faults.push(`an index by ${child.getText()}`);
    if (ts.isIdentifier(child) && isReference(child) && !declared.includes(child.text) && child.text !== 'Math') {
      faults.push(`${child.text} from outside`);
    }
  }
  return faults;
}

function isDivision(node: ts.Node): boolean {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.SlashToken;
}

function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  return !(ts.isPropertyAccessExpression(parent) && parent.name === node) && !ts.isFunctionDeclaration(parent);
}

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const bodies = files.flatMap((file) => bodiesOf(parsed(file, readFileSync(join(folder, file), 'utf8'))));

test('no kernel for the GPU breaks a rule of gpu.js', () => {
  assert.ok(bodies.length > 30, `${bodies.length}`);
  assert.equal(
    bodies.flatMap((body) => faultsOf(body).map((fault) => `${body.name}: ${fault}`)),
    [],
  );
});

test('each rule is noticed where it is broken', () => {
  const faults = (text: string): string[] => {
    const [body] = bodiesOf(
      parsed('broken', `function broken(this: KernelThis<'n'>, a: KernelMatrix, n: number) { ${text} }`),
    );
    return faultsOf(body!);
  };
  assert.equal(
    faults('let sum = n; for (let i = 0; i < this.constants.n; i++) sum += a[i]![0]!; return Math.abs(sum);'),
    [],
  );
  assert.equal(faults('for (let i = 0; i < n; i++) {} return 0;'), ['a loop while i < n']);
  assert.equal(faults('while (n > 0) {} return 0;'), ['a loop without a constant bound']);
  assert.equal(faults('{ const x = n; } const x = n; return x;'), ['x is declared twice']);
  assert.equal(faults('const n = 1; return n;'), ['n is declared twice']);
  assert.equal(faults('return this.thread.x % n;'), ['%']);
  assert.equal(faults('return a[0]![n / 2]!;'), ['an index by a[0]![n / 2]']);
  assert.equal(faults('return n * SCALE;'), ['SCALE from outside']);
  assert.equal(faults('const f = () => n; return f();'), ['a function inside']);
});

test.run();

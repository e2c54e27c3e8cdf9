/** Where a source can be changed by one token so that a test should notice: operators, bounds and constants, found in TypeScript's own tree. */
import { createHash } from 'node:crypto';
import ts from 'typescript';

/** One changed token of one file. */
export interface Mutant {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line as it is and as it becomes, without the blanks around: together with the file the name of the mutant, which edits elsewhere leave alone. */
  readonly code: string;
  readonly changed: string;
  /** The whole file with the change. */
  readonly text: string;
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const OPERATORS = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.AsteriskToken, '/'],
  [ts.SyntaxKind.SlashToken, '*'],
  [ts.SyntaxKind.PercentToken, '*'],
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.AmpersandToken, '|'],
  [ts.SyntaxKind.BarToken, '&'],
  [ts.SyntaxKind.LessThanLessThanToken, '>>'],
  [ts.SyntaxKind.GreaterThanGreaterThanToken, '<<'],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken, '<<'],
  [ts.SyntaxKind.PlusEqualsToken, '-='],
  [ts.SyntaxKind.MinusEqualsToken, '+='],
  [ts.SyntaxKind.AsteriskEqualsToken, '/='],
  [ts.SyntaxKind.SlashEqualsToken, '*='],
]);

/** A sum of these is a text. */
function isText(node: ts.Expression): boolean {
  if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) return true;
  return ts.isBinaryExpression(node) && (isText(node.left) || isText(node.right));
}

/** What is not computed with: types, imports, and the words of errors. */
function isSkipped(node: ts.Node): boolean {
  return (
    ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isThrowStatement(node)
  );
}

function changesOf(node: ts.Node, file: ts.SourceFile): Change[] {
  const replace = (part: ts.Node, text: string): Change => ({ start: part.getStart(file), end: part.getEnd(), text });
  if (ts.isBinaryExpression(node)) {
    const other = OPERATORS.get(node.operatorToken.kind);
    return other === undefined || isText(node) ? [] : [replace(node.operatorToken, other)];
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    return [replace(node, node.operand.getText(file))];
  }
  if (ts.isNumericLiteral(node)) {
    const value = Number(node.text);
    return Number.isInteger(value)
      ? [replace(node, String(value + 1)), replace(node, value === 0 ? '(-1)' : String(value - 1))]
      : [replace(node, String(value * 2))];
  }
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [replace(node, 'false')];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [replace(node, 'true')];
  if (ts.isPropertyAccessExpression(node) && node.expression.getText(file) === 'Math') {
    if (node.name.text === 'min') return [replace(node.name, 'max')];
    if (node.name.text === 'max') return [replace(node.name, 'min')];
  }
  return [];
}

/**
 * Every mutant of a file, in an order that depends on the seed and on each mutant's own line, not on the lines around it.
 *
 * @param file its path, as it is named in the list of equivalent mutants
 */
export function mutantsOf(file: string, text: string, seed: number): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lines = text.split('\n');
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (isSkipped(node)) return;
    for (const { start, end, text: other } of changesOf(node, source)) {
      const { line } = source.getLineAndCharacterOfPosition(start);
      const changed = text.slice(0, start) + other + text.slice(end);
      mutants.push({
        file,
        line: line + 1,
        code: lines[line]!.trim(),
        changed: changed.split('\n')[line]!.trim(),
        text: changed,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const rank = ({ code, changed }: Mutant) =>
    createHash('sha256')
      .update(JSON.stringify([seed, file, code, changed]))
      .digest('hex');
  const ranked = mutants.map((mutant) => ({ mutant, at: rank(mutant) }));
  return ranked.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ mutant }) => mutant);
}

/** One mutant of every file, then a second of those that have one, and so on to `count`; files come in the order of the seed. */
export function sample(files: ReadonlyMap<string, readonly Mutant[]>, count: number, seed: number): Mutant[] {
  const rank = (file: string) => createHash('sha256').update(`${seed} ${file}`).digest('hex');
  const order = [...files.keys()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  const chosen: Mutant[] = [];
  const most = Math.max(...[...files.values()].map((mutants) => mutants.length));
  for (let round = 0; round < most; round++) {
    for (const file of order) {
      const mutant = files.get(file)![round];
      if (mutant && chosen.length < count) chosen.push(mutant);
    }
  }
  return chosen;
}

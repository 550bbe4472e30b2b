import type { Argument, Expression, ParamPattern } from 'oxc-parser';
import type { Repository } from './files.ts';

/** A function of a file that makes errors of codes it is given: where the code stands in its call, and the kind. */
export type ErrorMaker = { readonly codeAt: number; readonly kindAt: number; readonly kind: string | undefined };

/** `const taken = (code: string, message: string) => new TierlineError(code, 'conflict', message)`, by name. */
export function errorMakers(repository: Repository, path: string): ReadonlyMap<string, ErrorMaker> {
  const makers = new Map<string, ErrorMaker>();
  const open: { name: string; parameters: readonly string[] }[] = [];
  const names = new Map<number, string>();
  const enter = (node: { start: number; id: { name: string } | null; params: ParamPattern[] }): void => {
    const parameters = node.params.map((one) => (one.type === 'Identifier' ? one.name : ''));
    open.push({ name: node.id?.name ?? names.get(node.start) ?? '', parameters });
  };
  const leave = (): void => void open.pop();
  repository.visit(path, {
    VariableDeclarator: ({ id, init }) => {
      if (id.type === 'Identifier' && init !== null) names.set(init.start, id.name);
    },
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': leave,
    FunctionExpression: enter,
    'FunctionExpression:exit': leave,
    ArrowFunctionExpression: enter,
    'ArrowFunctionExpression:exit': leave,
    NewExpression: ({ callee, arguments: [code, kind] }) => {
      if (callee.type !== 'Identifier' || callee.name !== 'TierlineError') return;
      if (code?.type !== 'Identifier' || kind === undefined) return;
      const maker = open.findLast(({ parameters }) => parameters.includes(code.name));
      if (maker === undefined || maker.name === '') return;
      const kindAt = kind.type === 'Identifier' ? maker.parameters.indexOf(kind.name) : -1;
      const [known] = literals(kind);
      if (known === undefined && kindAt === -1) return;
      makers.set(maker.name, { codeAt: maker.parameters.indexOf(code.name), kindAt, kind: known });
    },
  });
  return makers;
}

/** The strings an expression may be: a literal, or a choice between literals. */
export function literals(node: Argument | Expression): string[] {
  if (node.type === 'Literal' && typeof node.value === 'string') return [node.value];
  if (node.type === 'ConditionalExpression') {
    const [yes, no] = [literals(node.consequent), literals(node.alternate)];
    return yes.length > 0 && no.length > 0 ? [...yes, ...no] : [];
  }
  return node.type === 'TSAsExpression' || node.type === 'TSSatisfiesExpression' ? literals(node.expression) : [];
}

/** Markup that may stand in a page as it is. Only `html` makes it, so nothing that somebody typed gets there unescaped. */
export type Markup = { readonly markup: string };

type Value = Markup | string | readonly Markup[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character]!);
}

function toText(value: Value): string {
  if (typeof value === 'string') return escaped(value);
  return 'markup' in value ? value.markup : value.map(({ markup }) => markup).join('');
}

/** A piece of a page; texts in it are escaped, for elements and for quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return { markup: parts.reduce((text, part, index) => text + toText(values[index - 1]!) + part) };
}

export const nothing: Markup = { markup: '' };

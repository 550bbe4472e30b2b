// A script of a page, served as it is: nothing compiles it, so nothing knows its types.
/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-return */

/** Makes an element. Children are elements or text; text is never read as markup. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== ''));
  return element;
}

/** A schema as a list of its fields; what is nested opens on demand. `root` is the whole document. */
export function fieldsOf(schema, root) {
  const { of } = unwrapped(schema, root);
  if (of.properties === undefined) return h('p', { class: 'type' }, typeOf(schema, root));
  const required = new Set(of.required ?? []);
  const rows = Object.entries(of.properties).flatMap(([name, property]) =>
    fieldRows(name, property, required.has(name), root),
  );
  return h('dl', { class: 'fields' }, rows);
}

/** One field: its name, then type, bounds, meaning and what is inside. */
export function fieldRows(name, schema, isRequired, root) {
  const { of } = unwrapped(schema, root);
  const meaning = schema.description ?? resolved(schema, root).description;
  const inside =
    of.properties === undefined
      ? undefined
      : h('details', { class: 'nested' }, h('summary', {}, 'fields'), h('div', { 'data-lazy': true }));
  if (inside !== undefined) {
    inside.addEventListener('toggle', () => inside.lastElementChild.replaceChildren(fieldsOf(of, root)), {
      once: true,
    });
  }
  return [
    h('dt', { class: isRequired ? 'required' : undefined }, name),
    h(
      'dd',
      {},
      h('span', { class: 'type' }, [typeOf(schema, root), ...boundsOf(schema, root)].join(' · ')),
      meaning === undefined ? '' : h('div', {}, meaning),
      inside,
    ),
  ];
}

/** What stands behind a reference. */
export function resolved(schema, root) {
  if (schema.$ref === undefined) return schema;
  return schema.$ref
    .slice(2)
    .split('/')
    .reduce((at, key) => at[key], root);
}

/** The schema behind references, lists and "or null". */
function unwrapped(schema, root) {
  const of = resolved(schema, root);
  if (of.items !== undefined) return unwrapped(of.items, root);
  const other = (of.anyOf ?? of.oneOf ?? of.allOf)?.find((each) => each.type !== 'null');
  return other === undefined ? { of } : unwrapped(other, root);
}

function typeOf(schema, root) {
  const of = resolved(schema, root);
  if (of.enum !== undefined) return of.enum.map((value) => JSON.stringify(value)).join(' | ');
  const alternatives = of.anyOf ?? of.oneOf;
  if (alternatives !== undefined) return alternatives.map((each) => typeOf(each, root)).join(' or ');
  const types = [of.type ?? 'anything']
    .flat()
    .map((type) => (type === 'array' ? `list of ${typeOf(of.items, root)}` : type));
  const name = schema.$ref?.split('/').at(-1);
  return [name ?? types.join(' or '), of.format].filter(Boolean).join(', ');
}

function boundsOf(schema, root) {
  const of = resolved(schema, root);
  const range = (least, most, what) => {
    if (least === undefined && most === undefined) return [];
    if (least === undefined) return [`at most ${most}${what}`];
    return [most === undefined ? `at least ${least}${what}` : `${least} to ${most}${what}`];
  };
  return [
    ...range(of.minLength, of.maxLength, ' characters'),
    ...range(of.minItems, of.maxItems, ' elements'),
    ...range(of.minimum, of.maximum, ''),
    ...(of.default === undefined ? [] : [`default ${JSON.stringify(of.default)}`]),
  ];
}

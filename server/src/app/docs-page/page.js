// A script of a page, served as it is: nothing compiles it, so nothing knows its types.
/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-return */

import { fieldRows, fieldsOf, h, resolved } from './schema.js';

const main = document.getElementById('main');
const contents = document.getElementById('contents');
const filter = document.getElementById('filter');

try {
  const response = await fetch(document.body.dataset.document);
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  draw(await response.json());
} catch (error) {
  main.replaceChildren(h('p', {}, `The document could not be read. ${error.message}`));
}

function draw(root) {
  const operations = Object.entries(root.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
  );
  const groups = Map.groupBy(operations, (operation) => operation.tags[0]);
  main.replaceChildren(
    h('h1', {}, root.info.title),
    ...root.info.description.split('\n\n').map((text) => h('p', {}, ...marked(text))),
    ...[...groups].map(([tag, list]) =>
      h(
        'section',
        {},
        h('h2', {}, tag),
        list.map((operation) => drawOperation(operation, root)),
      ),
    ),
  );
  contents.replaceChildren(
    ...[...groups].map(([tag, list]) =>
      h(
        'section',
        {},
        h('h2', {}, tag),
        h(
          'ul',
          {},
          list.map((operation) =>
            h(
              'li',
              { 'data-words': wordsOf(operation) },
              h('a', { href: `#${operation.operationId}` }, operation.summary),
            ),
          ),
        ),
      ),
    ),
  );
  filter.addEventListener('input', () => narrow(filter.value));
  window.addEventListener('hashchange', openFromAddress);
  openFromAddress();
}

function drawOperation(operation, root) {
  const { method, path, operationId, summary } = operation;
  const inside = h('div');
  const element = h(
    'details',
    { class: 'operation', id: operationId, 'data-words': wordsOf(operation) },
    h(
      'summary',
      {},
      h('span', { class: `method ${method}` }, method.toUpperCase()),
      h('span', { class: 'path' }, path),
      h('span', { class: 'says' }, summary),
    ),
    inside,
  );
  // Drawn when it is first opened: there are many, and nobody opens all.
  element.addEventListener('toggle', () => inside.replaceChildren(...partsOf(operation, root)), { once: true });
  return element;
}

function partsOf(operation, root) {
  const permission = operation['x-permission'];
  const isPublic = operation.security?.length === 0;
  const access = isPublic
    ? 'Needs no credentials.'
    : permission === undefined
      ? 'For whoever is signed in.'
      : undefined;
  const body = operation.requestBody?.content['application/json'];
  return [
    h('p', {}, operation.description ?? `${operation.summary}.`),
    h('p', { class: 'quiet' }, access ?? 'Permission: ', access === undefined ? h('code', {}, permission) : ''),
    ...['path', 'query', 'header'].flatMap((place) => drawParameters(operation, place, root)),
    ...(body === undefined ? [] : [h('h3', {}, 'Body'), fieldsOf(body.schema, root)]),
    ...(operation['x-examples'] ?? []).flatMap((example) => drawExample(example, operation)),
    h('h3', {}, 'Answers'),
    h(
      'dl',
      { class: 'fields' },
      Object.entries(operation.responses).flatMap(([status, response]) => drawAnswer(status, response, root)),
    ),
  ];
}

const placeNames = { path: 'In the path', query: 'Query', header: 'Headers' };

function drawParameters(operation, place, root) {
  const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === place);
  if (parameters.length === 0) return [];
  const rows = parameters.flatMap(({ name, schema, required, description }) =>
    fieldRows(name, description === undefined ? schema : { ...schema, description }, required, root),
  );
  return [h('h3', {}, placeNames[place]), h('dl', { class: 'fields' }, rows)];
}

function drawExample({ name, request, status }, operation) {
  const answer = operation.responses[status]?.content?.['application/json']?.examples?.[name]?.value;
  const shown = answer === undefined ? '' : `\n${JSON.stringify(answer, null, 2)}`;
  return [h('h3', {}, 'Example'), h('pre', {}, request), h('pre', {}, `${status}${shown}`)];
}

function drawAnswer(status, described, root) {
  const response = resolved(described, root);
  const schema = response.content?.['application/json']?.schema;
  const inside = schema && h('details', { class: 'nested' }, h('summary', {}, 'fields'), h('div'));
  if (inside !== undefined) {
    inside.addEventListener('toggle', () => inside.lastElementChild.replaceChildren(fieldsOf(schema, root)), {
      once: true,
    });
  }
  return [h('dt', {}, status), h('dd', {}, h('span', { class: 'type' }, response.description), inside)];
}

function wordsOf({ path, method, operationId, summary, tags }) {
  return [method, path, operationId, summary, ...tags].join(' ').toLowerCase();
}

/** Shows only what has every word of the text. */
function narrow(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const element of document.querySelectorAll('[data-words]')) {
    element.hidden = !words.every((word) => element.dataset.words.includes(word));
  }
  for (const section of document.querySelectorAll('section')) {
    section.hidden = section.querySelector('[data-words]:not([hidden])') === null;
  }
}

function openFromAddress() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null || target.tagName !== 'DETAILS') return;
  target.open = true;
  target.scrollIntoView();
}

/** Text in backquotes as code. */
function marked(text) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? h('code', {}, part) : part));
}

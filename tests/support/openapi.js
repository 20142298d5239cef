// Holds the hub's answers against the document that describes them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export const document = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(document, 'openapi');

/** The object that a `$ref` in the document stands for, or the object itself, and where it is. */
function resolve(pointer) {
  const found = pointer.split('/').slice(1).reduce((value, key) => value?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);
  return found?.$ref ? resolve(found.$ref.slice(1)) : { found, pointer };
}

/** A value must be as the schema at `pointer` has it. */
export function check(pointer, value, what) {
  const validate = ajv.getSchema(`openapi#${pointer}`) ?? ajv.compile({ $ref: `openapi#${pointer}` });
  assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value).slice(0, 500)}`);
}

/** A path has one operation: `get` or `post`. */
const operation = (path) => Object.keys(document.paths[path])[0];

/** Every answer to `method` on `path` must be one that the document describes: status, headers, type and body. */
export async function conforms(path, response, { method = 'GET' } = {}) {
  const what = `${method} ${path} -> ${response.status}`;
  const route = path.split('?')[0];
  assert.ok(document.paths[route], `${what}: the path is not in the document`);
  const responses = `/paths/${route.replaceAll('/', '~1')}/${operation(route)}/responses`;
  const { found, pointer } = resolve(`${responses}/${response.status}`);
  assert.ok(found, `${what}: the status is not in the document`);

  for (const name of Object.keys(found.headers ?? {})) {
    const header = resolve(`${pointer}/headers/${name}`);
    const optional = name.startsWith('RateLimit');
    const value = response.headers.get(name);
    if (value === null) assert.ok(optional, `${what}: no ${name}`);
    else check(`${header.pointer}/schema`, header.found.schema.type === 'integer' ? Number(value) : value, `${what}: ${name}`);
  }
  const text = await response.text();
  const [type, ...others] = Object.keys(found.content ?? {});
  assert.deepEqual(others, []);
  if (type === undefined || method === 'HEAD') {
    assert.equal(text, '', what);
    return undefined;
  }
  assert.equal(response.headers.get('content-type'), type, what);
  const body = JSON.parse(text);
  check(`${pointer}/content/${type.replaceAll('/', '~1')}/schema`, body, what);
  if (response.status >= 400) assert.equal(body.status, response.status, what);
  return { body, text };
}

/** The examples of the document, each with the place of its schema. */
export function* examples() {
  for (const path of Object.keys(document.paths)) {
    const method = operation(path);
    for (const status of Object.keys(document.paths[path][method].responses)) {
      const { found, pointer } = resolve(`/paths/${path.replaceAll('/', '~1')}/${method}/responses/${status}`);
      for (const [type, { example }] of Object.entries(found.content ?? {})) {
        yield { name: `${path} ${status}`, example, check: () => check(`${pointer}/content/${type.replaceAll('/', '~1')}/schema`, example, path) };
      }
    }
  }
}

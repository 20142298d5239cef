// A small HTTP server on loopback that stands in for a market-data provider.
import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * @typedef {object | string | ((request: {method: string, path: string, query: URLSearchParams, headers: object}) => Answer)} Responder
 *   an object is sent as JSON, a string as it is; a function returns either, or `{status, headers, body}`, or a promise
 *   of them; one that returns nothing leaves the request without an answer. With `broken: true` the connection ends
 *   half-way through the body.
 *
 * @param {Record<string, Responder>} [routes] by path, without the query; `*` for all other paths
 * @returns `url`; `requests` ({method, path, query, headers}, in order); `set(path, responder)`; `stop()`; the `server`
 */
export async function startUpstream(routes = {}) {
  const responders = new Map(Object.entries(routes));
  const requests = [];
  const server = createServer(async (incoming, outgoing) => {
    const { pathname: path, searchParams: query } = new URL(incoming.url, 'http://upstream');
    const request = { method: incoming.method, path, query, headers: incoming.headers };
    requests.push(request);
    const responder = responders.get(path) ?? responders.get('*') ?? { status: 404, body: 'no such route' };
    const answer = typeof responder === 'function' ? await responder(request) : responder;
    if (answer !== undefined) reply(outgoing, answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    server,
    requests,
    set: (path, responder) => responders.set(path, responder),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function reply(outgoing, answer) {
  const { status = 200, headers = {}, body, broken } = isFull(answer) ? answer : { body: answer };
  const json = typeof body !== 'string' && !Buffer.isBuffer(body);
  const bytes = Buffer.from(json ? JSON.stringify(body) : body);
  const type = json ? 'application/json' : 'text/plain';
  outgoing.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers });
  if (broken) outgoing.write(bytes.subarray(0, bytes.length / 2), () => outgoing.destroy());
  else outgoing.end(bytes);
}

const isFull = (answer) => typeof answer === 'object' && ('status' in answer || 'body' in answer);

// The publish endpoint of the servers that run under Node.
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { verify } from './jwt.js';

/** An HTTP server whose `POST /api/v1/publish` hands each `{ channel, data }` to `deliver`. */
export function publishing(secret, deliver) {
  const offsets = new Map();
  return createServer(async (request, response) => {
    const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.url !== '/api/v1/publish' || request.method !== 'POST') return answer(404, { error: 'not found' });
    try {
      const { scope = '' } = await verify(request.headers.authorization?.replace(/^Bearer /, ''), secret);
      if (!scope.split(' ').includes('publish')) return answer(403, { error: 'forbidden' });
    } catch (error) {
      return answer(401, { error: error.message });
    }
    const { messages } = await json(request);
    const numbered = messages.map(({ channel }) => {
      offsets.set(channel, (offsets.get(channel) ?? 0) + 1);
      return { channel, offset: offsets.get(channel) };
    });
    messages.forEach(deliver);
    answer(200, { messages: numbered });
  });
}

// The Worker in front of the JavaScript objects: it lets clients in and checks who publishes.
import { verify } from './jwt.js';

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const hub = () => env.HUB.get(env.HUB.idFromName('hub'));
    if (pathname === '/ws') {
      if (request.headers.get('upgrade') !== 'websocket') return new Response('Expected WebSocket', { status: 400 });
      return hub().fetch(request);
    }
    if (pathname === '/api/v1/publish' && request.method === 'POST') {
      const token = request.headers.get('authorization')?.replace(/^Bearer /, '');
      try {
        const { scope = '' } = await verify(token, env.JWT_SECRET);
        if (!scope.split(' ').includes('publish')) return new Response('Forbidden', { status: 403 });
      } catch (error) {
        return new Response(error.message, { status: 401 });
      }
      return hub().fetch('http://hub/publish', { method: 'POST', body: request.body });
    }
    return new Response('Not found', { status: 404 });
  },
};

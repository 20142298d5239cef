// Engine.IO 4, rule by rule, as its specification has them; the strings are those that go over the wire.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startHub } from '../support/index.js';
import { Engine } from '../support/engine.js';
import { until } from '../support/session.js';

const PING_INTERVAL = 300;
const PING_TIMEOUT = 200;
const SEPARATOR = '\x1e';

let hub;
let engine;
before(async () => {
  hub = await startHub({ build: 'build-echo' });
  engine = new Engine(hub, '/engine.io/');
});
after(() => hub.stop());

const gone = async (sid) => assert.deepEqual(await refusal(engine.get(sid)), [400, 1, 'Session ID unknown']);

async function refusal(response) {
  const { status, text } = await response;
  const { code, message } = JSON.parse(text);
  return [status, code, message];
}

function assertHandshake(value, upgrades) {
  const { sid, ...rest } = value;
  assert.match(sid, /^[0-9a-f]{32,}$/);
  assert.deepEqual(rest, { upgrades, pingInterval: PING_INTERVAL, pingTimeout: PING_TIMEOUT, maxPayload: 1_000_000 });
}

describe('handshake', () => {
  test('polling', async () => {
    assertHandshake(await engine.open(), ['websocket']);
  });

  test('websocket', async () => {
    const socket = engine.socket();
    const open = await socket.next();
    assert.equal(open[0], '0');
    assertHandshake(JSON.parse(open.slice(1)), []);
    socket.terminate();
  });

  test('no two sessions have the same sid', async () => {
    const sids = await Promise.all(Array.from({ length: 20 }, async () => (await engine.open()).sid));
    assert.equal(new Set(sids).size, 20);
  });

  test('wrong queries are refused as the reference server does', async () => {
    const polling = { EIO: 4, transport: 'polling' };
    for (const [query, init, expected] of [
      [{ transport: 'polling' }, {}, [400, 5, 'Unsupported protocol version']],
      [{ EIO: 'abc', transport: 'polling' }, {}, [400, 5, 'Unsupported protocol version']],
      [{ EIO: 3, transport: 'polling' }, {}, [400, 5, 'Unsupported protocol version']],
      [{ EIO: 4 }, {}, [400, 0, 'Transport unknown']],
      [{ EIO: 4, transport: 'abc' }, {}, [400, 0, 'Transport unknown']],
      [polling, { method: 'POST' }, [400, 2, 'Bad handshake method']],
      [polling, { method: 'PUT' }, [400, 2, 'Bad handshake method']],
      [{ ...polling, transport: 'websocket' }, {}, [400, 3, 'Bad request']],
      [{ ...polling, sid: 'abc' }, {}, [400, 1, 'Session ID unknown']],
      [{ ...polling, sid: `${'0'.repeat(32)}000` }, {}, [400, 1, 'Session ID unknown']],
      [{ ...polling, sid: `${'0'.repeat(32)}fff` }, {}, [400, 1, 'Session ID unknown']],
      [{ ...polling, sid: (await engine.open()).sid }, { method: 'PUT' }, [400, 3, 'Bad request']],
    ]) {
      assert.deepEqual(await refusal(engine.request(query, init)), expected, JSON.stringify(query));
    }
  });

  test('sockets with wrong queries are not opened', async () => {
    for (const query of [{ EIO: '' }, { EIO: 'abc' }, { transport: 'abc' }, { transport: 'polling' }, { sid: 'abc' }, { sid: `${'0'.repeat(32)}000` }]) {
      const socket = engine.socket(query);
      assert.equal((await socket.refused).status, 400, JSON.stringify(query));
    }
  });
});

describe('message', () => {
  for (const [what, body] of [
    ['one packet', '4hello'],
    ['several packets', ['4test1', '4test2', '4test3'].join(SEPARATOR)],
    ['text and bytes', ['4hello', 'bAQIDBA=='].join(SEPARATOR)],
    ['any text', '4é€💥\u2028'],
    ['nothing', '4'],
  ]) {
    test(`polling: ${what}`, async () => {
      const { sid } = await engine.open();
      const posted = await engine.post(sid, body);
      assert.deepEqual([posted.status, posted.text], [200, 'ok']);
      const got = await engine.get(sid);
      assert.deepEqual([got.status, got.text], [200, body]);
      assert.match(got.headers.get('content-type'), /^text\/plain/i);
    });
  }

  test('polling: what is no packet closes the session', async () => {
    const { sid } = await engine.open();
    assert.equal((await engine.post(sid, 'abc')).status, 400);
    await gone(sid);
  });

  test('polling: two GETs at once close the session', async () => {
    const { sid } = await engine.open();
    // Whichever comes first is told that it is over; the other that it is wrong.
    const answers = await Promise.all([engine.get(sid), engine.get(sid)]);
    const [refused, ended] = answers.sort((a, b) => b.status - a.status);
    assert.deepEqual([ended.status, ended.text, refused.status], [200, '1', 400]);
    await gone(sid);
  });

  test('polling: a body above maxPayload', async () => {
    const { sid } = await engine.open();
    assert.equal((await engine.post(sid, `4${'x'.repeat(1_000_000)}`)).status, 413);
    const largest = `4${'x'.repeat(999_999)}`;
    assert.equal((await engine.post(sid, largest)).status, 200);
    assert.equal((await engine.get(sid)).text, largest);
  });

  test('websocket: text and bytes', async () => {
    const socket = engine.socket();
    await socket.next();
    socket.send('4hello');
    assert.equal(await socket.next(), '4hello');
    socket.send([1, 2, 3, 4]);
    assert.deepEqual(await socket.next(), [1, 2, 3, 4]);
    socket.terminate();
  });

  test('websocket: what is no packet closes the session', async () => {
    const socket = engine.socket();
    await socket.next();
    socket.send('abc');
    await socket.end();
  });
});

describe('heartbeat', () => {
  test('polling: pings are answered and go on', async () => {
    const { sid } = await engine.open();
    for (let n = 0; n < 3; n++) {
      const { status, text } = await engine.get(sid);
      assert.deepEqual([status, text], [200, '2']);
      assert.equal((await engine.post(sid, '3')).status, 200);
    }
  });

  test('polling: who does not answer is closed', async () => {
    const { sid } = await engine.open();
    assert.equal((await engine.get(sid)).text, '2');
    assert.equal((await engine.get(sid)).text, '1');
    await gone(sid);
  });

  test('polling: who does nothing is closed', async () => {
    const { sid } = await engine.open();
    const opened = Date.now();
    const socket = engine.socket({ sid });
    await socket.end(); // the session takes the socket that asked for it along
    assert.ok(Date.now() - opened < 5 * (PING_INTERVAL + PING_TIMEOUT));
    await gone(sid);
  });

  test('websocket: pings are answered and go on', async () => {
    const socket = engine.socket({}, { silent: true });
    await socket.next();
    for (let n = 0; n < 3; n++) {
      assert.equal(await socket.next(), '2');
      socket.send('3');
    }
    socket.terminate();
  });

  test('websocket: who does not answer is closed', async () => {
    const socket = engine.socket({}, { silent: true });
    await socket.end();
    assert.deepEqual(socket.frames.slice(1), ['2']);
  });
});

describe('close', () => {
  test('polling', async () => {
    const { sid } = await engine.open();
    const held = engine.get(sid);
    assert.equal((await engine.post(sid, '1')).status, 200);
    // The GET may come after the POST: then there is no session any more.
    const { status, text } = await held;
    assert.ok((status === 200 && text === '6') || status === 400, `${status} ${text}`);
    await gone(sid);
  });

  test('websocket', async () => {
    const socket = engine.socket();
    await socket.next();
    socket.send('1');
    await socket.end();
  });
});

describe('upgrade', () => {
  async function upgraded() {
    const { sid } = await engine.open();
    const socket = engine.socket({ sid });
    await socket.opened;
    socket.send('2probe');
    socket.send('5');
    return { sid, socket };
  }

  async function echoes(socket) {
    socket.send('4hello');
    assert.equal(await socket.next(), '4hello');
    socket.terminate();
  }

  test('from polling to a socket, which ends the GET that waits', async () => {
    const { sid } = await engine.open();
    const socket = engine.socket({ sid });
    await socket.opened;
    const held = engine.get(sid);
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    assert.deepEqual((({ status, text }) => [status, text])(await held), [200, '6']);
    socket.send('5');
    await echoes(socket);
  });

  test('what was said before comes before', async () => {
    const { sid } = await engine.open();
    const socket = engine.socket({ sid });
    await socket.opened;
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    await engine.post(sid, ['4one', 'bAQI='].join(SEPARATOR));
    socket.send('5');
    socket.send('4two');
    assert.deepEqual([await socket.next(), await socket.next(), await socket.next()], ['4one', [1, 2], '4two']);
    socket.terminate();
  });

  test('requests with its sid are refused afterwards', async () => {
    const { sid, socket } = await upgraded();
    assert.equal((await engine.get(sid)).status, 400);
    assert.equal(await socket.next(), '3probe');
    assert.equal((await engine.post(sid, '4x')).status, 400);
    await echoes(socket);
  });

  test('another socket with its sid is closed', async () => {
    const { sid, socket } = await upgraded();
    assert.equal(await socket.next(), '3probe');
    const second = engine.socket({ sid });
    await second.end();
    await echoes(socket);
  });

  test('a second socket beside the first is closed, and the first takes over', async () => {
    const { sid } = await engine.open();
    const socket = engine.socket({ sid });
    await socket.opened;
    const second = engine.socket({ sid });
    await second.end();
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    socket.send('5');
    await echoes(socket);
  });
});

test('a polling session that was evicted is gone, and its client may begin anew', async () => {
  const { sid } = await engine.open();
  await hub.evict('WebSocketConnection', 'engineio-0');
  await until(async () => (await engine.get(sid)).status === 400);
  await engine.open();
});

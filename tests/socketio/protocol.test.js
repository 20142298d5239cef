// Socket.IO protocol 5, rule by rule, as its specification has them; the strings are those that go over the wire.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startHub } from '../support/index.js';
import { Engine, connected } from '../support/engine.js';

let hub;
let engine;
before(async () => {
  hub = await startHub({ build: 'build-echo' });
  engine = new Engine(hub, '/socket.io/');
});
after(() => hub.stop());

/** A socket that has had its handshake. */
async function opened() {
  const socket = engine.socket();
  assert.equal((await socket.next())[0], '0');
  return socket;
}

describe('connect', () => {
  for (const [what, packet, answer, auth] of [
    ['to the main namespace', '40', '40', '42["auth",{}]'],
    ['to the main namespace, with a payload', '40{"token":"123"}', '40', '42["auth",{"token":"123"}]'],
    ['to another namespace', '40/custom,', '40/custom,', '42/custom,["auth",{}]'],
    ['to another namespace, with a payload', '40/custom,{"token":"abc"}', '40/custom,', '42/custom,["auth",{"token":"abc"}]'],
  ]) {
    test(what, async () => {
      const socket = await opened();
      socket.send(packet);
      const got = await socket.next();
      assert.ok(got.startsWith(`${answer}{`), got);
      const handshake = JSON.parse(got.slice(answer.length));
      assert.deepEqual(Object.keys(handshake), ['sid']);
      assert.equal(typeof handshake.sid, 'string');
      assert.equal(await socket.next(), auth);
      socket.terminate();
    });
  }

  test('to an unknown namespace', async () => {
    const socket = await opened();
    socket.send('40/random');
    assert.equal(await socket.next(), '44/random,{"message":"Invalid namespace"}');
    socket.send('40');
    assert.match(await socket.next(), /^40\{"sid":/);
    socket.terminate();
  });

  test('refused by the application', async () => {
    const socket = await opened();
    socket.send('40{"token":"refuse"}');
    assert.equal(await socket.next(), '44{"message":"Authentication failed","data":{"code":"INVALID_TOKEN"}}');
    socket.terminate();
  });

  test('an invalid handshake closes the connection', async () => {
    const socket = await opened();
    socket.send('4abc');
    await socket.end();
  });

  test('over polling, on each path', async () => {
    for (const path of ['/socket.io/', '/socket.io', '/ws/', '/ws']) {
      const own = new Engine(hub, path);
      const { sid } = await own.open();
      assert.equal((await own.post(sid, '40')).text, 'ok');
      const { text } = await own.get(sid);
      assert.match(text, /^40\{"sid":"[0-9a-f]+"\}\x1e42\["auth",\{\}\]$/, path);
      await own.post(sid, '1');
    }
  });
});

describe('disconnect', () => {
  test('from the main namespace: nothing is answered', async () => {
    const socket = engine.socket({}, { silent: true });
    await socket.next();
    socket.send('40');
    await socket.next();
    await socket.next();
    socket.send('41');
    assert.equal(await socket.next(), '2');
    socket.terminate();
  });

  test('from another namespace: the main one goes on', async () => {
    const socket = await connected(engine);
    socket.send('40/custom');
    await socket.next();
    await socket.next();
    socket.send('41/custom');
    socket.send('42["message","message to main namespace"]');
    assert.equal(await socket.next(), '42["message-back","message to main namespace"]');
    socket.terminate();
  });

  test('by the server', async () => {
    const socket = await connected(engine);
    socket.send('42["disconnect-me"]');
    assert.equal(await socket.next(), '41');
    await socket.end();
  });
});

describe('message', () => {
  const placeholders = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';

  test('plain text', async () => {
    const socket = await connected(engine);
    socket.send('42["message",1,"2",{"3":[true]}]');
    assert.equal(await socket.next(), '42["message-back",1,"2",{"3":[true]}]');
    socket.terminate();
  });

  test('with attachments', async () => {
    const socket = await connected(engine);
    socket.send(`452-["message",${placeholders}]`);
    socket.send([1, 2, 3]);
    socket.send([4, 5, 6]);
    assert.equal(await socket.next(), `452-["message-back",${placeholders}]`);
    assert.deepEqual(await socket.next(), [1, 2, 3]);
    assert.deepEqual(await socket.next(), [4, 5, 6]);
    socket.terminate();
  });

  test('with an acknowledgement', async () => {
    const socket = await connected(engine);
    socket.send('42456["message-with-ack",1,"2",{"3":[false]}]');
    assert.equal(await socket.next(), '43456[1,"2",{"3":[false]}]');
    socket.terminate();
  });

  test('with attachments and an acknowledgement', async () => {
    const socket = await connected(engine);
    socket.send(`452-789["message-with-ack",${placeholders}]`);
    socket.send([1, 2, 3]);
    socket.send([4, 5, 6]);
    assert.equal(await socket.next(), `462-789[${placeholders}]`);
    assert.deepEqual(await socket.next(), [1, 2, 3]);
    assert.deepEqual(await socket.next(), [4, 5, 6]);
    socket.terminate();
  });

  test('attachments over polling', async () => {
    const { sid } = await engine.open();
    await engine.post(sid, '40');
    await engine.get(sid);
    assert.equal((await engine.post(sid, `452-["message",${placeholders}]\x1ebAQID\x1ebBAUG`)).text, 'ok');
    assert.equal((await engine.get(sid)).text, `452-["message-back",${placeholders}]\x1ebAQID\x1ebBAUG`);
  });

  for (const [what, packet] of [
    ['an unknown packet type', '4abc'],
    ['a payload of another kind', '42{}'],
    ['an ack id that is none', '42abc["message-with-ack",1,"2",{"3":[false]}]'],
    ['a namespace that it is not in', '42/custom,["message"]'],
    ['more attachments than there may be', '4599999999999-["message"]'],
  ]) {
    test(`${what} closes the connection`, async () => {
      const socket = await connected(engine);
      socket.send(packet);
      await socket.end();
    });
  }
});

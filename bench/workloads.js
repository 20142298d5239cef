// What is measured, of whom, and what the product must reach.
//
// A goal compares the product's figure with a number, or its ratio to a peer's. `load` is what the generator is told;
// `--quick` takes the sizes of `quick`. A size in the title is the one that was measured.
const EVERYBODY = ['product', 'object', 'ws', 'socketio'];
const OBJECTS = ['product', 'object'];
const EVEN = [{ against: 'object', atLeast: 1 }];

const CPU = { title: 'processor time each, µs' };
const DELIVERIES = { deliveries_per_s: { title: 'deliveries/s', goals: EVEN }, cpu_us: CPU, p50_ms: { title: 'p50, ms' }, p99_ms: { title: 'p99, ms' } };

/** One tick of 100 symbols to 1,000 sockets with 20 channels each, `sets` of which differ. */
function tick(sets) {
  return { load: { name: 'tick', sockets: 1000, channels: 20, sets, seconds: 5 }, quick: { seconds: 2 } };
}

function updates(goals) {
  return { updates_per_s: { title: 'updates/s', goals }, cpu_us: CPU };
}

const BATCHED = updates([
  { against: 'object', atLeast: 6 },
  { against: 'ws', atLeast: 5 },
  { against: 'batching', atLeast: 1 },
]);

/** So many messages a second on 100 channels with 10 subscribers each. */
function publish(rate, per_request) {
  return {
    servers: EVERYBODY,
    load: { name: 'publish', rate, per_request, seconds: 10 },
    quick: { seconds: 3 },
    figures: {
      messages_per_s: { title: 'messages/s', goals: [{ atLeast: 1000 }] },
      p50_ms: { title: 'p50, ms' },
      p99_ms: { title: 'p99, ms', goals: [{ atMost: 50 }] },
      lost: { title: 'lost', goals: [{ atMost: 0 }] },
    },
  };
}

export const WORKLOADS = {
  broadcast: {
    title: 'broadcast to {sockets} sockets',
    servers: EVERYBODY,
    load: { name: 'broadcast', sockets: 1000, seconds: 5 },
    quick: { seconds: 2 },
    figures: DELIVERIES,
  },
  'broadcast-10000': {
    title: 'broadcast to {sockets} sockets',
    servers: EVERYBODY,
    load: { name: 'broadcast', sockets: 10_000, seconds: 5 },
    quick: { seconds: 2 },
    figures: DELIVERIES,
  },
  tick: {
    title: 'market tick, 10 sets of channels, batches',
    servers: ['product', 'object', 'batching', 'ws', 'socketio'],
    batch: true,
    ...tick(10),
    figures: BATCHED,
  },
  'tick-1000': {
    title: 'market tick, 1,000 sets of channels, batches',
    servers: ['product', 'object', 'batching', 'ws', 'socketio'],
    batch: true,
    ...tick(1000),
    figures: BATCHED,
  },
  'tick-frames': {
    title: 'market tick, 10 sets of channels, a frame for each update',
    servers: OBJECTS,
    ...tick(10),
    figures: updates(EVEN),
  },
  'tick-frames-1000': {
    title: 'market tick, 1,000 sets of channels, a frame for each update',
    servers: OBJECTS,
    ...tick(1000),
    figures: updates(EVEN),
  },
  connect: {
    title: 'connect, auth, subscribe, 64 at a time',
    servers: EVERYBODY,
    load: { name: 'storm', connections: 5000 },
    quick: { connections: 2000 },
    figures: {
      p50_ms: { title: 'p50, ms', goals: [{ atMost: 100 }, { against: 'object', atMost: 1.2 }] },
      p99_ms: { title: 'p99, ms' },
      per_s: { title: 'connections/s' },
      cpu_us: CPU,
    },
  },
  publish: { title: 'publish 1,200 messages/s, 10 in a request', ...publish(1200, 10) },
  'publish-single': { title: 'publish 1,200 messages/s, one in a request', ...publish(1200, 1) },
  wake: {
    title: 'first broadcast after hibernation, {sockets} sockets',
    servers: OBJECTS,
    load: { name: 'wake', sockets: 5000, pause_s: 30 },
    quick: { sockets: 1000 },
    figures: {
      first_ms: { title: 'until the last has it, ms', goals: [{ against: 'object', atMost: 1.2 }] },
      next_ms: { title: 'the one after it, ms' },
    },
  },
  heap: {
    title: 'Wasm heap, {connections} connections with 10 channels',
    servers: ['product'],
    once: true, // bytes do not depend on what else the machine does
    load: { name: 'heap', connections: 10_000, churn: 10 },
    quick: { connections: 2000, churn: 4 },
    figures: {
      bytes_each: { title: 'bytes per connection', goals: [{ atMost: 1024 }] },
      settling_bytes: { title: 'growth in the first half of the churn, bytes' },
      growth_bytes: { title: 'growth in the second half, bytes', goals: [{ atMost: 0 }] },
    },
  },
  start: {
    title: 'start of the process',
    servers: OBJECTS,
    repeat: 5,
    figures: { started_ms: { title: 'first answer, ms', goals: [{ against: 'object', within: 50 }] } },
  },
  bundle: {
    title: 'bundle',
    servers: ['product'],
    once: true,
    figures: { gzip_kb: { title: 'Wasm and JS, KB gzipped', goals: [{ atMost: 400 }] } },
  },
};

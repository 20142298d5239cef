// The client library of CryptoIntel: docs/client.md.
export { CryptoIntelWebSocket } from './client.js';
export type { MessageOn } from './topics.js';
export type * from './types.js';
export type * from './frames.js';

export { Client, connect } from './client.js';
export { startHub } from './hub.js';
export { token } from './token.js';
export { startUpstream } from './upstream/http.js';
export { startUpstreams } from './upstream/index.js';

// HS256 tokens by WebCrypto, for every peer: in a Worker and in Node.
const utf8 = new TextEncoder();
const keys = new Map();

/** The claims of a genuine token that has not expired; otherwise throws. */
export async function verify(token, secret) {
  const [header, payload, signature] = String(token).split('.');
  if (parsed(header).alg !== 'HS256') throw new Error('the token is not signed with HS256');
  const signed = utf8.encode(`${header}.${payload}`);
  if (!(await crypto.subtle.verify('HMAC', await key(secret), bytes(signature), signed))) throw new Error('the signature is wrong');
  const claims = parsed(payload);
  if (!(claims.exp > Date.now() / 1000)) throw new Error('the token has expired');
  return claims;
}

function key(secret) {
  if (!keys.has(secret)) {
    keys.set(secret, crypto.subtle.importKey('raw', utf8.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']));
  }
  return keys.get(secret);
}

function parsed(part) {
  return JSON.parse(new TextDecoder().decode(bytes(part)));
}

function bytes(base64url) {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

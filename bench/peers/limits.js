// What every peer checks of what a client sends.
export const MAX_CHANNELS = 50;
export const MAX_MESSAGE_BYTES = 65_536;

const CHANNEL = /^(price|mentions):[a-z0-9-]{1,100}$/;

/** The channels that exist. */
export function known(channels) {
  return channels.filter((channel) => typeof channel === 'string' && CHANNEL.test(channel));
}

/** The type of a channel's messages. */
export function typeOf(channel) {
  return channel.startsWith('price:') ? 'price_update' : 'mention_alert';
}

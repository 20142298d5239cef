// Coins that are listened to where the hub cannot say which it has: the greatest, and few enough that a connection, which may hold
// 50 channels, has room for the rest of the page.
export const WELL_KNOWN: readonly string[] = [
  'bitcoin', 'ethereum', 'tether', 'ripple', 'binancecoin', 'solana', 'usd-coin', 'dogecoin', 'tron', 'cardano', 'hyperliquid', 'sui',
  'chainlink', 'bitcoin-cash', 'stellar', 'leo-token', 'ethena-usde', 'avalanche-2', 'hedera-hashgraph', 'litecoin', 'the-open-network',
  'shiba-inu', 'monero', 'polkadot', 'zcash', 'uniswap', 'bitget-token', 'mantle', 'dai', 'pepe', 'aave', 'near',
];

// What coins are called. The hub knows them by their ids, which mostly are their names.

/** Whose id is not their name. */
const NAMES = new Map(Object.entries({
  'avalanche-2': 'Avalanche',
  binancecoin: 'BNB',
  bittorrent: 'BitTorrent',
  blockstack: 'Stacks',
  'crypto-com-chain': 'Cronos',
  cosmos: 'Cosmos Hub',
  'curve-dao-token': 'Curve DAO',
  dogwifcoin: 'dogwifhat',
  'ethena-usde': 'Ethena USDe',
  'fetch-ai': 'Artificial Superintelligence Alliance',
  'flare-networks': 'Flare',
  floki: 'FLOKI',
  gala: 'GALA',
  'gatechain-token': 'Gate',
  'hedera-hashgraph': 'Hedera',
  'immutable-x': 'Immutable',
  'injective-protocol': 'Injective',
  iota: 'IOTA',
  jasmycoin: 'JasmyCoin',
  'jito-governance-token': 'Jito',
  'jupiter-exchange-solana': 'Jupiter',
  'kucoin-shares': 'KuCoin',
  'leo-token': 'LEO Token',
  'lido-dao': 'Lido DAO',
  near: 'NEAR Protocol',
  nexo: 'NEXO',
  okb: 'OKB',
  'ondo-finance': 'Ondo',
  'pancakeswap-token': 'PancakeSwap',
  'pax-gold': 'PAX Gold',
  'polygon-ecosystem-token': 'POL (ex-MATIC)',
  'pump-fun': 'Pump.fun',
  'quant-network': 'Quant',
  'render-token': 'Render',
  ripple: 'XRP',
  'sei-network': 'Sei',
  'sonic-3': 'Sonic',
  spx6900: 'SPX6900',
  'story-2': 'Story',
  'the-open-network': 'Toncoin',
  'theta-token': 'Theta Network',
  tron: 'TRON',
  'usd-coin': 'USDC',
  vechain: 'VeChain',
  'virtual-protocol': 'Virtuals Protocol',
  'worldcoin-wld': 'Worldcoin',
  'xdce-crowd-sale': 'XDC Network',
  zksync: 'ZKsync',
}));

/** `bitcoin-cash` is called Bitcoin Cash, `avalanche-2` Avalanche. */
export function coinName(id: string): string {
  const words = id.split('-').filter(Boolean);
  return NAMES.get(id) ?? (words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ') || id);
}

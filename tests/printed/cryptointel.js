import { CryptoIntelWebSocket } from './websocket-client.js';

const ws = new CryptoIntelWebSocket('wss://cryptointel-data-production.magicmike.workers.dev/ws', {
  autoReconnect: true,
  reconnectDelay: 1000,
  maxReconnectAttempts: 10
});

// Subscribe to price updates
ws.subscribe(['price:bitcoin', 'price:ethereum'], (data) => {
  console.log('Price update:', data);
});

// Subscribe to high-confidence signals
ws.subscribe(['signals:high'], (signal) => {
  console.log('Signal alert:', signal);
  // Show notification to user
});

// Connect to WebSocket
ws.connect();

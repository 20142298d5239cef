import React, { useState, useEffect } from 'react';
import { CryptoIntelWebSocket } from './websocket-client';

function CryptoDashboard() {
  const [prices, setPrices] = useState({});
  const [signals, setSignals] = useState([]);

  useEffect(() => {
    const ws = new CryptoIntelWebSocket('wss://cryptointel-data-production.magicmike.workers.dev/ws');
    
    // Subscribe to price updates
    ws.subscribe(['price:bitcoin', 'price:ethereum'], (data) => {
      setPrices(prev => ({
        ...prev,
        [data.symbol.toLowerCase()]: data
      }));
    });
    
    // Subscribe to signals
    ws.subscribe(['signals:high'], (signal) => {
      setSignals(prev => [signal, ...prev.slice(0, 9)]);
    });
    
    ws.connect();
    
    return () => ws.disconnect();
  }, []);

  return (
    <div>
      <h2>Live Prices</h2>
      {Object.entries(prices).map(([symbol, data]) => (
        <div key={symbol}>
          {symbol.toUpperCase()}: ${data.price} USD
        </div>
      ))}
      
      <h2>Recent Signals</h2>
      {signals.map(signal => (
        <div key={signal.id}>
          <strong>{signal.type}</strong>: {signal.description}
          <br />
          Confidence: {(signal.confidence * 100).toFixed(1)}%
        </div>
      ))}
    </div>
  );
}

const ws = new WebSocket('ws://localhost:7000');

ws.onopen = () => {
  console.log('Connected to WebSocket');

  // Subscribe to BTC/USDT 5-minute candles
  ws.send(JSON.stringify({
    type: 'subscribe',
    symbol: 'BTC/USDT',
    interval: '5m',
    initialBars: 100
  }));
};

ws.onmessage = (event) => {
  const message = JSON.parse(event.data);

  switch (message.type) {
    case 'initial':
      console.log(`Received ${message.bars.length} initial candles`);
      // Initialize your chart with message.bars
      break;

    case 'update':
      console.log('Candle update:', message.bar);
      // Update your chart with the new/updated candle
      break;

    case 'error':
      console.error('Error:', message.message);
      break;

    case 'pong':
      console.log('Pong received');
      break;
  }
};

ws.onerror = (error) => {
  console.error('WebSocket error:', error);
};

ws.onclose = () => {
  console.log('Disconnected from WebSocket');
};

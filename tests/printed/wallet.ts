class CryptoWalletWebSocket {
  private ws: WebSocket;
  private heartbeatInterval: NodeJS.Timeout;
  private reconnectDelay = 1000;

  constructor(private token: string, private url: string) {}

  connect() {
    this.ws = new WebSocket(`${this.url}?token=${this.token}`);

    this.ws.onopen = () => {
      console.log('Connected');
      this.startHeartbeat();
      this.reconnectDelay = 1000;
    };

    this.ws.onmessage = (event) => {
      const message = JSON.parse(event.data);
      this.handleMessage(message);
    };

    this.ws.onclose = () => {
      console.log('Disconnected');
      this.stopHeartbeat();
      this.reconnect();
    };

    this.ws.onerror = (error) => {
      console.error('WebSocket error:', error);
    };
  }

  subscribeToPrices(symbols: string[]) {
    this.send({
      action: 'subscribe',
      channel: 'prices',
      symbols
    });
  }

  private startHeartbeat() {
    this.heartbeatInterval = setInterval(() => {
      this.send({ action: 'ping' });
    }, 30000);
  }

  private stopHeartbeat() {
    if (this.heartbeatInterval) {
      clearInterval(this.heartbeatInterval);
    }
  }

  private send(data: any) {
    if (this.ws.readyState === WebSocket.OPEN) {
      this.ws.send(JSON.stringify(data));
    }
  }

  private handleMessage(message: any) {
    switch (message.event) {
      case 'connected':
        console.log('Connection confirmed');
        break;
      case 'price_update':
        this.onPriceUpdate(message.data);
        break;
      case 'transaction_update':
        this.onTransactionUpdate(message.data);
        break;
      case 'error':
        console.error('Server error:', message.data);
        break;
    }
  }

  private reconnect() {
    setTimeout(() => {
      this.connect();
      this.reconnectDelay = Math.min(this.reconnectDelay * 2, 30000);
    }, this.reconnectDelay);
  }

  // Event handlers (override in implementation)
  onPriceUpdate(data: any) {}
  onTransactionUpdate(data: any) {}
}

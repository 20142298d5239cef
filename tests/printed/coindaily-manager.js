class WebSocketManager {
  constructor(url, token) {
    this.url = url;
    this.token = token;
    this.reconnectAttempts = 0;
    this.maxReconnectAttempts = 5;
    this.reconnectDelay = 1000;
    this.subscriptions = new Set();
  }
  
  connect() {
    this.socket = io(this.url, {
      auth: { token: this.token },
      reconnection: true
    });
    
    this.socket.on('connect', () => {
      this.reconnectAttempts = 0;
      this.resubscribe();
    });
    
    this.socket.on('disconnect', (reason) => {
      if (reason === 'io server disconnect') {
        // Server disconnected, reconnect manually
        this.socket.connect();
      }
    });
  }
  
  subscribe(event, data) {
    this.subscriptions.add({ event, data });
    this.socket.emit(event, data);
  }
  
  resubscribe() {
    // Restore all subscriptions after reconnection
    this.subscriptions.forEach(({ event, data }) => {
      this.socket.emit(event, data);
    });
  }
}

import { useEffect, useState } from 'react';
import { io, Socket } from 'socket.io-client';

function useWebSocket(url: string, token: string) {
  const [socket, setSocket] = useState<Socket | null>(null);
  const [isConnected, setIsConnected] = useState(false);
  
  useEffect(() => {
    const newSocket = io(url, {
      auth: { token }
    });
    
    newSocket.on('connect', () => {
      setIsConnected(true);
    });
    
    newSocket.on('disconnect', () => {
      setIsConnected(false);
    });
    
    setSocket(newSocket);
    
    return () => {
      newSocket.close();
    };
  }, [url, token]);
  
  return { socket, isConnected };
}

// Usage
function MarketSentimentWidget() {
  const { socket, isConnected } = useWebSocket(
    'https://api.coindaily.com',
    localStorage.getItem('jwt_token')
  );
  
  const [sentiment, setSentiment] = useState(null);
  
  useEffect(() => {
    if (!socket || !isConnected) return;
    
    socket.emit('subscribe_market_sentiment', {
      tokens: ['BTC', 'ETH']
    });
    
    socket.on('market_sentiment_update', (data) => {
      setSentiment(data);
    });
    
    return () => {
      socket.emit('unsubscribe_market_sentiment');
      socket.off('market_sentiment_update');
    };
  }, [socket, isConnected]);
  
  return (
    <div>
      {sentiment ? (
        <div>
          {sentiment.token}: {sentiment.sentiment} ({sentiment.score})
        </div>
      ) : (
        <div>Loading...</div>
      )}
    </div>
  );
}

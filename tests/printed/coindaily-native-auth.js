const ws = new WebSocket('wss://api.coindaily.com/ws');

ws.onopen = () => {
  ws.send(JSON.stringify({
    type: 'auth',
    data: {
      token: localStorage.getItem('jwt_token')
    }
  }));
};

// Listen for authentication response
ws.onmessage = (event) => {
  const message = JSON.parse(event.data);
  
  if (message.type === 'auth_success') {
    console.log('Authenticated successfully');
  } else if (message.type === 'auth_error') {
    console.error('Authentication failed:', message.error);
  }
};

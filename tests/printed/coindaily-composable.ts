import { ref, onMounted, onUnmounted } from 'vue';
import { io } from 'socket.io-client';

export function useWebSocket(url: string, token: string) {
  const socket = ref(null);
  const isConnected = ref(false);
  
  onMounted(() => {
    socket.value = io(url, {
      auth: { token }
    });
    
    socket.value.on('connect', () => {
      isConnected.value = true;
    });
    
    socket.value.on('disconnect', () => {
      isConnected.value = false;
    });
  });
  
  onUnmounted(() => {
    if (socket.value) {
      socket.value.close();
    }
  });
  
  return { socket, isConnected };
}

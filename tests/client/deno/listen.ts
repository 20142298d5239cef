// A program for Deno, in its words for an npm package: listens until it has heard three messages, and says how that went.
import { CryptoIntelWebSocket } from 'npm:@cryptointel/client';

const client = new CryptoIntelWebSocket(Deno.args[0], { getToken: () => 'jwt', reconnectDelay: 10 });
const opened: string[] = [];
const closed: number[] = [];
const errors: string[] = [];
const heard: [price: number, offset: number | undefined][] = [];

client.on('open', ({ transport }) => opened.push(transport));
client.on('close', ({ code }) => closed.push(code));
client.on('error', ({ code }) => errors.push(code));
client.subscribe('price:bitcoin', ({ price }, { offset }) => {
  heard.push([price, offset]);
  if (heard.length < 3) return;
  console.log(JSON.stringify({ opened, closed, errors, heard }));
  client.disconnect();
});
client.connect();

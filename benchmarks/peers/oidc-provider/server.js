// node server.js URL
import { createServer } from 'node:http';
import { Adapter } from './adapter.js';
import { newProvider } from './provider.js';

const handle = newProvider(Adapter).callback();
const { hostname, port } = new URL(process.argv[2]);

createServer((request, response) => {
  if (request.url === '/ready') response.end('Ready');
  else handle(request, response);
}).listen(Number(port), hostname);

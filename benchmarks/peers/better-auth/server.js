// node server.js URL
import { createServer } from 'node:http';
import { toNodeHandler } from 'better-auth/node';
import { auth } from './auth.js';

const handle = toNodeHandler(auth);
const { hostname, port } = new URL(process.argv[2]);

createServer((request, response) => {
  if (request.url === '/ready') response.end('Ready');
  else handle(request, response);
}).listen(Number(port), hostname);

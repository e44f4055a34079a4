import { connect, createServer, type Socket } from 'node:net';

/**
 * The two ends of a TCP connection, each a process of its own inside a namespace:
 * `traffic receive ADDRESS` prints the port where it listens and, when the connection has ended, what came as JSON;
 * `traffic send FROM TO PORT SECONDS` sends as fast as it can.
 */
const [role, ...args] = process.argv.slice(2);
if (role === 'receive') receive(args[0] ?? '');
else send({ from: args[0] ?? '', to: args[1] ?? '', port: Number(args[2]), seconds: Number(args[3]) });

function receive(address: string): void {
  const server = createServer((socket) => {
    server.close();
    let first = 0;
    let last = 0;
    let bytes = 0;
    socket.on('data', (chunk) => {
      last = performance.now();
      if (bytes === 0) first = last;
      bytes += chunk.length;
    });
    socket.on('end', () => {
      process.stdout.write(`${JSON.stringify({ bytes, seconds: (last - first) / 1_000 })}\n`);
      socket.end();
    });
  });
  server.listen(0, address, () => {
    const bound = server.address();
    if (typeof bound === 'object' && bound !== null) process.stdout.write(`${bound.port}\n`);
  });
}

type Sending = { readonly from: string; readonly to: string; readonly port: number; readonly seconds: number };

function send({ from, to, port, seconds }: Sending): void {
  const socket = connect({ localAddress: from, host: to, port });
  socket.on('connect', () => {
    const end = performance.now() + seconds * 1_000;
    pour(socket, Buffer.alloc(CHUNK, 0x2e), end);
  });
}

/** Large enough that calls cost nothing, small enough that the end comes in time. */
const CHUNK = 128 * 1_024;

function pour(socket: Socket, chunk: Buffer, end: number): void {
  while (performance.now() < end) {
    if (socket.write(chunk)) continue;
    socket.once('drain', () => pour(socket, chunk, end));
    return;
  }
  socket.end();
}

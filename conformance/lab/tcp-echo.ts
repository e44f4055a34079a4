import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * One TCP connection that carries bytes both ways: `tcp-echo listen ADDRESS PORT` sends back whatever comes, until it is
 * ended, and `tcp-echo send ADDRESS PORT FROM BYTES` exits with 0 when all that it has sent came back as it was.
 */
const [role, address = '', port = '0', from = '', bytes = '0'] = process.argv.slice(2);
if (role === 'listen') {
  createServer((socket) => socket.pipe(socket)).listen(Number(port), address, () => console.log('listening'));
} else {
  const data = randomBytes(Number(bytes));
  const back = await exchange(connect({ host: address, port: Number(port), localAddress: from }), data);
  if (!back.equals(createHash('sha256').update(data).digest())) throw new Error('other bytes came back');
}

/** The hash of what comes back. */
async function exchange(socket: Socket, data: Buffer): Promise<Buffer> {
  const hash = createHash('sha256');
  socket.on('data', (part) => hash.update(part));
  socket.end(data);
  await once(socket, 'end');
  return hash.digest();
}

import { UdpSocket } from '../../src/native/udp-socket.ts';

/** `encap-holder PORT …`: UDP sockets for ESP-in-UDP at these ports, until standard input ends. */
const sockets = process.argv.slice(2).map((port) => UdpSocket.open({ family: 4, port: Number(port), udpEncap: true }));
process.stdout.write('ready\n');
process.stdin.on('end', () => {
  for (const socket of sockets) socket.close();
  process.exit(0);
});
process.stdin.resume();

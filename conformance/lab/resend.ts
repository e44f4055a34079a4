import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { changed, espInUdp } from './esp-in-udp.ts';

/**
 * Sends the last packets of ESP in UDP that a capture has towards an address once more, from wherever it runs and with the
 * same content or a changed one: `resend CAPTURE ADDRESS seen|changed COUNT`. Fails where there are not so many.
 */
const [capture = '', address = '', as = 'seen', count = '1'] = process.argv.slice(2);
const packets = espInUdp(readFileSync(capture), address).slice(-Number(count));
if (packets.length < Number(count)) throw new Error(`the capture has ${packets.length} packets of ESP to ${address}`);

const socket = createSocket('udp4');
for (const packet of packets) {
  await new Promise<void>((resolve, reject) => {
    const datagram = as === 'changed' ? changed(packet) : packet;
    socket.send(datagram, 4500, address, (error) => (error ? reject(error) : resolve()));
  });
}
socket.close();

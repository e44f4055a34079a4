import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';

/**
 * Opens IKE SAs and forgets them: `half-open FROM TO COUNT` sends COUNT proper IKE_SA_INIT requests, each with its own
 * SPI and port, and exits when the last has left. What answers come are ignored.
 */
const [from = '', to = '', count = '1'] = process.argv.slice(2);
for (let index = 0; index < Number(count); index += 1) await send(20_000 + index);

function send(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(from.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', reject);
    socket.bind(port, from, () => {
      socket.send(ikeSaInit(), 500, to, (error) => {
        socket.close();
        if (error) reject(error);
        else resolve();
      });
    });
  });
}

/** RFC 7296 §1.2: HDR, SAi1, KEi, Ni for aes128-sha1-modp1024. */
function ikeSaInit(): Buffer {
  const body = Buffer.concat([
    payload(34, proposal()),
    payload(40, Buffer.concat([u16(2), u16(0), Buffer.from([1]), randomBytes(127)])),
    payload(0, randomBytes(32)),
  ]);
  const header = Buffer.alloc(28);
  randomBytes(8).copy(header, 0);
  header.set([33, 0x20, 34, 0x08], 16);
  header.writeUInt32BE(28 + body.length, 24);
  return Buffer.concat([header, body]);
}

/** Proposal 1 of IKE with four transforms: AES-CBC-128, PRF and integrity of HMAC-SHA-1, group 2. */
function proposal(): Buffer {
  const keyLength128 = Buffer.from([0x80, 14, 0, 128]);
  const transforms = Buffer.concat([
    transform([1, 12], 3, keyLength128),
    transform([2, 2], 3),
    transform([3, 2], 3),
    transform([4, 2], 0),
  ]);
  return Buffer.concat([Buffer.from([0, 0]), u16(8 + transforms.length), Buffer.from([1, 1, 0, 4]), transforms]);
}

function transform([type, id]: readonly [number, number], more: number, attributes = Buffer.alloc(0)): Buffer {
  return Buffer.concat([
    Buffer.from([more, 0]),
    u16(8 + attributes.length),
    Buffer.from([type, 0]),
    u16(id),
    attributes,
  ]);
}

function payload(next: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([next, 0]), u16(4 + content.length), content]);
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ViciEvent } from '../command.ts';
import { encodeFrame, FrameReader } from '../frame.ts';
import { decodeMessage, encodeMessage, type ViciSection } from '../message.ts';
import { decodePacket, encodePacket, type PacketType, type ViciPacket } from '../packet.ts';
import { section } from '../section.ts';
import { plain } from './charon-recording.ts';

/** Test support: a client of vici that does what it is told, broken frames included. */
export class ViciClient {
  readonly #socket: Socket;
  readonly #frames = new FrameReader();
  readonly #received: ViciPacket[] = [];
  readonly closed: Promise<unknown>;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // What was on its way when the server closes is no error of the test's.
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#wake());
    socket.on('data', (piece) => {
      for (const payload of this.#frames.read(piece)) this.#received.push(decodePacket(payload));
      this.#wake();
    });
  }

  static async connect(path: string): Promise<ViciClient> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new ViciClient(socket);
  }

  /** The events that came before the reply, and the reply. */
  async request(
    name: string,
    message: ViciSection = section({}),
  ): Promise<{ events: ViciPacket[]; reply: ViciPacket }> {
    this.send({ type: 'command-request', name, message: encodeMessage(message) });
    const events: ViciPacket[] = [];
    for (;;) {
      const packet = await this.next();
      if (packet.type !== 'event') return { events, reply: packet };
      events.push(packet);
    }
  }

  /** The reply of a command, as plain lists. */
  async ask(name: string, elements: Parameters<typeof section>[0] = {}): Promise<unknown[]> {
    const { reply } = await this.request(name, section(elements));
    return plain(decodeMessage(reply.message));
  }

  /** The type of the answer. */
  async register(event: ViciEvent | 'nonsense', type: PacketType = 'event-register'): Promise<PacketType> {
    this.send({ type, name: event, message: new Uint8Array() });
    return (await this.next()).type;
  }

  send(packet: ViciPacket): void {
    this.sendPayload(encodePacket(packet));
  }

  sendPayload(payload: Uint8Array): void {
    this.sendBytes(encodeFrame(payload));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  async next(): Promise<ViciPacket> {
    for (;;) {
      const packet = this.#received.shift();
      if (packet !== undefined) return packet;
      if (this.#socket.destroyed) throw new Error('the server has closed the connection');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Reads nothing from now on. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.destroy();
  }
}

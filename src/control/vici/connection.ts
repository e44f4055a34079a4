import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { WireError } from '../../base/errors.ts';
import { EMPTY, refused, VICI_EVENTS, type ViciCommand, type ViciEvent } from './command.ts';
import { encodeFrame, FrameReader } from './frame.ts';
import { decodeMessage, encodeMessage, type ViciSection } from './message.ts';
import { decodePacket, encodePacket, type PacketType, type ViciPacket } from './packet.ts';
import type { ViciApi } from './vici-api.ts';

/** Bytes, counts and milliseconds that bound what one client can hold. */
export type ConnectionLimits = {
  /** Bytes that may wait for a client that does not read, and of its own requests; one that lets more pile up is cut off. */
  readonly maxBacklog: number;
  /** Bytes that wait before a stream of events waits for the client. */
  readonly highWater: number;
  /** How long it waits. */
  readonly patience: number;
  /** Packets that may wait while a command runs. */
  readonly maxQueue: number;
};

export type ConnectionOptions = {
  readonly api: ViciApi;
  readonly commands: ReadonlyMap<string, ViciCommand>;
  readonly limits: ConnectionLimits;
  /** Told of a bug of ours behind a command. */
  readonly onError: (error: unknown) => void;
};

/**
 * One client: its packets are answered in their order, one command at a time, and events go out at any time between.
 * All that is sent passes through one queue, that of the socket, in whole frames.
 */
export class ViciConnection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #frames = new FrameReader();
  readonly #registered = new Set<string>();
  readonly #queue: ViciPacket[] = [];
  readonly #gone = new AbortController();
  #queuedBytes = 0;
  #streamed = 0;
  #busy = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('data', (piece: Buffer) => this.#onData(piece));
    // A client that goes in the middle of something is no fault of ours; `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#gone.abort());
  }

  wants(event: ViciEvent): boolean {
    return this.#registered.has(event);
  }

  /** Sends a whole frame, unless the client has too much to read already: then it is cut off. */
  send(frame: Uint8Array): void {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    if (this.#socket.writableLength + frame.length > this.#options.limits.maxBacklog) this.#socket.destroy();
    else this.#socket.write(frame);
  }

  end(): void {
    this.#socket.destroy();
  }

  #onData(piece: Uint8Array): void {
    try {
      for (const payload of this.#frames.read(piece)) this.#onPayload(payload);
    } catch (error) {
      if (!(error instanceof WireError)) this.#options.onError(error);
      // Where a frame begins is lost.
      this.#socket.destroy();
    }
  }

  #onPayload(payload: Uint8Array): void {
    const packet = readPacket(payload);
    // Passed over without an answer, as charon does: a client waits for the answer to what it has asked.
    if (packet === undefined) return;
    const { maxQueue, maxBacklog } = this.#options.limits;
    this.#queuedBytes += packet.message.length;
    if (this.#queue.length >= maxQueue || this.#queuedBytes > maxBacklog) return this.#cutOff();
    this.#queue.push(packet);
    if (!this.#busy) void this.#work();
  }

  /** What waits would be done for nobody. */
  #cutOff(): void {
    this.#queue.length = 0;
    this.#socket.destroy();
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    this.#busy = true;
    for (let packet = this.#queue.shift(); packet !== undefined; packet = this.#queue.shift()) {
      this.#queuedBytes -= packet.message.length;
      if (packet.type === 'command-request') await this.#perform(packet);
      else this.#register(packet);
      // Hundreds of lists that were asked for at once must not keep IKE waiting.
      if (this.#queue.length > 0) await turn();
    }
    this.#busy = false;
  }

  #register({ type, name = '' }: ViciPacket): void {
    if (type === 'event-register' && EVENT_NAMES.has(name)) this.#registered.add(name);
    else if (type !== 'event-unregister' || !this.#registered.delete(name)) return this.#answer('event-unknown', EMPTY);
    this.#answer('event-confirm', EMPTY);
  }

  async #perform({ name = '', message }: ViciPacket): Promise<void> {
    const command = this.#options.commands.get(name);
    if (command === undefined) return this.#answer('command-unknown', EMPTY);
    try {
      this.#answer('command-response', await this.#run(command, message));
    } catch (error) {
      if (this.#gone.signal.aborted) return;
      this.#options.onError(error);
      this.#answer('command-response', refused('a bug of the daemon: its log has it'));
    }
  }

  #run(command: ViciCommand, message: Uint8Array): ViciSection | Promise<ViciSection> {
    const request = readMessage(message);
    // Half of what somebody wanted to say is not what he wanted.
    if (request instanceof WireError) return refused(`the request is malformed: ${request.message}`);
    return command.run(request, {
      api: this.#options.api,
      stream: (event, streamed) => this.#stream(event, streamed),
      tell: (event, told) => this.#tell(event, told),
      wants: (event) => this.wants(event),
      signal: this.#gone.signal,
    });
  }

  #answer(type: PacketType, message: ViciSection): void {
    this.send(encodeFrame(encodePacket({ type, message: encodeMessage(message) })));
  }

  #tell(event: ViciEvent, message: ViciSection): void {
    if (this.wants(event)) this.send(eventFrame(event, message));
  }

  async #stream(event: ViciEvent, message: ViciSection): Promise<void> {
    // The rest of the list would be for nobody.
    if (this.#gone.signal.aborted) throw new Error('the client has gone');
    this.#tell(event, message);
    this.#streamed += 1;
    if (this.#streamed % EVENTS_A_TURN === 0) await turn();
    if (this.#socket.writableLength > this.#options.limits.highWater) await this.#room();
  }

  /** Rejects where the client does not read, or has gone. */
  #room(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const done = (act: () => void) => () => {
        clearTimeout(timer);
        socket.off('drain', onDrain);
        socket.off('close', onClose);
        act();
      };
      const onDrain = done(resolve);
      const onClose = done(() => reject(new Error('the client has gone')));
      const timer = setTimeout(() => socket.destroy(), this.#options.limits.patience);
      socket.on('drain', onDrain);
      socket.on('close', onClose);
      if (socket.destroyed) onClose();
    });
  }
}

export function eventFrame(event: ViciEvent, message: ViciSection): Uint8Array {
  return encodeFrame(encodePacket({ type: 'event', name: event, message: encodeMessage(message) }));
}

/** Of a list, before IKE has its turn: some milliseconds. */
const EVENTS_A_TURN = 32;

const EVENT_NAMES: ReadonlySet<string> = new Set(VICI_EVENTS);
const FROM_CLIENTS: ReadonlySet<PacketType> = new Set(['command-request', 'event-register', 'event-unregister']);

function readPacket(payload: Uint8Array): ViciPacket | undefined {
  try {
    const packet = decodePacket(payload);
    return FROM_CLIENTS.has(packet.type) ? packet : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function readMessage(bytes: Uint8Array): ViciSection | WireError {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
}

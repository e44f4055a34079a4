import { z } from 'zod';
import { count, names, time } from './scalar-shapes.ts';

/** What goes over the control socket for those who watch tunnels from outside, or look into their messages. */

/** OpenMetrics 1.0. */
export const metricsSchema: z.ZodType<string> = z.string();

/** The last messages of a tunnel, decoded, oldest first; of keys, nonces and proofs no more than their length. */
export type ExchangesReport = { readonly messages: readonly ExchangedMessage[] };

export type ExchangedMessage = {
  /** ISO 8601. */
  readonly time: string;
  readonly way: 'sent' | 'received';
  /** The daemon's own number of the IKE SA. */
  readonly ike: number;
  readonly exchange: string;
  readonly messageId: number;
  /** IKEv2 only. */
  readonly kind?: 'request' | 'response';
  readonly payloads: readonly string[];
};

const exchangedMessage: z.ZodType<ExchangedMessage> = z.object({
  time,
  way: z.enum(['sent', 'received']),
  ike: count.describe("the daemon's own number of the IKE SA"),
  exchange: z.string().describe('such as IKE_AUTH or QUICK_MODE'),
  messageId: count,
  kind: z.enum(['request', 'response']).exactOptional().describe('IKEv2 only'),
  payloads: names.describe('each in a few words; of keys, nonces and proofs no more than their length'),
});

export const exchangesReportSchema: z.ZodType<ExchangesReport> = z.object({
  messages: z.array(exchangedMessage).readonly().describe('oldest first'),
});

/** Lines for the files of that name in Wireshark's configuration directory. */
export type KeyLogReport = {
  readonly ikev1_decryption_table: readonly string[];
  readonly ikev2_decryption_table: readonly string[];
  /** One sentence for each IKE SA that Wireshark cannot read. */
  readonly notes: readonly string[];
};

export const keyLogReportSchema: z.ZodType<KeyLogReport> = z.object({
  ikev1_decryption_table: names,
  ikev2_decryption_table: names,
  notes: names.describe('one sentence for each IKE SA that Wireshark cannot read'),
});

/** A capture file, whose packets follow as they come. */
export const captureSchema: z.ZodType<string> = z.string().describe('a pcap file, raw IP').meta({ format: 'binary' });

export const OBSERVING_SHAPES = {
  Metrics: metricsSchema,
  ExchangesReport: exchangesReportSchema,
  ExchangedMessage: exchangedMessage,
  KeyLogReport: keyLogReportSchema,
  Capture: captureSchema,
} as const satisfies Record<string, z.ZodType>;

/** The one account of the local REST API. Ids are 32 hexadecimal digits, as Cloudflare's. */
export const ACCOUNT_ID = '10ca1acc0000000000000000000000e1';
export const QUEUE_ID = '10ca10000000000000000000000000e1';
export const DEAD_LETTER_QUEUE_ID = '10ca1dead000000000000000000000e1';

export interface QueueSettings {
  id: string;
  name: string;
  /** Deliveries after the first one. */
  maxRetries: number;
  /** Takes what was delivered too often; without one that is deleted. */
  deadLetterQueueId?: string;
}

/** As `wrangler queues consumer http add millrace-nudges --dead-letter-queue millrace-nudges-dead` makes them. */
export const QUEUES: readonly QueueSettings[] = [
  { id: QUEUE_ID, name: 'millrace-nudges', maxRetries: 3, deadLetterQueueId: DEAD_LETTER_QUEUE_ID },
  { id: DEAD_LETTER_QUEUE_ID, name: 'millrace-nudges-dead', maxRetries: 3 },
];

/** The account and the queues as the local REST API knows them: 32 hexadecimal digits, as Cloudflare's. */
export const ACCOUNT_ID = '10ca1acc0000000000000000000000e1';
export const QUEUE_ID = '10ca10000000000000000000000000e1';
export const DEAD_LETTER_QUEUE_ID = '10ca1dead000000000000000000000e1';

/** What the API token must be allowed to do, in the words of Cloudflare's token page. docs/cloudflare.md lists why. */
export const PERMISSIONS = {
  scripts: 'Account · Workers Scripts · Edit',
  queues: 'Account · Queues · Edit',
  bucket: 'Account · Workers R2 Storage · Edit',
  zones: 'Zone · Zone · Read',
} as const;

export type Permission = (typeof PERMISSIONS)[keyof typeof PERMISSIONS];

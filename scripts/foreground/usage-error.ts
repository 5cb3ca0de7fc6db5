/** Something about how a command was called. The message is for whoever typed it. */
export class UsageError extends Error {
  override name = 'UsageError';
}

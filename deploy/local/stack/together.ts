/** Like `Promise.all`, but throws only when all of the work has come to rest, so that it can be undone. */
export async function together<T extends Promise<unknown>[]>(
  ...work: T
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

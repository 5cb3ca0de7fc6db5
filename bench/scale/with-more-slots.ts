import pg from 'pg';

/** Well within the time after which a worker that is not heard of counts as gone. */
const SEEN_EVERY_MS = 5_000;

/**
 * Plans jobs as for so many slots more than there are while `work` runs: a worker that is on the books, can do nothing and
 * never asks. So every run does the very same tasks, however many workers do them.
 */
export async function withMoreSlots<T>(
  databaseUrl: string,
  slots: number,
  work: () => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl });
  // A database that goes away shows in what is measured.
  client.on('error', () => {});
  await client.connect();
  const see = () =>
    client.query(
      `insert into workers (id, machine_id, slots, free_slots, capabilities, version)
       values ('bench-books', 'bench-books', $1, 0, '{}', 'bench')
       on conflict (id) do update set slots = excluded.slots, last_seen_at = now()`,
      [slots],
    );
  await see();
  const timer = setInterval(() => void see().catch(() => {}), SEEN_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await client.query(`delete from workers where id = 'bench-books'`);
    await client.end();
  }
}

/** The programs of the edge's image: `main.ts edge`, `main.ts queue` and so on. Only the named one is loaded. */
const PROGRAMS: Readonly<Record<string, () => Promise<unknown>>> = {
  edge: () => import('./edge/main.ts'),
  queue: () => import('./queue/main.ts'),
  'neon-proxy': () => import('./neon-proxy/main.ts'),
  'redis-proxy': () => import('./redis-proxy/main.ts'),
  migrate: () => import('./migrate/main.ts'),
};

const program = PROGRAMS[process.argv[2] ?? ''];
if (program === undefined) {
  console.error(`usage: main.ts ${Object.keys(PROGRAMS).join(' | ')}`);
  process.exit(2);
}
await program();

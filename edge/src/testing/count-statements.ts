import type { Context } from '../context.ts';

/** The context, and how many statements were sent to the database through it so far. */
export function countStatements(ctx: Context): { ctx: Context; count(): number } {
  let count = 0;
  const db = new Proxy(ctx.db, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        count++;
        return Reflect.apply(member, target, given);
      };
    },
  });
  return { ctx: { ...ctx, db }, count: () => count };
}

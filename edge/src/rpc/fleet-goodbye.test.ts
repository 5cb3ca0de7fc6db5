import { create } from '@bufbuild/protobuf';
import { createContextValues, type HandlerContext } from '@connectrpc/connect';
import { ReportRequestSchema } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { rowsOf } from '../db/database.ts';
import { seeWorkers } from '../tasks/see-workers.ts';
import { WORKER } from '../testing/job-driver.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { fleetService } from './fleet-service.ts';

let outside: TestContext;
beforeAll(async () => {
  outside = await openTestContext({
    quiet: { stir: async () => {}, isQuiet: async () => true, settle: async () => {} },
  });
});
afterAll(() => outside.close());

test('the slots of a worker that leaves are gone, also where nothing else is written down', async () => {
  await seeWorkers(outside.ctx, [{ ...WORKER, id: 'stays' }]);
  await seeWorkers(outside.ctx, [{ ...WORKER, id: 'leaves' }]);
  const { report } = fleetService(outside.ctx);
  const leaving = { id: 'leaves', machineId: WORKER.machineId, slots: 0, freeSlots: 0, version: '1' };
  const context = { values: createContextValues() } as HandlerContext;
  await report(create(ReportRequestSchema, { workers: [leaving] }), context);
  const slots = await rowsOf(
    outside.ctx.db,
    sql`select id, slots from workers order by id`,
    z.object({ id: z.string(), slots: z.number() }),
  );
  expect(slots).toEqual([
    { id: 'leaves', slots: 0 },
    { id: 'stays', slots: WORKER.slots },
  ]);
});

-- All migrations that an upgrade lacks run in one transaction, beside live traffic. The indexes below lock what is being
-- written, and 0004 alters "tasks": taken when their turn comes, these locks meet those of the traffic crosswise, and one
-- of the two dies of it. So all of them at once, before anything is done. The traffic takes the same tables in both orders:
-- whoever waits too long lets go of all, and tries again for half a minute.
DO $$
BEGIN
  SET LOCAL lock_timeout = '200ms';
  FOR turn IN 1..100 LOOP
    BEGIN
      LOCK TABLE "projects" IN SHARE ROW EXCLUSIVE MODE;
      LOCK TABLE "jobs", "tasks", "webhook_deliveries" IN ACCESS EXCLUSIVE MODE;
      SET LOCAL lock_timeout = '30s';
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      PERFORM pg_sleep(0.1);
    END;
  END LOOP;
  RAISE lock_not_available USING MESSAGE = 'The tables are too busy to be upgraded: nothing was changed.';
END
$$;
--> statement-breakpoint
CREATE TABLE "dispatch_pauses" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" text,
	"codec" text,
	"reason" text NOT NULL,
	"actor" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	CONSTRAINT "dispatch_pauses_scope" UNIQUE NULLS NOT DISTINCT("project_id","codec")
);
--> statement-breakpoint
ALTER TABLE "dispatch_pauses" ADD CONSTRAINT "dispatch_pauses_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "dispatch_pauses_by_time" ON "dispatch_pauses" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_failed" ON "jobs" USING btree ("finished_at","id","project_id","failure_code") WHERE "jobs"."status" = 'failed';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_failed" ON "webhook_deliveries" USING btree ("ended_at","id") WHERE "webhook_deliveries"."state" = 'failed';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_failed_of_project" ON "webhook_deliveries" USING btree ("project_id","ended_at","id") WHERE "webhook_deliveries"."state" = 'failed';
CREATE TABLE "job_costs" (
	"job_id" uuid PRIMARY KEY NOT NULL,
	"cpu_micros" bigint NOT NULL,
	"bytes_read" bigint NOT NULL,
	"bytes_stored" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "metric_totals" (
	"metric" text NOT NULL,
	"label" text DEFAULT '' NOT NULL,
	"up_to" double precision NOT NULL,
	"observations" bigint NOT NULL,
	"total" double precision NOT NULL,
	CONSTRAINT "metric_totals_metric_label_up_to_pk" PRIMARY KEY("metric","label","up_to")
);
--> statement-breakpoint
CREATE TABLE "project_costs" (
	"project_id" text PRIMARY KEY NOT NULL,
	"cpu_micros" bigint NOT NULL,
	"bytes_read" bigint NOT NULL,
	"bytes_stored" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "cpu_micros" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "moved_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "job_costs" ADD CONSTRAINT "job_costs_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "project_costs" ADD CONSTRAINT "project_costs_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "project_costs_by_cpu" ON "project_costs" USING btree ("cpu_micros","project_id");--> statement-breakpoint
-- Counts an observation in the bucket of powers of the base that holds it. Few rows; locked in the order of the calls.
CREATE FUNCTION "observe"(of_metric text, of_label text, observed float8, base float8, least_up_to float8, most_up_to float8)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO "metric_totals" AS total ("metric", "label", "up_to", "observations", "total")
  SELECT of_metric, of_label, CASE WHEN up_to <= most_up_to THEN up_to ELSE 'Infinity' END, 1, observed
  FROM (SELECT CASE WHEN observed <= least_up_to THEN least_up_to
                    ELSE round((base ^ ceil(round(log(base::numeric, observed::numeric), 9)))::numeric)::float8 END AS up_to) bucket
  ON CONFLICT ("metric", "label", "up_to") DO UPDATE
  SET "observations" = total."observations" + 1, "total" = total."total" + excluded."total"
$$;
--> statement-breakpoint
-- What an ended job cost. A job that is retried ends again: only what came since is added to its project.
CREATE FUNCTION "meter_ended_job"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  spent "job_costs";
  before "job_costs";
BEGIN
  spent."job_id" := NEW."id";
  SELECT coalesce(sum("cpu_micros"), 0), coalesce(sum("source_bytes_read"), 0)
  INTO spent."cpu_micros", spent."bytes_read" FROM "tasks" WHERE "job_id" = NEW."id";
  SELECT coalesce(sum(o."size_bytes"), 0) INTO spent."bytes_stored"
  FROM (SELECT "task_id", "size_bytes" FROM "segments" WHERE "job_id" = NEW."id"
        UNION ALL SELECT "task_id", "size_bytes" FROM "files" WHERE "job_id" = NEW."id") o
  JOIN "tasks" t ON t."id" = o."task_id" AND t."job_id" = NEW."id";
  SELECT * INTO before FROM "job_costs" WHERE "job_id" = NEW."id";
  INSERT INTO "job_costs" VALUES (spent.*)
  ON CONFLICT ("job_id") DO UPDATE
  SET "cpu_micros" = excluded."cpu_micros", "bytes_read" = excluded."bytes_read", "bytes_stored" = excluded."bytes_stored";
  INSERT INTO "project_costs" AS total ("project_id", "cpu_micros", "bytes_read", "bytes_stored")
  VALUES (NEW."project_id", spent."cpu_micros" - coalesce(before."cpu_micros", 0),
          spent."bytes_read" - coalesce(before."bytes_read", 0),
          greatest(0, spent."bytes_stored" - coalesce(before."bytes_stored", 0)))
  ON CONFLICT ("project_id") DO UPDATE
  SET "cpu_micros" = total."cpu_micros" + excluded."cpu_micros", "bytes_read" = total."bytes_read" + excluded."bytes_read",
      "bytes_stored" = total."bytes_stored" + excluded."bytes_stored";
  IF NEW."status" = 'completed' THEN
    PERFORM "observe"('job_cpu_seconds', '', spent."cpu_micros" / 1e6, 2, 1, 1048576);
    PERFORM "observe"('job_bytes', 'read', spent."bytes_read", 4, 1048576, 17592186044416);
    PERFORM "observe"('job_bytes', 'stored', spent."bytes_stored", 4, 1048576, 17592186044416);
  ELSIF NEW."status" = 'failed' THEN
    PERFORM "observe"('job_failures_total', coalesce(NEW."failure_code", 'unknown'), 0, 2, 'Infinity', 'Infinity');
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "job_ended" AFTER UPDATE OF "status" ON "jobs" FOR EACH ROW
WHEN (OLD."status" <> NEW."status" AND NEW."status" IN ('completed', 'failed', 'canceled')) EXECUTE FUNCTION "meter_ended_job"();
--> statement-breakpoint
CREATE FUNCTION "meter_playable_job"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- One statement may tell of several jobs, in the order of their ids: two of them must not wait for each other's buckets.
  PERFORM pg_advisory_xact_lock(hashtext('first_play_seconds'));
  PERFORM "observe"('first_play_seconds', '',
    extract(epoch FROM NEW."playable_at" - greatest(NEW."created_at", NEW."not_before"))::float8, 2, 1, 4096);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "job_playable" AFTER UPDATE OF "playable_at" ON "jobs" FOR EACH ROW
WHEN (OLD."playable_at" IS NULL AND NEW."playable_at" IS NOT NULL AND NEW."retries" = 0) EXECUTE FUNCTION "meter_playable_job"();
--> statement-breakpoint
CREATE FUNCTION "meter_expired_task"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "observe"('leases_expired_total', NEW."kind", 0, 2, 'Infinity', 'Infinity');
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "task_expired" AFTER UPDATE OF "outcome" ON "tasks" FOR EACH ROW
WHEN (NEW."outcome" = 'expired' AND OLD."state" = 'running') EXECUTE FUNCTION "meter_expired_task"();

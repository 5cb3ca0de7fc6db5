CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"name" text NOT NULL,
	"hint" text NOT NULL,
	"sha256" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"revoked_by" text,
	"replaced_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_sha256_unique" UNIQUE("sha256")
);
--> statement-breakpoint
CREATE TABLE "erasure_receipts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"project_id" text NOT NULL,
	"kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"reason" text NOT NULL,
	"actor" text NOT NULL,
	"requested_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"emptied_at" timestamp (3) with time zone,
	"completed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"project_id" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"status" smallint,
	"headers" jsonb,
	"body" text,
	"entries" text[],
	"erased_entry" text,
	"ids" uuid[] DEFAULT '{}' NOT NULL,
	"claimed_until" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_project_id_key_pk" PRIMARY KEY("project_id","key")
);
--> statement-breakpoint
CREATE TABLE "job_counts" (
	"project_id" text NOT NULL,
	"status" text NOT NULL,
	"jobs" bigint NOT NULL,
	CONSTRAINT "job_counts_project_id_status_pk" PRIMARY KEY("project_id","status")
);
--> statement-breakpoint
CREATE TABLE "project_usage" (
	"project_id" text NOT NULL,
	"day" date NOT NULL,
	"jobs" integer DEFAULT 0 NOT NULL,
	"source_micros" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "project_usage_project_id_day_pk" PRIMARY KEY("project_id","day")
);
--> statement-breakpoint
CREATE TABLE "upload_parts" (
	"upload_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"etag" text NOT NULL,
	CONSTRAINT "upload_parts_upload_id_number_pk" PRIMARY KEY("upload_id","number")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"project_id" text NOT NULL,
	"subject" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"first_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_project_id_subject_pk" PRIMARY KEY("project_id","subject")
);
--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"webhook_id" uuid NOT NULL,
	"project_id" text NOT NULL,
	"event_id" text NOT NULL,
	"type" text NOT NULL,
	"job_id" uuid,
	"upload_id" uuid,
	"data" jsonb NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"occurred_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"due_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"forget_after" timestamp (3) with time zone DEFAULT now() + interval '30 days' NOT NULL,
	CONSTRAINT "webhook_deliveries_state" CHECK ("webhook_deliveries"."state" in ('pending', 'delivered', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"url" text NOT NULL,
	"events" text[] NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"status" text DEFAULT 'enabled' NOT NULL,
	"disabled_reason" text,
	"secret" text NOT NULL,
	"previous_secret" text,
	"previous_secret_until" timestamp (3) with time zone,
	"actor" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhooks_status" CHECK ("webhooks"."status" in ('enabled', 'disabled'))
);
--> statement-breakpoint
DROP INDEX "jobs_by_time";--> statement-breakpoint
DROP INDEX "jobs_by_status";--> statement-breakpoint
ALTER TABLE "job_events" DROP CONSTRAINT "job_events_job_id_version_type_pk";--> statement-breakpoint
ALTER TABLE "jobs" ALTER COLUMN "source_key" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ALTER COLUMN "source_etag" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ALTER COLUMN "source_size_bytes" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "erasures" ADD COLUMN "receipt_id" uuid;--> statement-breakpoint
ALTER TABLE "erasures" ADD COLUMN "emptied" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "job_events" ADD COLUMN "project_id" text;--> statement-breakpoint
ALTER TABLE "job_events" ADD COLUMN "number" integer;--> statement-breakpoint
ALTER TABLE "job_events" ADD COLUMN "actor" text DEFAULT 'unknown' NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "tags" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "actor" text DEFAULT 'unknown' NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "not_before" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "input_url" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "source_erased_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "public" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "playback_revision" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "legal_hold" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "retries" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "playable_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "event_number" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "request_id" text;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "name" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "concurrent_tasks" integer;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "minutes_per_day" integer;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "stored_bytes" bigint;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "keep_sources_days" integer;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "keep_outputs_days" integer;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "keep_events_days" integer;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "keep_logs_days" integer;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "changed_by" text;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "legal_hold" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "erasing_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "retain_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "etag" text;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "actor" text DEFAULT 'unknown' NOT NULL;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "changed_by" text;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "legal_hold" boolean DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE "job_events" e SET "project_id" = j."project_id", "number" = n."number"
FROM "jobs" j, (
  SELECT "job_id", "version", "type", row_number() OVER (PARTITION BY "job_id" ORDER BY "version", "at", "type") AS "number"
  FROM "job_events"
) n
WHERE j."id" = e."job_id" AND n."job_id" = e."job_id" AND n."version" = e."version" AND n."type" = e."type";--> statement-breakpoint
UPDATE "jobs" j SET "event_number" = (SELECT greatest(1, count(*)) FROM "job_events" e WHERE e."job_id" = j."id");--> statement-breakpoint
UPDATE "jobs" SET "playable_at" = "finished_at" WHERE "hls_key" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "job_events" ALTER COLUMN "project_id" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "job_events" ALTER COLUMN "number" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "job_events" ADD CONSTRAINT "job_events_job_id_number_pk" PRIMARY KEY("job_id","number");--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "job_counts" ADD CONSTRAINT "job_counts_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "project_usage" ADD CONSTRAINT "project_usage_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "upload_parts" ADD CONSTRAINT "upload_parts_upload_id_uploads_id_fk" FOREIGN KEY ("upload_id") REFERENCES "public"."uploads"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_of_project" ON "api_keys" USING btree ("project_id","created_at","id");--> statement-breakpoint
CREATE INDEX "erasure_receipts_of_project" ON "erasure_receipts" USING btree ("project_id","requested_at","id");--> statement-breakpoint
CREATE INDEX "erasure_receipts_of_subject" ON "erasure_receipts" USING btree ("project_id","subject_id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_expiring" ON "idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_id" ON "idempotency_keys" USING gin ("ids");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries" USING btree ("webhook_id","due_at") WHERE "webhook_deliveries"."state" = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_to_forget" ON "webhook_deliveries" USING btree ("forget_after");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_of_webhook" ON "webhook_deliveries" USING btree ("webhook_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_ended" ON "webhook_deliveries" USING btree ("project_id","ended_at") WHERE "webhook_deliveries"."ended_at" is not null;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_of_job" ON "webhook_deliveries" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_of_upload" ON "webhook_deliveries" USING btree ("upload_id");--> statement-breakpoint
CREATE INDEX "webhooks_of_project" ON "webhooks" USING btree ("project_id","created_at","id");--> statement-breakpoint
CREATE INDEX "erasures_of_receipt" ON "erasures" USING btree ("receipt_id");--> statement-breakpoint
CREATE INDEX "erasures_by_prefix" ON "erasures" USING btree ("prefix");--> statement-breakpoint
CREATE INDEX "job_events_of_project" ON "job_events" USING btree ("project_id","at");--> statement-breakpoint
CREATE INDEX "jobs_by_end" ON "jobs" USING btree ("project_id","finished_at","id","created_at") WHERE "jobs"."finished_at" is not null;--> statement-breakpoint
CREATE INDEX "jobs_by_status_and_end" ON "jobs" USING btree ("project_id","status","finished_at","id") WHERE "jobs"."finished_at" is not null;--> statement-breakpoint
CREATE INDEX "jobs_by_metadata" ON "jobs" USING gin ("metadata");--> statement-breakpoint
CREATE INDEX "jobs_by_tag" ON "jobs" USING gin ("tags");--> statement-breakpoint
CREATE INDEX "jobs_held" ON "jobs" USING btree ("project_id") WHERE "jobs"."legal_hold";--> statement-breakpoint
CREATE INDEX "jobs_with_fetched_source" ON "jobs" USING btree ("project_id","finished_at") WHERE "jobs"."input_url" is not null and "jobs"."source_key" is not null and "jobs"."source_erased_at" is null;--> statement-breakpoint
CREATE INDEX "projects_retaining" ON "projects" USING btree ("retain_at") WHERE "projects"."erasing_since" is not null or "projects"."keep_sources_days" is not null or "projects"."keep_outputs_days" is not null or "projects"."keep_events_days" is not null or "projects"."keep_logs_days" is not null;--> statement-breakpoint
CREATE INDEX "tasks_with_log" ON "tasks" USING btree ("project_id","finished_at") WHERE "tasks"."log_tail" is not null;--> statement-breakpoint
CREATE INDEX "uploads_by_time" ON "uploads" USING btree ("project_id","created_at","id");--> statement-breakpoint
CREATE INDEX "uploads_by_status" ON "uploads" USING btree ("project_id","status","created_at","id");--> statement-breakpoint
CREATE INDEX "uploads_held" ON "uploads" USING btree ("project_id") WHERE "uploads"."legal_hold";--> statement-breakpoint
CREATE INDEX "jobs_by_time" ON "jobs" USING btree ("project_id","created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_by_status" ON "jobs" USING btree ("project_id","status","created_at","id");--> statement-breakpoint
CREATE FUNCTION "running_tasks"("project" text) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM 1 FROM "projects" WHERE "id" = "project" FOR NO KEY UPDATE;
  -- A volatile function sees what was committed before each of its queries, so also what it has just waited for.
  RETURN (SELECT count(*) FROM "tasks" WHERE "project_id" = "project" AND "state" = 'running' AND "kind" <> 'publish');
END
$$;
--> statement-breakpoint
INSERT INTO "job_counts" SELECT "project_id", "status", count(*) FROM "jobs" GROUP BY "project_id", "status";
--> statement-breakpoint
-- Triggers run when their statement has everything else it locks, and all add in the same order: nobody waits in a circle.
CREATE FUNCTION "count_jobs"("changes" "job_counts"[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO "job_counts" AS c ("project_id", "status", "jobs")
  SELECT "project_id", "status", sum("jobs") FROM unnest("changes") GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT ("project_id", "status") DO UPDATE SET "jobs" = c."jobs" + excluded."jobs"
$$;
--> statement-breakpoint
CREATE FUNCTION "count_jobs_of_statement"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "count_jobs"(array_agg(("project_id", "status", n * TG_ARGV[0]::int)::"job_counts"))
  FROM (SELECT "project_id", "status", count(*) AS n FROM "touched" GROUP BY 1, 2) t;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "count_job_of_other_status"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "count_jobs"(ARRAY[
    (OLD."project_id", OLD."status", -1)::"job_counts", (NEW."project_id", NEW."status", 1)::"job_counts"]);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "count_no_jobs"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "job_counts";
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "jobs_came" AFTER INSERT ON "jobs" REFERENCING NEW TABLE AS "touched" FOR EACH STATEMENT EXECUTE FUNCTION "count_jobs_of_statement"('1');
--> statement-breakpoint
CREATE TRIGGER "jobs_went" AFTER DELETE ON "jobs" REFERENCING OLD TABLE AS "touched" FOR EACH STATEMENT EXECUTE FUNCTION "count_jobs_of_statement"('-1');
--> statement-breakpoint
CREATE TRIGGER "job_changed" AFTER UPDATE OF "status" ON "jobs" FOR EACH ROW WHEN (OLD."status" <> NEW."status") EXECUTE FUNCTION "count_job_of_other_status"();
--> statement-breakpoint
CREATE TRIGGER "jobs_vanished" AFTER TRUNCATE ON "jobs" FOR EACH STATEMENT EXECUTE FUNCTION "count_no_jobs"();

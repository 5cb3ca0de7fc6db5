CREATE TABLE "files" (
	"job_id" uuid NOT NULL,
	"name" text NOT NULL,
	"task_id" uuid NOT NULL,
	"object_key" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	CONSTRAINT "files_job_id_name_pk" PRIMARY KEY("job_id","name")
);
--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "sidecars" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "dash_key" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "storyboard_key" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "published" jsonb;--> statement-breakpoint
ALTER TABLE "renditions" ADD COLUMN "quality" jsonb;--> statement-breakpoint
ALTER TABLE "segments" ADD COLUMN "key_bytes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "fingerprints" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "reused_from" uuid;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "source_bytes_read" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "attempt_bytes_read" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "task_id" uuid;--> statement-breakpoint
ALTER TABLE "files" ADD CONSTRAINT "files_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "files_of_task" ON "files" USING btree ("task_id");--> statement-breakpoint
CREATE INDEX "jobs_by_sidecar" ON "jobs" USING gin ("sidecars" jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "tasks_to_reuse" ON "tasks" USING gin ("fingerprints") WHERE "tasks"."state" = 'done' and "tasks"."fingerprints" <> '{}';--> statement-breakpoint
CREATE INDEX "tracks_of_task" ON "tracks" USING btree ("task_id");--> statement-breakpoint
-- Files that tasks stored before they had rows; playback finds them by these.
INSERT INTO "files" ("job_id", "name", "task_id", "object_key", "size_bytes")
SELECT "job_id", "result" ->> 'name', "id",
       'objects/' || "project_id" || '/' || "id" || '/' || "attempt" || '/' || ("result" ->> 'name'),
       ("result" ->> 'sizeBytes')::bigint
FROM "tasks" WHERE "state" = 'done' AND "kind" IN ('poster', 'assemble') AND "result" ->> 'name' IS NOT NULL
ON CONFLICT DO NOTHING;

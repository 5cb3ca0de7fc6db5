CREATE TABLE "erased_jobs" (
	"status" text PRIMARY KEY NOT NULL,
	"jobs" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "erasures" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"prefix" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"run_after" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"final_after" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "job_events" (
	"job_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"type" text NOT NULL,
	"data" jsonb NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "job_events_job_id_version_type_pk" PRIMARY KEY("job_id","version","type")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"status" text NOT NULL,
	"priority" smallint DEFAULT 0 NOT NULL,
	"profile_input" jsonb NOT NULL,
	"profile" jsonb NOT NULL,
	"metadata" jsonb NOT NULL,
	"source_key" text NOT NULL,
	"source_etag" text NOT NULL,
	"source_size_bytes" bigint NOT NULL,
	"media_info" jsonb,
	"plan" jsonb,
	"tasks_left" integer NOT NULL,
	"failure_code" text,
	"failure_message" text,
	"hls_key" text,
	"poster_key" text,
	"traceparent" text,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "jobs_status" CHECK ("jobs"."status" in ('queued', 'processing', 'completed', 'failed', 'canceled')),
	CONSTRAINT "jobs_tasks_left" CHECK ("jobs"."tasks_left" >= 0)
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"task_id" uuid NOT NULL,
	"traceparent" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"due_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"claimed_until" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"id" text PRIMARY KEY NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rendition_durations" (
	"resolution" text NOT NULL,
	"up_to" double precision NOT NULL,
	"renditions" bigint NOT NULL,
	"seconds" double precision NOT NULL,
	CONSTRAINT "rendition_durations_resolution_up_to_pk" PRIMARY KEY("resolution","up_to")
);
--> statement-breakpoint
CREATE TABLE "renditions" (
	"job_id" uuid NOT NULL,
	"name" text NOT NULL,
	"position" smallint NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"codec" text NOT NULL,
	"bitrate_kbps" integer NOT NULL,
	"duration_micros" bigint NOT NULL,
	"size_bytes" bigint NOT NULL,
	"output_key" text,
	"playlist_key" text,
	CONSTRAINT "renditions_job_id_name_pk" PRIMARY KEY("job_id","name")
);
--> statement-breakpoint
CREATE TABLE "segments" (
	"job_id" uuid NOT NULL,
	"track" text NOT NULL,
	"number" integer NOT NULL,
	"task_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"object_key" text NOT NULL,
	"size_bytes" integer NOT NULL,
	"length" integer NOT NULL,
	"announced_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "segments_job_id_track_number_pk" PRIMARY KEY("job_id","track","number")
);
--> statement-breakpoint
CREATE TABLE "tasks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"job_id" uuid NOT NULL,
	"project_id" text NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"spec" jsonb NOT NULL,
	"rank" integer NOT NULL,
	"needs" text[] NOT NULL,
	"unlocks" uuid[] NOT NULL,
	"deps_left" integer NOT NULL,
	"work_total" integer NOT NULL,
	"work_done" integer DEFAULT 0 NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"failures" smallint DEFAULT 0 NOT NULL,
	"silent_deaths" smallint DEFAULT 0 NOT NULL,
	"expiries" smallint DEFAULT 0 NOT NULL,
	"alone" boolean DEFAULT false NOT NULL,
	"lease_token" uuid,
	"lease_expires_at" timestamp (3) with time zone,
	"heard_at" timestamp (3) with time zone,
	"worker_id" text,
	"machine_id" text,
	"started" boolean DEFAULT false NOT NULL,
	"outcome" text,
	"attempts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"run_after" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ready_at" timestamp (3) with time zone,
	"nudged_at" timestamp (3) with time zone,
	"claimed_at" timestamp (3) with time zone,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"result" jsonb,
	"failure_code" text,
	"failure_message" text,
	"waiting_reason" text,
	"waiting_since" timestamp (3) with time zone,
	"log_tail" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tasks_state" CHECK ("tasks"."state" in ('blocked', 'ready', 'running', 'done', 'failed', 'canceled')),
	CONSTRAINT "tasks_deps_left" CHECK ("tasks"."deps_left" >= 0)
);
--> statement-breakpoint
CREATE TABLE "tracks" (
	"job_id" uuid NOT NULL,
	"name" text NOT NULL,
	"init_key" text NOT NULL,
	"init_sha256" text NOT NULL,
	"init_size_bytes" integer NOT NULL,
	"codecs" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	CONSTRAINT "tracks_job_id_name_pk" PRIMARY KEY("job_id","name")
);
--> statement-breakpoint
CREATE TABLE "uploads" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"object_key" text NOT NULL,
	"filename" text NOT NULL,
	"content_type" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"status" text NOT NULL,
	"multipart_id" text,
	"part_size_bytes" bigint,
	"part_count" integer,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"completed_at" timestamp (3) with time zone,
	CONSTRAINT "uploads_object_key_unique" UNIQUE("object_key"),
	CONSTRAINT "uploads_status" CHECK ("uploads"."status" in ('pending', 'completed', 'aborted', 'expired'))
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"id" text PRIMARY KEY NOT NULL,
	"machine_id" text NOT NULL,
	"slots" integer NOT NULL,
	"free_slots" integer NOT NULL,
	"capabilities" text[] NOT NULL,
	"version" text NOT NULL,
	"first_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "job_events" ADD CONSTRAINT "job_events_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "renditions" ADD CONSTRAINT "renditions_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "segments" ADD CONSTRAINT "segments_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tracks" ADD CONSTRAINT "tracks_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "erasures_due" ON "erasures" USING btree ("run_after");--> statement-breakpoint
CREATE INDEX "jobs_by_time" ON "jobs" USING btree ("project_id","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "jobs_by_status" ON "jobs" USING btree ("project_id","status","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "jobs_active" ON "jobs" USING btree ("status") WHERE "jobs"."status" in ('queued', 'processing');--> statement-breakpoint
CREATE INDEX "jobs_by_source" ON "jobs" USING btree ("source_key");--> statement-breakpoint
CREATE INDEX "jobs_by_poster" ON "jobs" USING btree ("poster_key");--> statement-breakpoint
CREATE INDEX "jobs_by_hls" ON "jobs" USING btree ("hls_key");--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("claimed_until");--> statement-breakpoint
CREATE INDEX "renditions_by_output" ON "renditions" USING btree ("output_key");--> statement-breakpoint
CREATE INDEX "renditions_by_playlist" ON "renditions" USING btree ("playlist_key");--> statement-breakpoint
CREATE INDEX "segments_of_task" ON "segments" USING btree ("task_id");--> statement-breakpoint
CREATE INDEX "tasks_of_job" ON "tasks" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "tasks_ready" ON "tasks" USING btree ("job_id","rank","id") WHERE "tasks"."state" = 'ready';--> statement-breakpoint
CREATE INDEX "tasks_leased" ON "tasks" USING btree ("lease_expires_at") WHERE "tasks"."state" = 'running';--> statement-breakpoint
CREATE INDEX "uploads_expiring" ON "uploads" USING btree ("expires_at") WHERE "uploads"."status" = 'pending';--> statement-breakpoint
CREATE INDEX "workers_by_sight" ON "workers" USING btree ("last_seen_at");--> statement-breakpoint
CREATE INDEX "workers_by_machine" ON "workers" USING btree ("machine_id","last_seen_at");--> statement-breakpoint
INSERT INTO "projects" ("id") VALUES ('default');
